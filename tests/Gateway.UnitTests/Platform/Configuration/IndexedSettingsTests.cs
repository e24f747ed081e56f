using Gateway.Platform.Configuration;
using Microsoft.Extensions.Configuration;

namespace Gateway.UnitTests.Platform.Configuration;

public sealed class IndexedSettingsTests
{
    [Fact]
    public void It_answers_as_the_stock_provider_does()
    {
        var keys =
            from names in Gen.ArrayOf(Gen.NonEmptyListOf(Gen.Elements("a", "A", "b", "0", "2", "10", "")).Select(names => string.Join(':', names)), 8)
            select names.Where(key => key.Length > 0).DistinctBy(key => key.ToUpperInvariant()).ToDictionary(key => key, key => (string?)key, StringComparer.OrdinalIgnoreCase);

        Law.Holds(keys, settings =>
        {
            var stock = new ConfigurationBuilder().AddInMemoryCollection(settings).Build();
            var indexed = new ConfigurationBuilder().Add(new IndexedSettings(settings)).Build();

            Assert.Equal(Walk(stock), Walk(indexed), StringComparer.OrdinalIgnoreCase);
        });
    }

    private static IEnumerable<string> Walk(IConfiguration at) => at.GetChildren().SelectMany(child => Walk(child).Prepend($"{child.Path}={child.Value}"));
}
