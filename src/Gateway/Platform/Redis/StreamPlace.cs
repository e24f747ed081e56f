using System.Globalization;

namespace Gateway.Platform.Redis;

/// <summary>A place in a Redis stream, in one of its histories: ids of different histories say nothing of each other.</summary>
/// <param name="History">Changes whenever entries may have been lost: Redis was emptied, restarted, or another server took over.</param>
/// <param name="Milliseconds">The first part of the entry's id.</param>
/// <param name="Number">The second.</param>
internal readonly record struct StreamPlace(string History, ulong Milliseconds, ulong Number)
{
    public string Id => string.Create(CultureInfo.InvariantCulture, $"{Milliseconds}-{Number}");

    /// <summary>Whoever stands here has passed that one.</summary>
    public bool Includes(StreamPlace other) =>
        History == other.History && (Milliseconds, Number).CompareTo((other.Milliseconds, other.Number)) >= 0;

    public static StreamPlace Parse(string history, string id)
    {
        var dash = id.IndexOf('-', StringComparison.Ordinal);
        return new(history, ulong.Parse(id.AsSpan(0, dash), CultureInfo.InvariantCulture), ulong.Parse(id.AsSpan(dash + 1), CultureInfo.InvariantCulture));
    }
}
