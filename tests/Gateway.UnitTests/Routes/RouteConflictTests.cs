using System.Text.Json;
using System.Text.RegularExpressions;
using Gateway.Routes;
using Yarp.ReverseProxy.Configuration;

namespace Gateway.UnitTests.Routes;

/// <summary>What routing would find ambiguous while a request waits is found when the configuration loads.</summary>
public sealed class RouteConflictTests
{
    private static readonly string[] Texts = ["a", "b", "1", "6", "12", "ab", "true", "v1", "a.b", "x-1", "99999999999"];
    private static readonly string[] Segments = ["a", "A", "b", "v1", "{@}", "{@?}", "{@:int}", "{@:long}", "{@:alpha}", "{@:length(2)}", "{@:min(5)}", "{@:max(5)}", "{@:regex(^ab$)}", "v{@}", "{@}.{@file}", "{**@}", "{**@:alpha}"];
    private static readonly string[] Hosts = ["a.example.com", "*.example.com", "b.example.com", "a.example.com:80", "a.example.com:81", "a.example.com:*", "*", "*:80"];
    private static readonly string[] Methods = ["GET", "POST", "get"];

    [Fact]
    public void Routing_and_the_rule_agree_on_every_pair_of_routes()
    {
        var route =
            from path in Paths
            from hosts in Some(Hosts)
            from methods in Some(Methods)
            from headers in Some<RouteHeader>([Header(HeaderMatchMode.Exists), Header(HeaderMatchMode.NotExists), Header(HeaderMatchMode.ExactHeader, "1"), Header(HeaderMatchMode.ExactHeader, "2", "12"), Header(HeaderMatchMode.HeaderPrefix, "1"), Header(HeaderMatchMode.Contains, "2"), Header(HeaderMatchMode.NotContains, "2")])
            from queries in Some<RouteQueryParameter>([Query(QueryParameterMatchMode.Exists), Query(QueryParameterMatchMode.Exact, "1"), Query(QueryParameterMatchMode.Exact, "2"), Query(QueryParameterMatchMode.Prefix, "1"), Query(QueryParameterMatchMode.NotContains, "1")])
            from order in Gen.Frequency((5, Gen.Constant(0)), (1, Gen.Constant(1)))
            select new RouteConfig { ClusterId = "c", Order = order, Match = new() { Path = path, Hosts = hosts, Methods = methods?.DistinctBy(m => m.ToUpperInvariant()).ToArray(), Headers = headers, QueryParameters = queries } };

        // Two that have nothing in common are many; so the second takes after the first in most things.
        var pair =
            from a in route
            from other in route
            from same in Gen.ArrayOf(Gen.Frequency((3, Gen.Constant(true)), (1, Gen.Constant(false))), 6)
            select (A: a with { RouteId = "a" }, B: new RouteConfig
            {
                RouteId = "b",
                ClusterId = "c",
                Order = same[0] ? a.Order : other.Order,
                Match = new()
                {
                    Path = same[1] ? a.Match.Path : other.Match.Path,
                    Hosts = same[2] ? a.Match.Hosts : other.Match.Hosts,
                    Methods = same[3] ? a.Match.Methods : other.Match.Methods,
                    Headers = same[4] ? a.Match.Headers : other.Match.Headers,
                    QueryParameters = same[5] ? a.Match.QueryParameters : other.Match.QueryParameters,
                },
            });

        Law.Holds(pair, routes =>
        {
            var errors = Errors(routes.A, routes.B);
            var examples = errors.Select(e => Regex.Match(e, "such as (.*), and").Groups[1].Value).ToArray();

            var routing = new RealRouting(routes.A, routes.B);

            var ambiguous = Requests(examples, routes.A.Match, routes.B.Match).FirstOrDefault(routing.IsAmbiguous);
            Assert.True(errors.Length > 0 == ambiguous is not null, JsonSerializer.Serialize(new { routes.A, routes.B, ambiguous, errors }));
        }, 200);
    }

    [Theory]
    [InlineData("/a/{x}", "/a/{y}", true)]
    [InlineData("/a/{x:int}", "/a/{x:long}", true)]
    [InlineData("/a/{x:int}", "/a/{x:alpha}", false)]
    [InlineData("/a/{x:guid}", "/a/{x:length(36)}", true)]
    [InlineData("/a/{x:datetime}", "/a/{x:minlength(10)}", true)]
    [InlineData("/a/{x:range(1,10)}", "/a/{x:range(10,20)}", true)]
    [InlineData("/a/{x:range(1,9)}", "/a/{x:range(10,20)}", false)]
    [InlineData("/a/{x:bool}", "/a/{x:alpha}", true)]
    [InlineData("/a/{x}", "/a/{x:int}", false)]
    [InlineData("/a/{x:regex(^(cat|dog)$)}", "/a/{x:regex(^(dog|cow)$)}", true)]
    [InlineData("/A/b/", "/a/B", true)]
    [InlineData("/a/{**x}", "/a/{*y}", true)]
    [InlineData("/a/{**x}", "/a/{x}", false)]
    [InlineData("/a", "/a/{x?}", false)]
    [InlineData("/", "/", true)]
    [InlineData("/a/{x}.{y}", "/a/{x:file}", true)]
    public void Paths_that_can_be_one_are_found(string one, string other, bool conflict) =>
        Assert.Equal(conflict, Errors(Route("a", one), Route("b", other)).Length > 0);

    [Fact]
    public void Conflict_is_told_with_an_example_and_whatever_the_policies_are() =>
        Assert.Equal(
            ["ReverseProxy:Routes:a and b answer the same requests, such as /orders/1, and nothing puts one before the other: they would fail. Give them different Match or Order, or make them one route."],
            Errors(Route("a", "/orders/{x:int}") with { AuthorizationPolicy = "anonymous" }, Route("b", "/orders/{id:long}") with { AuthorizationPolicy = "anonymous" }));

    // ASP.NET gives a request for b.example.com to the route of *.a.example.com, if its path is the more specific one.
    [Theory]
    [InlineData("*.a.example.com", "*.example.com", true)]
    [InlineData("*.b.a.example.com", "*.example.com:*", true)]
    [InlineData("*.a.example.com:80", "*.example.com:80", true)]
    [InlineData("*.a.example.com:80", "*.example.com", false)]
    [InlineData("*.aexample.com", "*.example.com", false)]
    [InlineData("a.example.com", "*.example.com", false)]
    public void Wildcards_within_wildcards_are_refused(string narrow, string wide, bool refused) =>
        Assert.Equal(refused, Errors(Route("a", "/x", narrow), Route("b", "/{**rest}", wide)).Length > 0);

    // Here routing does not throw: it takes either.
    [Fact]
    public void Hosts_that_differ_only_in_case_are_one() =>
        Assert.NotEmpty(Errors(Route("a", "/x", "A.example.com"), Route("b", "/x", "a.example.com")));

    [Fact]
    public void Ten_thousand_routes_are_compared_in_a_moment() =>
        Assert.Empty(Errors([.. Enumerable.Range(0, 10_000).Select(i => Route($"r{i}", i % 2 == 0 ? $"/service{i}/{{id:int}}" : "/{**rest}", i % 2 == 0 ? [] : [$"tenant{i}.example.com"]))]));

    private static RouteConfig Route(string id, string? path, params string[] hosts) =>
        new() { RouteId = id, ClusterId = "c", Match = new() { Path = path, Hosts = hosts.Length > 0 ? hosts : path is null ? ["*"] : null } };

    private static string[] Errors(params RouteConfig[] routes) =>
        [.. RouteConflicts.Errors(new() { Routes = routes.ToDictionary(r => r.RouteId) }, routes.ToDictionary(r => r.RouteId, r => RoutePath.TryParse(r.Match.Path, RealRouting.Constraints, out _)!))];

    private static IEnumerable<RealRouting.Request> Requests(string[] examples, RouteMatch a, RouteMatch b) =>
        from path in Texts.SelectMany(first => Texts.Select(second => $"/{first}/{second}")).Concat(Texts.Select(text => "/" + text)).Concat(examples).Append("/")
        from host in a.Hosts is null && b.Hosts is null ? (string[])["other.example"] : ["a.example.com", "a.example.com:81", "a.example.com:82", "b.example.com", "c.example.com", "c.example.com:82", "other.example", "other.example:82"]
        from method in a.Methods is null && b.Methods is null ? (string[])["GET"] : ["GET", "POST", "PUT"]
        from header in a.Headers is null && b.Headers is null ? [null] : (string?[])[null, "1", "2", "12", "x"]
        from query in a.QueryParameters is null && b.QueryParameters is null ? [null] : (string?[])[null, "1", "2", "12", "x"]
        select new RealRouting.Request(path, host, method, header, query);

    private static Gen<string> Paths =>
        from count in Gen.Choose(0, 2)
        from segments in Gen.ArrayOf(Gen.Elements(Segments), count)
        where segments.Take(count - 1).All(s => !s.Contains('?') && !s.Contains('*'))      // only the last may be left out
        select "/" + string.Join('/', segments.Select((s, i) => s.Replace("@", "p" + i)));

    private static Gen<T[]?> Some<T>(T[] all) => Gen.Frequency(
        (3, Gen.Constant<T[]?>(null)),
        (1, Gen.Elements(all).Select(one => (T[]?)[one])),
        (1, Gen.ArrayOf(Gen.Elements(all), 2).Select(two => (T[]?)two.Distinct().ToArray())));

    private static RouteHeader Header(HeaderMatchMode mode, params string[] values) => new() { Name = "X", Mode = mode, Values = values.Length > 0 ? values : null };

    private static RouteQueryParameter Query(QueryParameterMatchMode mode, params string[] values) => new() { Name = "q", Mode = mode, Values = values.Length > 0 ? values : null };
}
