using Gateway.Routes.Limits;
using Gateway.Routes.Policies;
using Yarp.ReverseProxy.Configuration;

namespace Gateway.Routes;

/// <summary>What of these routes is allowed, and worth a look? Right rather than complete: what is said here is so.</summary>
internal static class RouteRemarks
{
    public static IReadOnlyList<string> Of(Rulebook rulebook)
    {
        var settings = rulebook.Settings;
        var routes = settings.Get<ReverseProxyOptions>().Routes;
        Place[] places = [.. routes.Keys.Select((id, i) => Place.Of(i, id, routes[id], rulebook.Policies[id]))];
        return
        [
            .. Unreachable(places),
            .. MoreOpen(places),
            .. places.Where(place => place.Policy.IsShadow).Select(place => $"{place.Path}: its policy {place.Policy.Name} only watches (Shadow): everybody passes."),
            .. Unused(PoliciesOptions.Section, settings.Get<PoliciesOptions>().Keys, UsedPolicies(routes.Values, settings.Get<PoliciesOptions>())),
            .. Unused(CorsPoliciesOptions.Section, settings.Get<CorsPoliciesOptions>().Keys, routes.Values.Select(route => route.CorsPolicy)),
            .. Unused(RateLimitsOptions.Section, settings.Get<RateLimitsOptions>().Keys, routes.Values.Select(route => route.RateLimiterPolicy)),
            .. Unused(TimeoutsOptions.Section, settings.Get<TimeoutsOptions>().Keys, routes.Values.Select(route => route.TimeoutPolicy)),
        ];
    }

    /// <summary>Routes that ask nobody who they are.</summary>
    public static IEnumerable<string> Anonymous(Rulebook rulebook) =>
        rulebook.Settings.Get<ReverseProxyOptions>().Routes.Keys.Where(id => rulebook.Policies[id] is { IsPublic: true } or { AllowsAnonymous: true }).Order(StringComparer.Ordinal);

    /// <summary>All that a route could answer is answered by one with a lower Order, which takes at least as much.</summary>
    private static IEnumerable<string> Unreachable(Place[] places)
    {
        var (wide, same) = (Wide(places), ByHost(places, place => place.Pattern));
        return
            from place in places
            let first = place.Prefixes.SelectMany(prefix => place.Among(wide, prefix)).Concat(place.Among(same, place.Pattern)).FirstOrDefault(other => other.Order < place.Order && other.Covers(place))
            where first is not null
            select $"{place.Path}: no request reaches it, since {first.Id} ('{first.Pattern}', Order {first.Order}) takes all of them first. Remove it, or give it a lower Order.";
    }

    /// <summary>What lies within a protected place is easily taken to be protected as well.</summary>
    private static IEnumerable<string> MoreOpen(Place[] places)
    {
        var wide = Wide(places);
        return
            from place in places
            let around = place.Prefixes.Take(place.TakesAllBelow ? place.Literals : place.Literals + 1).Reverse().SelectMany(prefix => place.Among(wide, prefix)).FirstOrDefault(other => other.Covers(place))
            where around is not null && IsMoreOpen(place.Policy, around)
            select $"{place.Path}: '{place.Pattern}' lies within '{around.Pattern}' of {around.Id} and is more open: {place.Policy.Name} instead of {around.Policy.Name}. Make sure that this is meant.";
    }

    // That much is open in front of a site where people sign in is nothing to speak of.
    private static bool IsMoreOpen(RoutePolicy policy, Place around)
    {
        var (mine, theirs) = (Strictness(policy), Strictness(around.Policy));
        if (theirs < 2 || (theirs == 2 && around.Literals == 0))
            return false;
        return mine < theirs || (mine == 3 && theirs == 3 && policy.Requirements.Count < around.Policy.Requirements.Count
            && policy.Requirements.All(one => around.Policy.Requirements.Any(other => other.Text == one.Text)));
    }

    private static int Strictness(RoutePolicy policy) =>
        policy.IsPublic ? 0 : policy.AllowsAnonymous || policy.IsShadow ? 1 : policy.Requirements.Count == 0 ? 2 : 3;

    private static ILookup<Spot, Place> Wide(Place[] places) => ByHost(places.Where(place => place.TakesAllBelow), place => place.Prefixes[^1]);

    // By host as well: ten thousand tenants may each have a "/{**rest}" of their own.
    private static ILookup<Spot, Place> ByHost(IEnumerable<Place> places, Func<Place, string> where) =>
        places.SelectMany(place => place.Hosts, (place, host) => new { Place = place, Spot = new Spot(where(place), host) }).ToLookup(x => x.Spot, x => x.Place);

    /// <summary>A path at a host, whatever the case of either.</summary>
    private sealed record Spot(string Where, string Host)
    {
        public bool Equals(Spot? other) =>
            other is not null && Where.Equals(other.Where, StringComparison.OrdinalIgnoreCase) && Host.Equals(other.Host, StringComparison.OrdinalIgnoreCase);

        public override int GetHashCode() => HashCode.Combine(Where.GetHashCode(StringComparison.OrdinalIgnoreCase), Host.GetHashCode(StringComparison.OrdinalIgnoreCase));
    }

    private static IEnumerable<string> Unused(string section, IEnumerable<string> names, IEnumerable<string?> used) =>
        names.Except(used.OfType<string>(), StringComparer.Ordinal).Order(StringComparer.Ordinal).Select(name => $"{section}:{name}: nobody uses it. Remove it, or name it where it was meant.");

    private static HashSet<string> UsedPolicies(IEnumerable<RouteConfig> routes, PoliciesOptions policies)
    {
        var used = new HashSet<string>(StringComparer.Ordinal);
        foreach (var route in routes)
            Use(route.AuthorizationPolicy);
        return used;

        void Use(string? text)
        {
            if (text is not null && policies.TryGetValue(text, out var policy) && used.Add(text))
                Follow(policy);
        }

        void Follow(PolicyOptions rule)
        {
            Use(rule.Text);
            foreach (var (_, within) in rule.Within)
                Follow(within);
        }
    }

    /// <summary>Where a route is.</summary>
    /// <param name="Number">In the order in which they are written.</param>
    /// <param name="Id">Its name.</param>
    /// <param name="Pattern">Its path as it is written.</param>
    /// <param name="Prefixes">"", "/a", "/a/b": as far as its path is literal, from the outside in.</param>
    /// <param name="TakesAllBelow">Nothing follows but a catch-all.</param>
    private sealed record Place(int Number, string Id, string Pattern, int Order, string[] Prefixes, bool TakesAllBelow, RouteMatch Match, RoutePolicy Policy)
    {
        public string Path => $"{ReverseProxyOptions.Section}:Routes:{Id}";

        public int Literals => Prefixes.Length - 1;

        /// <summary>"": all.</summary>
        public IReadOnlyList<string> Hosts => Match.Hosts is { Count: > 0 } hosts ? hosts : [""];

        public static Place Of(int number, string id, RouteConfig route, RoutePolicy policy)
        {
            var pattern = string.IsNullOrEmpty(route.Match.Path) ? "/{**rest}" : route.Match.Path;
            var segments = pattern.Split('/', StringSplitOptions.RemoveEmptyEntries);
            var literals = segments.TakeWhile(segment => !segment.Contains('{')).ToArray();
            List<string> prefixes = [""];
            foreach (var literal in literals)
                prefixes.Add($"{prefixes[^1]}/{literal}");
            var takesAll = segments.Length == literals.Length + 1 && segments[^1].StartsWith("{*", StringComparison.Ordinal) && segments[^1].EndsWith('}') && !segments[^1].ContainsAny(':', '=', '?');
            return new(number, id, pattern, route.Order ?? 0, [.. prefixes], takesAll, route.Match, policy);
        }

        /// <summary>Who may cover this one there: what covers it names no host, or each of its hosts, so the first as well.</summary>
        public IEnumerable<Place> Among(ILookup<Spot, Place> places, string where) =>
            Hosts[0].Length == 0 ? places[new(where, "")] : places[new(where, "")].Concat(places[new(where, Hosts[0])]).OrderBy(place => place.Number);

        /// <summary>Whatever method, host and header the other one wants, this one takes.</summary>
        public bool Covers(Place other) =>
            Id != other.Id && Match.Headers is not { Count: > 0 } && Match.QueryParameters is not { Count: > 0 }
            && Takes(Match.Methods, other.Match.Methods) && Takes(Match.Hosts, other.Match.Hosts);

        private static bool Takes(IReadOnlyList<string>? mine, IReadOnlyList<string>? theirs) =>
            mine is not { Count: > 0 } || (theirs is { Count: > 0 } && !theirs.Except(mine, StringComparer.OrdinalIgnoreCase).Any());
    }
}
