using Gateway.Platform.Configuration;
using Gateway.Platform.Telemetry;
using Gateway.Routes.Limits;
using Gateway.Routes.Policies;
using Gateway.Sessions;
using Gateway.Tokens;
using Yarp.ReverseProxy.Configuration;

namespace Gateway.Routes;

/// <summary>The shape of YARP's own section, so that a misspelt key is found; YARP reads the values itself.</summary>
internal sealed class ReverseProxyOptions
{
    public const string Section = "ReverseProxy";

    public Dictionary<string, RouteConfig> Routes { get; set; } = [];

    public Dictionary<string, ClusterConfig> Clusters { get; set; } = [];
}

/// <summary>Which policy stands on which route?</summary>
internal sealed class RoutePolicies
{
    private readonly Dictionary<string, RoutePolicy> byRoute;

    /// <param name="number">Of the configuration.</param>
    /// <param name="settings">Without errors.</param>
    /// <param name="limits">How much of them may be asked for.</param>
    /// <param name="issuers">Whose tokens count on these routes.</param>
    /// <param name="headers">Who tells the backends.</param>
    /// <param name="rules">Which credentials count where a route does not say.</param>
    /// <param name="decisions">Where it is counted what becomes of requests.</param>
    public RoutePolicies(int number, Settings settings, RateLimits limits, IssuerSet issuers, IdentityHeaders headers, CredentialRules rules, Decisions decisions)
    {
        var (proxy, policies, cors, identity) = (settings.Get<ReverseProxyOptions>(), settings.Get<PoliciesOptions>(), settings.Get<CorsPoliciesOptions>(), settings.Get<IdentityHeaderOptions>());
        var compiler = new PolicyCompiler(policies, settings.Get<TokenOptions>());
        LongestStaleness = settings.Get<RevocationOptions>().MaxStaleness;
        foreach (var policy in policies.Values)
        {
            if (policy.MaxStaleness > LongestStaleness)
                LongestStaleness = policy.MaxStaleness.Value;
        }

        byRoute = proxy.Routes.ToDictionary(r => r.Key, r => Compile(number, r.Value, compiler, cors, limits, settings.Get<TimeoutsOptions>(), rules, RouteRules.SpeechOf(r.Value, identity, proxy), issuers, headers, decisions[r.Key]), StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>How long anybody here may be judged without news of revocations.</summary>
    public TimeSpan LongestStaleness { get; }

    public RoutePolicy this[string routeId] => byRoute[routeId];

    public RoutePolicy? Find(string routeId) => byRoute.GetValueOrDefault(routeId);

    /// <summary>Routes that anybody with a new account can reach.</summary>
    public IEnumerable<string> OpenToNewcomers(IEnumerable<string> defaultRoles) => byRoute
        .Where(r => !r.Value.IsPublic && !r.Value.AllowsAnonymous && (r.Value.IsShadow || r.Value.Requirements.All(q => q.IsMetByRoles([.. defaultRoles]))))
        .Select(r => r.Key).Order();

    private static RoutePolicy Compile(int number, RouteConfig route, PolicyCompiler compiler, CorsPoliciesOptions cors, RateLimits limits, TimeoutsOptions timeouts, CredentialRules rules, Speech speech, IssuerSet issuers, IdentityHeaders headers, RouteTally tally)
    {
        var name = route.AuthorizationPolicy ?? RouteRules.Authenticated;
        var options = name == RouteRules.Anonymous ? null : compiler.OptionsOf(name);      // an unknown one throws: it must not mean "anybody"
        return new()
        {
            Name = compiler.NameOf(name),
            Configuration = number,
            Tally = tally,
            Cors = cors.Compile(route.CorsPolicy),
            RateLimit = limits.Find(route.RateLimiterPolicy),
            Timeout = string.IsNullOrEmpty(route.TimeoutPolicy) ? route.Timeout : timeouts[route.TimeoutPolicy]!.Value,
            IsPublic = name == RouteRules.Anonymous,
            AllowsAnonymous = options?.Anonymous is true,
            MaxStaleness = options?.MaxStaleness,
            OnStale = options?.OnStale,
            IsShadow = options?.Shadow is true,
            Requirements = options is null ? [] : compiler.Compile(name),
            Accepts = (RouteRules.CredentialsOf(route) ?? RoutePolicy.AllCredentials) & (rules.Accepted | RoutePolicy.OptInCredentials),
            Speech = speech,
            Issuers = issuers,
            Headers = headers,
            ForwardsAuthorization = RouteRules.ForwardsAuthorization(route),
            BackendSaysHowToCache = RouteRules.BackendSaysHowToCache(route),
            RemovesSetCookie = RouteRules.RemovesSetCookie(route),
            ConnectionsFollowSession = RouteRules.ConnectionsFollowSession(route),
        };
    }
}
