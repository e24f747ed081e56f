using System.Globalization;

namespace Gateway.Bench;

/// <summary>How long something took, again and again.</summary>
internal sealed class Times
{
    private readonly List<double> all = [];

    public int Count => all.Count;

    public void Add(TimeSpan time) => all.Add(time.TotalMilliseconds);

    /// <summary>In milliseconds; the smallest one that so large a part of all does not exceed.</summary>
    public double Percentile(double percent) => all.Order().ElementAt((int)Math.Ceiling(all.Count * percent / 100) - 1);

    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"p50 {Percentile(50),8:0.00} ms   p99 {Percentile(99),8:0.00} ms   max {Percentile(100),8:0.00} ms");
}
