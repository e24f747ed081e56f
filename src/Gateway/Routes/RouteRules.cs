using Gateway.Platform;
using Gateway.Platform.Configuration;
using Gateway.Sessions;
using Gateway.Tokens;
using Yarp.ReverseProxy.Configuration;

namespace Gateway.Routes;

/// <summary>What is wrong with the routes, taken together with the policies? Nothing is served until the answer is: nothing.</summary>
internal sealed class RouteRules(
    ReverseProxyOptions proxy, PoliciesOptions policies, CorsPoliciesOptions cors, GatewayOptions gateway, ParameterPolicyFactory constraints,
    IConfiguration configuration, IConfigValidator yarp, ILogger<RouteRules> logger) : ISettingsRule
{
    public const string Anonymous = "anonymous";
    public const string Authenticated = "authenticated";
    private const string CredentialsKey = "Credentials";
    private const string AuthorizationKey = "Authorization";
    private const string ConnectionsKey = "Connections";
    private const string EncodedSlashKey = "EncodedSlash", EncodedSlashTaken = "forward";
    private const string DoubleSlashKey = "DoubleSlash", DoubleSlashTaken = "unsafe-forward";

    private static readonly Dictionary<string, CredentialKind> Words = new(StringComparer.Ordinal)
    {
        ["bearer"] = CredentialKind.Bearer,
        [Credentials.AccessTokenHeader] = CredentialKind.AccessTokenHeader,
        ["cookie"] = CredentialKind.Cookie,
        ["api-key"] = CredentialKind.None,      // one of the default four; nobody has one in this version
    };

    // Opt-ins of later versions: to accept them silently would promise what does not happen.
    private static readonly string[] LaterMetadata =
        ["Identity", "Assertion", "CacheControl", "SetCookie"];

    public async Task<IReadOnlyList<string>> CheckAsync()
    {
        List<string> errors = [.. policies.Keys.Where(IsReserved).Select(name => $"{PoliciesOptions.Section}:{name}: this name has a meaning already. Choose another.")];

        foreach (var (id, route) in proxy.Routes)
        {
            var path = $"{ReverseProxyOptions.Section}:Routes:{id}";
            if (route.Match is null)
            {
                errors.Add($"{path}: Match is missing. It must say which requests the route answers, such as {{ \"Path\": \"/orders/{{**rest}}\" }}.");
                continue;
            }

            // YARP's validator throws at some paths.
            RoutePath.TryParse(route.Match.Path, constraints, out var unroutable);
            var readable = unroutable is null ? route : route with { Match = route.Match with { Path = "/" } };

            errors.AddRange(CheckRoute(id, route).Prepend(unroutable).OfType<string>().Select(error => $"{path}: {error}"));
            errors.AddRange((await yarp.ValidateRouteAsync(LiftNames.Off(readable) with { RouteId = id })).Select(e => $"{path}: {e.Message}"));
        }

        foreach (var (id, cluster) in proxy.Clusters)
            errors.AddRange((await yarp.ValidateClusterAsync(cluster with { ClusterId = id })).Select(e => $"{ReverseProxyOptions.Section}:Clusters:{id}: {e.Message}"));

        var addresses =
            from cluster in proxy.Clusters
            from destination in cluster.Value.Destinations ?? new Dictionary<string, DestinationConfig>()
            from key in new Dictionary<string, string?> { [nameof(DestinationConfig.Address)] = destination.Value.Address, [nameof(DestinationConfig.Health)] = destination.Value.Health }
            where key is { Key: nameof(DestinationConfig.Address) } or { Value: not null }
            where !Uri.TryCreate(key.Value, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https")
            select $"{ReverseProxyOptions.Section}:Clusters:{cluster.Key}:Destinations:{destination.Key}:{key.Key}: '{key.Value}' is not an address. It must be http:// or https:// with a host, such as http://127.0.0.1:3000/.";

        return [.. errors, .. addresses, .. new RouteConflicts(proxy, constraints).Errors()];
    }

    /// <summary>Does a route claim the OpenID metadata's address for its backend?</summary>
    public static bool ClaimsOpenIdMetadata(ReverseProxyOptions proxy) => proxy.Routes.Values.Any(r => RoutePath.BeginsWith(r.Match?.Path, TokenEndpoints.OpenIdMetadata));

    public static CredentialKind? CredentialsOf(RouteConfig route) =>
        MetadataOf(route, CredentialsKey) is { } words ? Split(words).Aggregate(CredentialKind.None, (all, word) => all | Words.GetValueOrDefault(word)) : null;

    public static bool ForwardsAuthorization(RouteConfig route) => MetadataOf(route, AuthorizationKey) == "forward";

    public static bool ConnectionsFollowSession(RouteConfig route) => MetadataOf(route, ConnectionsKey) == "session";

    public static PathRisk RisksTakenBy(RouteConfig route) =>
        (MetadataOf(route, EncodedSlashKey) == EncodedSlashTaken ? PathRisk.EncodedSlash : 0) | (MetadataOf(route, DoubleSlashKey) == DoubleSlashTaken ? PathRisk.DoubleSlash : 0);

    private IEnumerable<string> CheckRoute(string id, RouteConfig route)
    {
        if (!string.IsNullOrEmpty(route.RouteId))
            yield return $"RouteId '{route.RouteId}' stands inside the route. Remove it: a route's id is its name, here {id}.";

        // An empty name is rather one that a template did not fill in than a wish for the default.
        if (route.AuthorizationPolicy is { } policy && !IsReserved(policy) && !policies.ContainsKey(policy))
            yield return $"AuthorizationPolicy '{policy}' is not defined. It must be anonymous, authenticated or a name under {PoliciesOptions.Section}{Suggestion.For(policy, [.. policies.Keys, Anonymous, Authenticated])}.";
        if (route.ClusterId is not { Length: > 0 } cluster)
            yield return "ClusterId is missing. It must be a name under ReverseProxy:Clusters.";
        else if (!proxy.Clusters.Keys.Contains(cluster, StringComparer.OrdinalIgnoreCase))
            yield return $"ClusterId '{cluster}' is not defined. It must be a name under ReverseProxy:Clusters{Suggestion.For(cluster, proxy.Clusters.Keys)}.";

        if (route.CorsPolicy is { Length: > 0 } name && !cors.ContainsKey(name))
            yield return $"CorsPolicy '{name}' is not defined. It must be a name under {CorsPoliciesOptions.Section}, or absent: then pages of other origins may not read its answers{Suggestion.For(name, cors.Keys)}.";

        foreach (var (key, value) in new[]
        {
            (nameof(route.RateLimiterPolicy), route.RateLimiterPolicy),
            (nameof(route.TimeoutPolicy), route.TimeoutPolicy), (nameof(route.OutputCachePolicy), route.OutputCachePolicy),
            (nameof(route.Timeout), route.Timeout?.ToString()),
        })
        {
            if (!string.IsNullOrEmpty(value))
                yield return $"{key} '{value}' comes with a later version. Remove it: it would promise what does not happen.";
        }

        foreach (var own in new[] { gateway.Path, TokenEndpoints.Jwks, TokenEndpoints.Metadata })
        {
            if (RoutePath.BeginsWith(route.Match.Path, own))
                yield return $"Match:Path '{route.Match.Path}' lies under {own}, which is the gateway's own and never forwarded. Choose another path, or another Gateway:Path.";
        }

        foreach (var error in MatchRules.Errors(route.Match, configuration.GetSection($"{ReverseProxyOptions.Section}:Routes:{id}:Match")).Concat(CheckMetadata(id, route)))
            yield return error;
    }

    private IEnumerable<string> CheckMetadata(string id, RouteConfig route)
    {
        if (MetadataOf(route, CredentialsKey) is { } words)
        {
            foreach (var word in Split(words).DefaultIfEmpty("").Where(word => !Words.ContainsKey(word)))
                yield return $"Metadata:{CredentialsKey} '{word}' is not a credential of this version. It must be a comma list of {string.Join(", ", Words.Keys)}{Suggestion.For(word, Words.Keys)}.";
        }

        if (MetadataOf(route, AuthorizationKey) is { } authorization)
        {
            if (authorization != "forward")
                yield return $"Metadata:{AuthorizationKey} '{authorization}' is unknown. It must be forward, or absent.";
            else if (CredentialsOf(route) is not { } kinds || kinds.HasFlag(CredentialKind.Bearer))
                yield return $"Metadata:{AuthorizationKey} forwards what the client sends, so a bearer token may not be this route's credential. Write \"{CredentialsKey}\": \"x-access-token,cookie\" beside it.";
        }

        if (MetadataOf(route, ConnectionsKey) is { } connections and not "session")
            yield return $"Metadata:{ConnectionsKey} '{connections}' is unknown. It must be session, or absent: then what a token has opened ends with the token.";

        if (MetadataOf(route, EncodedSlashKey) is { } encoded and not EncodedSlashTaken)
            yield return $"Metadata:{EncodedSlashKey} '{encoded}' is unknown. It must be {EncodedSlashTaken}, or absent: then a path with %2F in it is refused.";
        if (MetadataOf(route, DoubleSlashKey) is { } doubled and not DoubleSlashTaken)
            yield return $"Metadata:{DoubleSlashKey} '{doubled}' is unknown. It must be {DoubleSlashTaken}, or absent: then a path with two slashes in a row is refused.";

        foreach (var key in LaterMetadata.Where(key => MetadataOf(route, key) is not null))
            yield return $"Metadata:{key} comes with a later version. Remove it.";

        string[] known = [CredentialsKey, AuthorizationKey, ConnectionsKey, EncodedSlashKey, DoubleSlashKey];
        foreach (var key in route.Metadata?.Keys.Where(k => !known.Contains(k) && Suggestion.For(k, known).Length > 0) ?? [])
            logger.UnknownMetadata(id, key, Suggestion.For(key, known));
    }

    public static bool IsReserved(string policy) => policy is Anonymous or Authenticated;

    private static string? MetadataOf(RouteConfig route, string key) => route.Metadata?.GetValueOrDefault(key);

    private static string[] Split(string words) => words.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
}

/// <summary>Takes the names that are ours off a route before YARP looks for ASP.NET policies of those names.</summary>
internal sealed class LiftNames : IProxyConfigFilter
{
    public static RouteConfig Off(RouteConfig route) => route with
    {
        AuthorizationPolicy = null,
        RateLimiterPolicy = null,
        CorsPolicy = null,
        TimeoutPolicy = null,
        Match = route.Match with { Path = RoutePath.Escape(route.Match.Path) },
    };

    public ValueTask<ClusterConfig> ConfigureClusterAsync(ClusterConfig cluster, CancellationToken cancel) => new(cluster);

    public ValueTask<RouteConfig> ConfigureRouteAsync(RouteConfig route, ClusterConfig? cluster, CancellationToken cancel) => new(Off(route));
}

internal static partial class RouteLog
{
    [LoggerMessage(4001, LogLevel.Warning, "ReverseProxy:Routes:{Route}:Metadata:{Key} is not a key of the gateway{Suggestion}; it is left to YARP")]
    public static partial void UnknownMetadata(this ILogger logger, string route, string key, string suggestion);
}
