using Yarp.ReverseProxy.Configuration;

namespace Gateway.Routes;

/// <summary>Which routes would answer the same request, with nothing that puts one before the other?</summary>
/// <remarks>
/// ASP.NET compares order, then path, then whether methods and hosts are named, then how many headers and query parameters are.
/// Where all that is equal and both match, it throws while the request waits.
/// </remarks>
internal static class RouteConflicts
{
    /// <param name="proxy">All routes.</param>
    /// <param name="paths">Of those that have one that can be routed.</param>
    public static IEnumerable<string> Errors(ReverseProxyOptions proxy, IReadOnlyDictionary<string, RoutePath> paths)
    {
        var routes = paths.Select(path => new Candidate(path.Key, proxy.Routes[path.Key], path.Value)).ToArray();
        return Ambiguous(routes).Concat(Nested(routes)).Distinct();
    }

    private static IEnumerable<string> Ambiguous(Candidate[] routes) =>
        from route in routes
        from host in route.Hosts
        group route by new Seat(route.Rank, host) into same
        from a in same
        from b in same.SkipWhile(other => other != a).Skip(1)
        let path = a.CommonPathWith(b)
        where path is not null
        select $"{ReverseProxyOptions.Section}:Routes:{a.Id} and {b.Id} answer the same requests, such as {path}, and nothing puts one before the other: they would fail. Give them different Match or Order, or make them one route.";

    /// <summary>ASP.NET hands what is for the wider of two nested wildcards to the narrower one as well, or to either.</summary>
    private static IEnumerable<string> Nested(Candidate[] routes)
    {
        var wildcards = routes.SelectMany(route => route.Hosts.Where(host => host.StartsWith("*.", StringComparison.Ordinal)), (route, host) => new { route.Id, Host = host }).ToLookup(x => x.Host, x => x.Id);
        return
            from narrow in wildcards
            from wider in Parents(narrow.Key)
            from outer in wildcards[wider]
            from inner in narrow.Where(id => id != outer)
            select $"{ReverseProxyOptions.Section}:Routes:{inner}: Match:Hosts '{narrow.Key}' lies within '{wider}' of {outer}, and routing would mix up their requests. Name the hosts in full, or make them one route.";
    }

    private static IEnumerable<string> Parents(string wildcard)
    {
        for (var dot = wildcard.IndexOf('.', 2); dot >= 0; dot = wildcard.IndexOf('.', dot + 1))
            yield return "*" + wildcard[dot..];
    }

    /// <summary>Of two routes with different ranks one goes first, or they have no path in common.</summary>
    private sealed record Rank(int Order, decimal Precedence, string Literals, bool NamesMethods, int Headers, int QueryParameters);

    private sealed record Seat(Rank Rank, string Host);

    private sealed class Candidate(string id, RouteConfig route, RoutePath path)
    {
        public string Id => id;

        public Rank Rank { get; } = new(
            route.Order ?? 0, path.Precedence, string.Join('/', path.Segments.Select(segment => segment.Literal?.ToUpperInvariant() ?? "{}")),
            route.Match.Methods is { Count: > 0 }, route.Match.Headers?.Count ?? 0, route.Match.QueryParameters?.Count ?? 0);

        /// <summary>"": all.</summary>
        public string[] Hosts { get; } = route.Match.Hosts is { Count: > 0 } hosts
            ? [.. hosts.Select(host => host.ToLowerInvariant().Replace(":*", "", StringComparison.Ordinal)).Distinct()]
            : [""];

        private RouteMatch Match => route.Match;

        private RouteSegment[] Path => path.Segments;

        /// <returns>An example of what both answer; null: none was found.</returns>
        public string? CommonPathWith(Candidate other)
        {
            if (!Overlap(Match.Methods, other.Match.Methods) || !Demand.CanHold([.. Demand.Of(Match), .. Demand.Of(other.Match)]))
                return null;

            var segments = Path.Zip(other.Path, (mine, theirs) => mine.CommonTextWith(theirs)).ToArray();
            return segments.Contains(null) ? null : "/" + string.Join('/', segments);
        }

        private static bool Overlap(IReadOnlyList<string>? a, IReadOnlyList<string>? b) =>
            a is not { Count: > 0 } || b is not { Count: > 0 } || a.Intersect(b, StringComparer.OrdinalIgnoreCase).Any();
    }

    /// <summary>What a route wants of one header or query parameter.</summary>
    private sealed record Demand(string Name, string Mode, IReadOnlyList<string> Values, StringComparison Case)
    {
        public static IEnumerable<Demand> Of(RouteMatch match) =>
        [
            .. match.Headers?.Select(h => new Demand("header " + h.Name, h.Mode.ToString(), h.Values ?? [], CaseOf(h.IsCaseSensitive))) ?? [],
            .. match.QueryParameters?.Select(q => new Demand("query " + q.Name, q.Mode.ToString(), q.Values ?? [], CaseOf(q.IsCaseSensitive))) ?? [],
        ];

        /// <summary>Can one request meet them all? One that says the same header twice with different values contradicts itself and is not counted.</summary>
        public static bool CanHold(Demand[] demands) => demands.GroupBy(d => d.Name, StringComparer.OrdinalIgnoreCase).All(same =>
        {
            string[] values = [.. same.SelectMany(d => d.Values), "x"];
            return values.Concat(values.SelectMany(_ => values, string.Concat)).Prepend(null).Any(value => same.All(d => d.Accepts(value)));
        });

        private bool Accepts(string? value) => Mode switch
        {
            nameof(HeaderMatchMode.Exists) => value is not null,
            nameof(HeaderMatchMode.NotExists) => value is null,
            nameof(HeaderMatchMode.NotContains) => value is null || !Values.Any(v => value.Contains(v, Case)),
            nameof(HeaderMatchMode.Contains) => value is not null && Values.Any(v => value.Contains(v, Case)),
            nameof(HeaderMatchMode.HeaderPrefix) or nameof(QueryParameterMatchMode.Prefix) => value is not null && Values.Any(v => value.StartsWith(v, Case)),
            _ => value is not null && Values.Any(v => value.Equals(v, Case)),
        };

        private static StringComparison CaseOf(bool sensitive) => sensitive ? StringComparison.Ordinal : StringComparison.OrdinalIgnoreCase;
    }
}
