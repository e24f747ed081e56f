using System.Security.Cryptography;
using System.Text;

namespace Gateway.Platform.Throttles;

/// <summary>How often may this be tried? <paramref name="Burst"/> times at once, and once more each time an <paramref name="Interval"/> has gone by.</summary>
/// <param name="What">Is counted: any text, also one that a stranger chose.</param>
/// <param name="Burst">1 or more.</param>
/// <param name="Interval">Whole milliseconds.</param>
internal readonly record struct Allowance(string What, int Burst, TimeSpan Interval)
{
    /// <summary>Of one length, whatever somebody typed; and no reading matter for whoever looks into Redis.</summary>
    public string Key { get; } = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(What)).AsSpan(0, 16));

    public long IntervalMilliseconds => (long)Interval.TotalMilliseconds;

    public long WholeMilliseconds => Burst * IntervalMilliseconds;
}
