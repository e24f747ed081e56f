namespace Gateway.Platform.Throttles;

/// <summary>How often may this be tried? <paramref name="Burst"/> times at once, and once more each time an <paramref name="Interval"/> has gone by.</summary>
/// <param name="Key">What is counted: any text, also one that a stranger chose.</param>
/// <param name="Burst">1 or more.</param>
/// <param name="Interval">Whole milliseconds.</param>
internal readonly record struct Allowance(string Key, int Burst, TimeSpan Interval)
{
    public long IntervalMilliseconds => (long)Interval.TotalMilliseconds;

    public long WholeMilliseconds => Burst * IntervalMilliseconds;
}
