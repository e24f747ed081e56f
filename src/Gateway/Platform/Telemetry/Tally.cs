using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;

namespace Gateway.Platform.Telemetry;

/// <summary>How often did each of a few things happen?</summary>
internal sealed class Tally
{
    private readonly ConcurrentDictionary<string, StrongBox<long>> counts = new();
    private readonly string label;

    /// <param name="label">What tells them apart.</param>
    /// <param name="known">Those that are shown before they happen for the first time.</param>
    public Tally(string label, params string[] known)
    {
        this.label = label;
        foreach (var what in known)
            counts[what] = new();
    }

    public void Add(string what, long times = 1) => Interlocked.Add(ref counts.GetOrAdd(what, static _ => new()).Value, times);

    public IEnumerable<Measurement<long>> Read(params KeyValuePair<string, object?>[] labels) =>
        counts.Select(count => new Measurement<long>(Volatile.Read(ref count.Value.Value), [.. labels, new(label, count.Key)]));
}
