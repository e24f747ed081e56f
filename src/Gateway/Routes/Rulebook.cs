using Gateway.Platform.Configuration;
using Gateway.Routes.Limits;
using Gateway.Tokens;
using Yarp.ReverseProxy.Configuration;

namespace Gateway.Routes;

/// <summary>What does one configuration say of every route? Immutable; a request is judged, told and forwarded by the one that its route is of.</summary>
internal sealed class Rulebook
{
    private const string Mark = "Gateway:Rulebook";

    // What a configuration calls a cluster, and what YARP does: another name when it has changed, so that a request under
    // the old configuration cannot end at an address that is only in the new one.
    private readonly Dictionary<string, ClusterConfig> clusters;

    /// <param name="number">Higher than that of any before.</param>
    /// <param name="settings">Without errors.</param>
    /// <param name="policies">Compiled from them.</param>
    /// <param name="limits">How much may be asked for.</param>
    /// <param name="issuers">Whose tokens count.</param>
    /// <param name="headers">Who tells the backends.</param>
    /// <param name="before">Whose clusters go on, with their connections and what is known of their health, if they have not changed.</param>
    public Rulebook(int number, Settings settings, RoutePolicies policies, RateLimits limits, IssuerSet issuers, IdentityHeaders headers, Rulebook? before)
    {
        (Number, Settings, Policies, Limits, Issuers, Headers) = (number, settings, policies, limits, issuers, headers);
        var proxy = settings.Get<ReverseProxyOptions>();
        clusters = proxy.Clusters.ToDictionary(cluster => cluster.Key, cluster => Named(cluster.Key, cluster.Value, before), StringComparer.OrdinalIgnoreCase);
        Clusters = [.. clusters.Values];
        Routes = [.. proxy.Routes.Select(route => LiftNames.Off(route.Value) with
        {
            RouteId = route.Key,
            ClusterId = clusters[route.Value.ClusterId!].ClusterId,
            Metadata = new Dictionary<string, string>(route.Value.Metadata ?? new Dictionary<string, string>(), StringComparer.OrdinalIgnoreCase) { [Mark] = number.ToString(System.Globalization.CultureInfo.InvariantCulture) },
        })];
    }

    public int Number { get; }

    public Settings Settings { get; }

    public RoutePolicies Policies { get; }

    public RateLimits Limits { get; }

    public IssuerSet Issuers { get; }

    public IdentityHeaders Headers { get; }

    /// <summary>For YARP.</summary>
    public IReadOnlyList<RouteConfig> Routes { get; }

    /// <summary>For YARP.</summary>
    public IReadOnlyList<ClusterConfig> Clusters { get; }

    /// <exception cref="InvalidOperationException">The route is of another configuration: its policy must not be guessed.</exception>
    public RoutePolicy PolicyOf(RouteConfig route) => route.Metadata?.GetValueOrDefault(Mark) == Number.ToString(System.Globalization.CultureInfo.InvariantCulture)
        ? Policies[route.RouteId]
        : throw new InvalidOperationException($"The route {route.RouteId} is not of configuration {Number}.");

    private ClusterConfig Named(string name, ClusterConfig written, Rulebook? before)
    {
        if (before is null)
            return written with { ClusterId = name };
        return before.clusters.GetValueOrDefault(name) is { } known && known == written with { ClusterId = known.ClusterId }
            ? known
            : written with { ClusterId = $"{name}:{Number}" };      // no name in a configuration holds ':'
    }
}
