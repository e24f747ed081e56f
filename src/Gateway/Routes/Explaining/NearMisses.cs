using Microsoft.AspNetCore.Routing.Template;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Model;

namespace Gateway.Routes.Explaining;

/// <summary>Which routes did the path almost lead to, and what came in the way?</summary>
internal static class NearMisses
{
    private const int Most = 10;

    /// <param name="routing">Where they are.</param>
    /// <param name="http">As the guard and routing have left it.</param>
    public static NearMiss[] Of(TrialRouting routing, HttpContext http)
    {
        var found = http.GetEndpoint();
        var chosen = TrialRouting.IsOwn(found) ? "the gateway's own ground" : found?.Metadata.GetMetadata<RouteModel>()?.Config.RouteId;
        var misses =
            from endpoint in routing.Endpoints
            let route = endpoint.Metadata.GetMetadata<RouteModel>()?.Config
            where route is not null && endpoint != found
            let values = new RouteValueDictionary()
            where new TemplateMatcher(new RouteTemplate(endpoint.RoutePattern), new(endpoint.RoutePattern.Defaults)).TryMatch(http.Request.Path, values)
            let reasons = Constraints(endpoint, values, routing, http).Concat(Reasons(route.Match, http.Request)).ToArray()
            where reasons.Length > 0 || chosen is not null
            orderby reasons.Length, endpoint.Order, endpoint.RoutePattern.InboundPrecedence
            select new NearMiss(route.RouteId, route.Match.Path, reasons.Length > 0 ? string.Join("; ", reasons) : $"its path matches too, but {chosen} goes before it");
        return [.. misses.Take(Most)];
    }

    private static IEnumerable<string> Constraints(RouteEndpoint endpoint, RouteValueDictionary values, TrialRouting routing, HttpContext http) =>
        from parameter in endpoint.RoutePattern.Parameters
        from policy in parameter.ParameterPolicies
        where routing.Constraints.Create(parameter, policy) is IRouteConstraint constraint && !constraint.Match(http, null, parameter.Name, values, RouteDirection.IncomingRequest)
        select $"its {{{parameter.Name}}} must be {policy.Content}, and '{values[parameter.Name]}' is not";

    private static IEnumerable<string> Reasons(RouteMatch match, HttpRequest request)
    {
        if (match.Methods is { Count: > 0 } methods && !methods.Contains(request.Method, StringComparer.OrdinalIgnoreCase))
            yield return $"it answers {string.Join(", ", methods)}, and not {request.Method}";
        if (match.Hosts is { Count: > 0 } hosts && !hosts.Any(host => IsHost(host, request)))
            yield return $"it answers the host {string.Join(" or ", hosts)}, and not {request.Host}";
        foreach (var header in match.Headers ?? [])
        {
            var given = request.Headers[header.Name].SelectMany(line => header.Name.Equals("Cookie", StringComparison.OrdinalIgnoreCase) ? [line!] : line!.Split(',', StringSplitOptions.TrimEntries)).ToArray();
            if (!Holds(header.Mode.ToString(), given, header.Values, header.IsCaseSensitive))
                yield return $"it wants the header {header.Name}{Wanted(header.Mode.ToString(), header.Values)}";
        }

        foreach (var query in match.QueryParameters ?? [])
        {
            if (!Holds(query.Mode.ToString(), request.Query[query.Name].ToArray()!, query.Values, query.IsCaseSensitive))
                yield return $"it wants the query's {query.Name}{Wanted(query.Mode.ToString(), query.Values)}";
        }
    }

    private static bool IsHost(string pattern, HttpRequest request)
    {
        var (host, port) = pattern.Split(':') is [var name, var number] ? (name, number) : (pattern, "*");
        return (host == "*" || host.Equals(request.Host.Host, StringComparison.OrdinalIgnoreCase) || (host.StartsWith("*.", StringComparison.Ordinal) && request.Host.Host.EndsWith(host[1..], StringComparison.OrdinalIgnoreCase)))
            && (port == "*" || port == (request.Host.Port ?? (request.IsHttps ? 443 : 80)).ToString(System.Globalization.CultureInfo.InvariantCulture));
    }

    private static bool Holds(string mode, string[] given, IReadOnlyList<string>? wanted, bool caseSensitive)
    {
        var by = caseSensitive ? StringComparison.Ordinal : StringComparison.OrdinalIgnoreCase;
        bool Any(Func<string, string, bool> fits) => given.Any(value => wanted!.Any(want => fits(value, want)));

        return mode switch
        {
            nameof(HeaderMatchMode.Exists) => given.Any(value => value.Length > 0),
            nameof(HeaderMatchMode.NotExists) => given.Length == 0,
            nameof(HeaderMatchMode.Contains) => Any((value, want) => value.Contains(want, by)),
            nameof(HeaderMatchMode.NotContains) => !Any((value, want) => value.Contains(want, by)),
            nameof(HeaderMatchMode.HeaderPrefix) or nameof(QueryParameterMatchMode.Prefix) => Any((value, want) => value.StartsWith(want, by)),
            _ => Any((value, want) => value.Equals(want, by)),
        };
    }

    private static string Wanted(string mode, IReadOnlyList<string>? values) => mode switch
    {
        nameof(HeaderMatchMode.Exists) => "",
        nameof(HeaderMatchMode.NotExists) => " to be absent",
        _ => $" ({mode}: {string.Join(", ", values ?? [])})",
    };
}
