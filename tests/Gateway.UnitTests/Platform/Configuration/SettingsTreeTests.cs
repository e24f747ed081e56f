using Gateway.Platform.Configuration;
using Microsoft.Extensions.Configuration;

namespace Gateway.UnitTests.Platform.Configuration;

public sealed class SettingsTreeTests
{
    [Fact]
    public void It_answers_as_the_stock_configuration_does_by_itself_and_as_its_source()
    {
        var keys =
            from names in Gen.ArrayOf(Gen.NonEmptyListOf(Gen.Elements("a", "A", "b", "0", "2", "10", "")).Select(names => string.Join(':', names)), 8)
            select names.Where(key => key.Length > 0).DistinctBy(key => key.ToUpperInvariant()).ToDictionary(key => key, key => (string?)key, StringComparer.OrdinalIgnoreCase);

        Law.Holds(keys, settings =>
        {
            var stock = new ConfigurationBuilder().AddInMemoryCollection(settings).Build();
            var written = SettingsTree.Flat(settings);
            var source = new ConfigurationBuilder().Add(new SettingsSource(written)).Build();

            Assert.Equal(Walk(stock), Walk(written), StringComparer.OrdinalIgnoreCase);
            Assert.Equal(Walk(stock), Walk(source), StringComparer.OrdinalIgnoreCase);
            Assert.All(settings, setting => Assert.Equal(setting.Value, written[setting.Key]));
            Assert.All(settings, setting => Assert.Equal(setting.Value, source[setting.Key]));
        });
    }

    private static IEnumerable<string> Walk(IConfiguration at) => at.GetChildren().SelectMany(child => Walk(child).Prepend($"{child.Path}={child.Value}"));
}
