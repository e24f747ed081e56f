using System.Globalization;
using System.Text.RegularExpressions;

namespace Gateway.IntegrationTests.Support;

/// <summary>What /metrics said at one moment.</summary>
internal sealed partial class Scrape
{
    private Scrape(string text) => (Text, All) = (text, [.. Line().Matches(text).Select(Read)]);

    public string Text { get; }

    public IReadOnlyList<Series> All { get; }

    /// <summary>Those of our own meter.</summary>
    public IEnumerable<Series> Ours => All.Where(series => series.Name.StartsWith("gateway_", StringComparison.Ordinal));

    /// <summary>The sum of all series of that name which have these labels; 0: there is none.</summary>
    public double this[string name, params (string Label, string Value)[] labels] =>
        All.Where(series => series.Name == name && labels.All(label => series.Labels.GetValueOrDefault(label.Label) == label.Value)).Sum(series => series.Value);

    public static async Task<Scrape> OfAsync(Uri management)
    {
        using var scraper = Caller.Anonymous(management);
        var answer = await scraper.GetAsync("/metrics");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return new(await answer.Content.ReadAsStringAsync());
    }

    /// <summary>The exporter gives the same answer again for 300 ms: what it says after them, it has read after this was asked.</summary>
    public static async Task<Scrape> NowAsync(Uri management)
    {
        await Task.Delay(TimeSpan.FromMilliseconds(400));
        return await OfAsync(management);
    }

    public static Task<Scrape> UntilAsync(Uri management, Func<Scrape, bool> holds) => Eventually.IsAsync(() => OfAsync(management), holds);

    public override string ToString() => string.Join('\n', Ours.Select(series => $"{series.Name} {string.Join(',', series.Labels)} {series.Value}"));

    private static Series Read(Match line) => new(
        line.Groups[1].Value,
        Label().Matches(line.Groups[2].Value).ToDictionary(label => label.Groups[1].Value, label => label.Groups[2].Value),
        double.Parse(line.Groups[3].Value.Replace("+Inf", "Infinity"), CultureInfo.InvariantCulture));

    [GeneratedRegex(@"^([a-z_0-9]+)(?:\{(.*)\})? (\S+)$", RegexOptions.Multiline)]
    private static partial Regex Line();

    [GeneratedRegex(@"(\w+)=""((?:\\.|[^""\\])*)""")]
    private static partial Regex Label();
}

internal sealed record Series(string Name, IReadOnlyDictionary<string, string> Labels, double Value);
