using Gateway.Platform.Telemetry;
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

    public RoutePolicies(ReverseProxyOptions proxy, PoliciesOptions policies, CorsPoliciesOptions cors, CredentialRules rules, RevocationOptions revocation, IdentityHeaderOptions identity, TokenOptions tokens, Decisions decisions)
    {
        var compiler = new PolicyCompiler(policies, tokens);
        LongestStaleness = policies.Values.Select(policy => policy.MaxStaleness ?? default).Append(revocation.MaxStaleness).Max();
        byRoute = proxy.Routes.ToDictionary(r => r.Key, r => Compile(r.Value, compiler, cors, rules, RouteRules.SpeechOf(r.Value, identity, proxy), decisions[r.Key]), StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>How long anybody here may be judged without news of revocations.</summary>
    public TimeSpan LongestStaleness { get; }

    public RoutePolicy this[string routeId] => byRoute[routeId];

    /// <summary>Routes that anybody with a new account can reach.</summary>
    public IEnumerable<string> OpenToNewcomers(IEnumerable<string> defaultRoles) => byRoute
        .Where(r => !r.Value.IsPublic && !r.Value.AllowsAnonymous && (r.Value.IsShadow || r.Value.Requirements.All(q => q.IsMetByRoles([.. defaultRoles]))))
        .Select(r => r.Key).Order();

    private static RoutePolicy Compile(RouteConfig route, PolicyCompiler compiler, CorsPoliciesOptions cors, CredentialRules rules, Speech speech, RouteTally tally)
    {
        var name = route.AuthorizationPolicy ?? RouteRules.Authenticated;
        var options = name == RouteRules.Anonymous ? null : compiler.OptionsOf(name);      // an unknown one throws: it must not mean "anybody"
        return new()
        {
            Name = compiler.NameOf(name),
            Tally = tally,
            Cors = cors.Compile(route.CorsPolicy),
            IsPublic = name == RouteRules.Anonymous,
            AllowsAnonymous = options?.Anonymous is true,
            MaxStaleness = options?.MaxStaleness,
            OnStale = options?.OnStale,
            IsShadow = options?.Shadow is true,
            Requirements = options is null ? [] : compiler.Compile(name),
            Accepts = (RouteRules.CredentialsOf(route) ?? RoutePolicy.AllCredentials) & (rules.Accepted | RoutePolicy.OptInCredentials),
            Speech = speech,
            ForwardsAuthorization = RouteRules.ForwardsAuthorization(route),
            BackendSaysHowToCache = RouteRules.BackendSaysHowToCache(route),
            RemovesSetCookie = RouteRules.RemovesSetCookie(route),
            ConnectionsFollowSession = RouteRules.ConnectionsFollowSession(route),
        };
    }
}
