using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Gateway.Platform.Telemetry;

/// <summary>What became of all requests, route by route?</summary>
internal sealed class Decisions : IInstruments
{
    /// <summary>Those that have series of each route.</summary>
    public static readonly string[] Counters = [Passed, Spared, Failed];

    private const string Passed = "gateway.decisions", Spared = "gateway.shadow.refusals", Failed = "gateway.backend.errors";

    private readonly ConcurrentDictionary<string, RouteTally> routes = new(StringComparer.OrdinalIgnoreCase);

    /// <param name="routeIds">As they are configured. One that bears the name of ours is counted with ours.</param>
    public Decisions(IEnumerable<string> routeIds)
    {
        (Own, Nowhere) = (this["own"], this["none"]);
        foreach (var id in routeIds)
            _ = this[id];
    }

    /// <summary>Our own endpoints, whichever.</summary>
    public RouteTally Own { get; }

    /// <summary>Where no route was found, or was looked for: one label for whatever address somebody makes up.</summary>
    public RouteTally Nowhere { get; }

    public RouteTally this[string routeId] => routes.GetOrAdd(routeId, static id => new(id));

    public int Routes => routes.Count;

    public void AddTo(Meter meter)
    {
        meter.CreateObservableCounter(Passed, () => routes.Values.SelectMany(route => route.ReadDecisions()), null, "Requests by route, outcome and, of those refused, the code of the problem.");
        meter.CreateObservableCounter(Spared, () => routes.Values.SelectMany(route => route.ReadSpared()), null, "Requests that passed and would have been refused, if the policy of the route did more than watch.");
        meter.CreateObservableCounter(Failed, () => routes.Values.SelectMany(route => route.ReadFailures()), null, "Requests that passed and could not be forwarded to the end.");
        meter.CreateObservableCounter("gateway.identity_cache.hits", () => routes.Values.Sum(route => route.Hits), null, "Credentials that were in memory, verified already.");
    }
}
