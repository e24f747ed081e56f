namespace Gateway.Routes.Limits;

/// <summary>The limits of one configuration. One that another configuration leaves as it is goes on counting.</summary>
internal sealed class RateLimits
{
    private static readonly TimeSpan Farewell = TimeSpan.FromMinutes(1);

    private readonly Dictionary<string, RateLimit> byName;

    /// <param name="options">Without errors.</param>
    /// <param name="before">Of the configuration in force; null: there was none.</param>
    public RateLimits(RateLimitsOptions options, RateLimits? before) => byName = options.ToDictionary(entry => entry.Key, entry =>
    {
        var limit = new RateLimit(entry.Value);
        return before?.byName.GetValueOrDefault(entry.Key) is { } known && known.Terms == limit.Terms ? known : limit;
    }, StringComparer.Ordinal);

    public RateLimit? Find(string? name) => string.IsNullOrEmpty(name) ? null : byName[name];      // an unknown one throws: it must not mean "as much as you like"

    public IEnumerable<RateLimit> All => byName.Values;

    /// <summary>Another configuration is in force. What it does not have goes, when requests under the old one have had their time to come to it.</summary>
    public async Task RetireAsync(RateLimits successor, TimeProvider clock)
    {
        RateLimit[] gone = [.. All.Except(successor.All)];
        if (gone.Length == 0)
            return;

        await Task.Delay(Farewell, clock);
        foreach (var limit in gone)
            limit.Dispose();
    }
}
