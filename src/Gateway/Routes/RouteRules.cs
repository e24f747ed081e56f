using Gateway.Platform;
using Gateway.Platform.Configuration;
using Gateway.Routes.Policies;
using Gateway.Sessions;
using Gateway.Tokens;
using Yarp.ReverseProxy.Configuration;

namespace Gateway.Routes;

/// <summary>What is wrong with the routes, taken together with the policies? Nothing is served until the answer is: nothing.</summary>
internal sealed class RouteRules(ParameterPolicyFactory constraints, IConfigValidator yarp, ILogger<RouteRules> logger) : ISettingsRule
{
    public const string Anonymous = "anonymous";
    public const string Authenticated = "authenticated";
    private const string CredentialsKey = "Credentials";
    private const string AuthorizationKey = "Authorization";
    private const string ConnectionsKey = "Connections";
    private const string IdentityKey = "Identity";
    private const string AssertionKey = "Assertion";
    private const string CacheControlKey = "CacheControl";
    private const string SetCookieKey = "SetCookie";
    private const string EncodedSlashKey = "EncodedSlash", EncodedSlashTaken = "forward";
    private const string DoubleSlashKey = "DoubleSlash", DoubleSlashTaken = "unsafe-forward";

    private static readonly Word[] Words =
    [
        new("bearer", CredentialKind.Bearer),
        new(Credentials.AccessTokenHeader, CredentialKind.AccessTokenHeader),
        new("cookie", CredentialKind.Cookie),
        new("body", CredentialKind.Body),
        new("query", CredentialKind.Query),
        new("api-key", CredentialKind.None),      // one of the default four; nobody has one in this version
    ];

    // What takes away from what protects a route, if it is there: an operator sees at every start what was asked for.
    private static readonly string[] OptIns = [CredentialsKey, AuthorizationKey, CacheControlKey, EncodedSlashKey, DoubleSlashKey];

    // Metadata that says one thing, or is absent; and what is then.
    private static readonly OneWord[] OneWords =
    [
        new(ConnectionsKey, "session", "what a token has opened ends with the token"),
        new(CacheControlKey, "backend", "an answer to somebody signed in is private, no-store unless the backend says how it may be kept"),
        new(SetCookieKey, "remove", "the backend sets cookies of its own, and never ours"),
        new(EncodedSlashKey, EncodedSlashTaken, "a path with %2F in it is refused"),
        new(DoubleSlashKey, DoubleSlashTaken, "a path with two slashes in a row is refused"),
    ];

    private static readonly string[] MetadataKeys = [CredentialsKey, AuthorizationKey, IdentityKey, AssertionKey, .. OneWords.Select(one => one.Key)];

    private sealed record Word(string Text, CredentialKind Kind);

    private sealed record OneWord(string Key, string Word, string Otherwise);

    public async Task<IReadOnlyList<string>> CheckAsync(Settings settings)
    {
        var (proxy, identity, tokens) = (settings.Get<ReverseProxyOptions>(), settings.Get<IdentityHeaderOptions>(), settings.Get<TokenOptions>());
        var policyRules = new PolicyRules(settings.Get<PoliciesOptions>(), Issuers.NamesIn(settings));
        List<string> errors = [.. policyRules.Errors()];
        if (identity.Assertion && Unverifiable(tokens) is { } reason)
            errors.Add($"{IdentityHeaderOptions.Section}:Assertion: {reason}");

        var paths = new Dictionary<string, RoutePath>();
        var clusters = proxy.Clusters.Keys.ToHashSet(StringComparer.OrdinalIgnoreCase);
        foreach (var (id, route) in proxy.Routes)
        {
            var path = $"{ReverseProxyOptions.Section}:Routes:{id}";
            if (route.Match is null)
            {
                errors.Add($"{path}: Match is missing. It must say which requests the route answers, such as {{ \"Path\": \"/orders/{{**rest}}\" }}.");
                continue;
            }

            // YARP's validator throws at some paths, and would parse all of them once more.
            if (RoutePath.TryParse(route.Match.Path, constraints, out var unroutable) is { } parsed)
                paths[id] = parsed;
            var readable = string.IsNullOrEmpty(route.Match.Path) ? route : route with { Match = route.Match with { Path = "/" } };

            errors.AddRange(CheckRoute(id, route, settings, policyRules, clusters).Prepend(unroutable).OfType<string>().Select(error => $"{path}: {error}"));
            errors.AddRange((await yarp.ValidateRouteAsync(LiftNames.Off(readable) with { RouteId = id })).Select(e => $"{path}: {e.Message}"));
        }

        foreach (var (id, cluster) in proxy.Clusters)
            errors.AddRange((await yarp.ValidateClusterAsync(cluster with { ClusterId = id })).Select(e => $"{ReverseProxyOptions.Section}:Clusters:{id}: {e.Message}"));

        return [.. errors, .. AddressErrors(proxy), .. RouteConflicts.Errors(proxy, paths)];
    }

    /// <summary>Does a route claim the OpenID metadata's address for its backend?</summary>
    public static bool ClaimsOpenIdMetadata(ReverseProxyOptions proxy) => proxy.Routes.Values.Any(ClaimsOpenIdMetadata);

    public static bool ClaimsOpenIdMetadata(RouteConfig route) => RoutePath.BeginsWith(route.Match?.Path, TokenEndpoints.OpenIdMetadata);

    public static CredentialKind? CredentialsOf(RouteConfig route) =>
        MetadataOf(route, CredentialsKey) is { } words ? KindsOf(words) : null;

    public static bool ForwardsAuthorization(RouteConfig route) => MetadataOf(route, AuthorizationKey) == "forward";

    public static bool ConnectionsFollowSession(RouteConfig route) => MetadataOf(route, ConnectionsKey) == "session";

    public static bool BackendSaysHowToCache(RouteConfig route) => MetadataOf(route, CacheControlKey) == "backend";

    public static bool RemovesSetCookie(RouteConfig route) => MetadataOf(route, SetCookieKey) == "remove";

    public static PathRisk RisksTakenBy(RouteConfig route) =>
        (MetadataOf(route, EncodedSlashKey) == EncodedSlashTaken ? PathRisk.EncodedSlash : 0) | (MetadataOf(route, DoubleSlashKey) == DoubleSlashTaken ? PathRisk.DoubleSlash : 0);

    public static Speech SpeechOf(RouteConfig route, IdentityHeaderOptions identity, ReverseProxyOptions proxy) => new(
        Dialect.ByWord[MetadataOf(route, IdentityKey) ?? identity.Dialect],
        SaysTrue(MetadataOf(route, AssertionKey)) ?? identity.Assertion ? proxy.Clusters.Keys.First(id => id.Equals(route.ClusterId, StringComparison.OrdinalIgnoreCase)) : null);

    /// <summary>Which routes ask for what weakens them, and for what? For the log.</summary>
    public static IEnumerable<string> RoutesWithOptIns(ReverseProxyOptions proxy) =>
        from id in proxy.Routes.Keys.Order(StringComparer.Ordinal)
        let route = proxy.Routes[id]
        let asked = OptIns.Where(key => key == CredentialsKey ? (CredentialsOf(route) & RoutePolicy.OptInCredentials) > 0 : MetadataOf(route, key) is not null)
        where asked.Any()
        select $"{id} ({string.Join("; ", asked.Select(key => $"{key}: {MetadataOf(route, key)}"))})";

    private static bool? SaysTrue(string? metadata) => bool.TryParse(metadata, out var value) ? value : null;

    private static string? Unverifiable(TokenOptions tokens) => tokens.Algorithm == AssertionIssuer.Unpublished
        ? $"is true, and {TokenOptions.Section}:Algorithm is {AssertionIssuer.Unpublished}, whose key nobody else may have: no backend could check an assertion. Choose ES256, RS256 or PS256, or no assertion."
        : null;

    private IEnumerable<string> CheckRoute(string id, RouteConfig route, Settings settings, PolicyRules policyRules, HashSet<string> clusters)
    {
        var (cors, gateway) = (settings.Get<CorsPoliciesOptions>(), settings.Get<GatewayOptions>());
        if (!string.IsNullOrEmpty(route.RouteId))
            yield return $"RouteId '{route.RouteId}' stands inside the route. Remove it: a route's id is its name, here {id}.";

        // An empty name is rather one that a template did not fill in than a wish for the default.
        if (route.AuthorizationPolicy is { } policy && policyRules.ErrorOfRoute(policy) is { } unfit)
            yield return $"AuthorizationPolicy {unfit}";
        if (route.ClusterId is not { Length: > 0 } cluster)
            yield return "ClusterId is missing. It must be a name under ReverseProxy:Clusters.";
        else if (!clusters.Contains(cluster))
            yield return $"ClusterId '{cluster}' is not defined. It must be a name under ReverseProxy:Clusters{Suggestion.For(cluster, clusters)}.";

        if (route.CorsPolicy is { Length: > 0 } name && !cors.ContainsKey(name))
            yield return $"CorsPolicy '{name}' is not defined. It must be a name under {CorsPoliciesOptions.Section}, or absent: then pages of other origins may not read its answers{Suggestion.For(name, cors.Keys)}.";

        foreach (var own in new[] { gateway.Path, TokenEndpoints.Jwks, TokenEndpoints.Metadata })
        {
            if (RoutePath.BeginsWith(route.Match.Path, own))
                yield return $"Match:Path '{route.Match.Path}' lies under {own}, which is the gateway's own and never forwarded. Choose another path, or another Gateway:Path.";
        }

        foreach (var error in MatchRules.Errors(route.Match, settings.Written.GetSection($"{ReverseProxyOptions.Section}:Routes:{id}:Match")).Concat(CheckMetadata(id, route, settings.Get<TokenOptions>())))
            yield return error;
    }

    private IEnumerable<string> CheckMetadata(string id, RouteConfig route, TokenOptions tokens)
    {
        if (route.Metadata is null)
            yield break;

        if (MetadataOf(route, CredentialsKey) is { } words)
        {
            foreach (var word in Split(words).DefaultIfEmpty("").Where(word => KindOf(word) is null))
                yield return $"Metadata:{CredentialsKey} '{word}' is not a credential of this version. It must be a comma list of {string.Join(", ", Words.Select(known => known.Text))}{Suggestion.For(word, Words.Select(known => known.Text))}.";
        }

        if (MetadataOf(route, AuthorizationKey) is { } authorization)
        {
            if (authorization != "forward")
                yield return $"Metadata:{AuthorizationKey} '{authorization}' is unknown. It must be forward, or absent.";
            else if (CredentialsOf(route) is not { } kinds || kinds.HasFlag(CredentialKind.Bearer))
                yield return $"Metadata:{AuthorizationKey} forwards what the client sends, so a bearer token may not be this route's credential. Write \"{CredentialsKey}\": \"x-access-token,cookie\" beside it.";
        }

        foreach (var (key, word, otherwise) in OneWords)
        {
            if (MetadataOf(route, key) is { } value && value != word)
                yield return $"Metadata:{key} '{value}' is unknown. It must be {word}, or absent: then {otherwise}.";
        }

        if (MetadataOf(route, IdentityKey) is { } dialect && !Dialect.ByWord.ContainsKey(dialect))
            yield return $"Metadata:{IdentityKey} {Dialect.Unknown(dialect)}";
        if (MetadataOf(route, AssertionKey) is { } assertion && SaysTrue(assertion) is null)
            yield return $"Metadata:{AssertionKey} '{assertion}' is unknown. It must be true or false, or absent: then it is as {IdentityHeaderOptions.Section}:Assertion says.";
        else if (SaysTrue(MetadataOf(route, AssertionKey)) is true && Unverifiable(tokens) is { } reason)
            yield return $"Metadata:{AssertionKey} {reason}";

        foreach (var key in route.Metadata.Keys.Where(k => !MetadataKeys.Contains(k, StringComparer.OrdinalIgnoreCase) && Suggestion.For(k, MetadataKeys).Length > 0))
            logger.UnknownMetadata(id, key, Suggestion.For(key, MetadataKeys));
    }

    public static bool IsReserved(string policy) => policy is Anonymous or Authenticated;

    private static string? MetadataOf(RouteConfig route, string key) => route.Metadata?.GetValueOrDefault(key);

    private static IEnumerable<string> AddressErrors(ReverseProxyOptions proxy)
    {
        foreach (var (id, cluster) in proxy.Clusters)
        {
            foreach (var (name, destination) in cluster.Destinations ?? new Dictionary<string, DestinationConfig>())
            {
                var path = $"{ReverseProxyOptions.Section}:Clusters:{id}:Destinations:{name}";
                if (!IsAddress(destination.Address))
                    yield return $"{path}:{nameof(destination.Address)}: {NoAddress(destination.Address)}";
                if (destination.Health is { } health && !IsAddress(health))
                    yield return $"{path}:{nameof(destination.Health)}: {NoAddress(health)}";
            }
        }

        static bool IsAddress(string? text) => Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https";
        static string NoAddress(string? text) => $"'{text}' is not an address. It must be http:// or https:// with a host, such as http://127.0.0.1:3000/.";
    }

    private static CredentialKind KindsOf(string words)
    {
        var kinds = CredentialKind.None;
        foreach (var word in Split(words))
            kinds |= KindOf(word) ?? CredentialKind.None;
        return kinds;
    }

    private static CredentialKind? KindOf(string word) => Array.Find(Words, known => known.Text == word)?.Kind;

    private static string[] Split(string words) => words.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
}

/// <summary>What does YARP get of a route? Not the names that are ours, for which it would look among ASP.NET's policies; and its path as paths are matched.</summary>
internal static class LiftNames
{
    public static RouteConfig Off(RouteConfig route) => route with
    {
        AuthorizationPolicy = null,
        RateLimiterPolicy = null,
        CorsPolicy = null,
        TimeoutPolicy = null,
        Timeout = null,
        // Routing groups hosts by their exact letters and then asks the first group that fits: a route in another spelling would be skipped, with its policy.
        Match = route.Match with { Path = RoutePath.Escape(route.Match.Path), Hosts = route.Match.Hosts?.Select(host => host.ToLowerInvariant()).ToArray() },
    };
}

internal static partial class RouteLog
{
    [LoggerMessage(4001, LogLevel.Warning, "ReverseProxy:Routes:{Route}:Metadata:{Key} is not a key of the gateway{Suggestion}; it is left to YARP")]
    public static partial void UnknownMetadata(this ILogger logger, string route, string key, string suggestion);
}
