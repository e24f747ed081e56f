using System.Diagnostics.Metrics;

namespace Gateway.Platform.Telemetry;

/// <summary>What became of the requests of one route?</summary>
/// <remarks>Found once for a route, not for a request: on a hit one number is raised, and nothing is looked up or allocated.</remarks>
internal sealed class RouteTally(string route)
{
    private static readonly KeyValuePair<string, object?> Passed = new("outcome", "passed"), Anonymous = new("outcome", "anonymous"), Refused = new("outcome", "refused");
    private static readonly KeyValuePair<string, object?> NoReason = new("reason", "");

    public string Route => route;

    private readonly KeyValuePair<string, object?> label = new("route", route);
    private readonly Tally refused = new("reason"), failed = new("kind");
    private Tally? spared;      // most routes never spare anybody, and there may be many routes
    private long remembered, others, anonymous, otherHits;

    /// <summary>How often the identity was known from memory, whatever was said to it.</summary>
    public long Hits => Volatile.Read(ref remembered) + Volatile.Read(ref otherHits);

    /// <summary>Somebody went on whose identity was in memory.</summary>
    public void PassRemembered() => Interlocked.Increment(ref remembered);

    public void Pass() => Interlocked.Increment(ref others);

    public void PassAnonymous() => Interlocked.Increment(ref anonymous);

    public void Refuse(Problem problem) => refused.Add(problem.Code);

    /// <summary>An identity was in memory, and not <see cref="PassRemembered"/> after all.</summary>
    public void Hit() => Interlocked.Increment(ref otherHits);

    /// <summary>Somebody went on whom the policy would have refused, if it did more than watch.</summary>
    public void Spare(Problem problem) => LazyInitializer.EnsureInitialized(ref spared, static () => new("reason")).Add(problem.Code);

    /// <summary>The backend could not be reached, or broke off.</summary>
    public void Fail(string kind) => failed.Add(kind);

    public IEnumerable<Measurement<long>> ReadDecisions() =>
    [
        new(Volatile.Read(ref remembered) + Volatile.Read(ref others), label, Passed, NoReason),
        new(Volatile.Read(ref anonymous), label, Anonymous, NoReason),
        .. refused.Read(label, Refused),
    ];

    public IEnumerable<Measurement<long>> ReadSpared() => Volatile.Read(ref spared)?.Read(label) ?? [];

    public IEnumerable<Measurement<long>> ReadFailures() => failed.Read(label);
}
