using Gateway.Routes;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Yarp.ReverseProxy.Configuration;

namespace Gateway.UnitTests.Routes;

/// <summary>What is worth a look is said, and nothing that is not so.</summary>
public sealed class RouteRemarksTests
{
    [Theory]
    [InlineData("/admin/{**rest}", "role:admin", "/admin/reports/{**rest}", "anonymous", "ReverseProxy:Routes:b: '/admin/reports/{**rest}' lies within '/admin/{**rest}' of a and is more open: anonymous instead of role: admin. Make sure that this is meant.")]
    [InlineData("/admin/{**rest}", "role:admin", "/ADMIN/reports", "authenticated", "ReverseProxy:Routes:b: '/ADMIN/reports' lies within '/admin/{**rest}' of a and is more open: authenticated instead of role: admin. Make sure that this is meant.")]
    [InlineData("/admin/{**rest}", "role:admin scope:x", "/admin/{id}/x", "role:admin", "ReverseProxy:Routes:b: '/admin/{id}/x' lies within '/admin/{**rest}' of a and is more open: role: admin instead of (role: admin) and (scope: x). Make sure that this is meant.")]
    [InlineData("/{**rest}", "role:admin", "/public/{**rest}", "anonymous", "ReverseProxy:Routes:b: '/public/{**rest}' lies within '/{**rest}' of a and is more open: anonymous instead of role: admin. Make sure that this is meant.")]
    [InlineData("/app/{**rest}", "authenticated", "/app/css/{**rest}", "anonymous", "ReverseProxy:Routes:b: '/app/css/{**rest}' lies within '/app/{**rest}' of a and is more open: anonymous instead of authenticated. Make sure that this is meant.")]
    [InlineData("/{**rest}", "authenticated", "/public/{**rest}", "anonymous", null)]
    [InlineData("/admin/{**rest}", "role:admin", "/admin/reports", "role:admin", null)]
    [InlineData("/admin/{**rest}", "role:admin", "/admin/reports", "role:auditor", null)]
    [InlineData("/admin/{**rest}", "role:admin", "/administration", "anonymous", null)]
    [InlineData("/admin/{**rest}", "role:admin", "/admin", "anonymous", "ReverseProxy:Routes:b: '/admin' lies within '/admin/{**rest}' of a and is more open: anonymous instead of role: admin. Make sure that this is meant.")]
    [InlineData("/admin/{**rest}", "anonymous", "/admin/reports", "role:admin", null)]
    [InlineData("/admin/{id}", "role:admin", "/admin/reports", "anonymous", null)]
    [InlineData("/admin/{**rest:int}", "role:admin", "/admin/1", "anonymous", null)]
    public void A_route_more_open_than_the_one_around_it(string around, string policy, string within, string inner, string? remark) =>
        Assert.Equal(remark is null ? [] : [remark], Remarks(("a", around, policy, null), ("b", within, inner, null)));

    [Theory]
    [InlineData("/shop/{**rest}", "/shop/cart", "ReverseProxy:Routes:b: no request reaches it, since a ('/shop/{**rest}', Order -1) takes all of them first. Remove it, or give it a lower Order.")]
    [InlineData("/{**rest}", "/{id}", "ReverseProxy:Routes:b: no request reaches it, since a ('/{**rest}', Order -1) takes all of them first. Remove it, or give it a lower Order.")]
    [InlineData("/shop/{id:int}", "/SHOP/{id:int}", "ReverseProxy:Routes:b: no request reaches it, since a ('/shop/{id:int}', Order -1) takes all of them first. Remove it, or give it a lower Order.")]
    [InlineData("/shop/{**rest}", "/shopping", null)]
    [InlineData("/shop/{id}", "/shop/cart", null)]
    public void A_route_that_no_request_reaches(string first, string hidden, string? remark) =>
        Assert.Equal(remark is null ? [] : [remark], Remarks(("a", first, "authenticated", -1), ("b", hidden, "authenticated", null)));

    [Fact]
    public void What_nobody_uses_and_what_only_watches()
    {
        var remarks = Remarks([("a", "/a", "watch", null)],
            ("Gateway:Policies:watch:Shadow", "true"), ("Gateway:Policies:watch:AnyOf:0", "inner"), ("Gateway:Policies:inner:Roles:0", "x"), ("Gateway:Policies:old:Roles:0", "x"),
            ("Gateway:Timeouts:slow", "00:00:01"), ("Gateway:RateLimits:few:Permits", "1"), ("Gateway:RateLimits:few:Window", "00:00:01"), ("Gateway:Cors:app:Origins:0", "https://a.example"));

        Assert.Equal(
            [
                "ReverseProxy:Routes:a: its policy watch only watches (Shadow): everybody passes.",
                "Gateway:Policies:old: nobody uses it. Remove it, or name it where it was meant.",
                "Gateway:Cors:app: nobody uses it. Remove it, or name it where it was meant.",
                "Gateway:RateLimits:few: nobody uses it. Remove it, or name it where it was meant.",
                "Gateway:Timeouts:slow: nobody uses it. Remove it, or name it where it was meant.",
            ], remarks);
    }

    [Fact]
    public void Ten_thousand_routes_are_looked_at() =>
        Assert.Equal(5000, Remarks([.. Enumerable.Range(0, 5000).SelectMany(i => new[] { ($"a{i}", $"/s{i}/{{**rest}}", "role:admin", (int?)null), ($"b{i}", $"/s{i}/x", "anonymous", null) })]).Count);

    // Whatever is called unreachable is never reached, asked of ASP.NET's and YARP's own routing.
    [Fact]
    public void No_route_is_called_unreachable_that_a_request_reaches()
    {
        string[] paths = ["/", "/a", "/a/b", "/a/{**rest}", "/{**rest}", "/{x}", "/a/{x}", "/a/b/{**rest}", "/{x}/b"];
        var routes = Gen.ArrayOf(from path in Gen.Elements(paths) from order in Gen.Choose(-1, 1) from method in Gen.Elements(null, "GET", "POST") select (path, order, method), 4);

        Law.Holds(routes, made =>
        {
            var distinct = made.DistinctBy(route => (route.path, route.order, route.method)).Index().ToArray();
            var settings = distinct.Where(route => route.Item.method is not null).Select(route => ($"ReverseProxy:Routes:r{route.Index}:Match:Methods:0", route.Item.method!)).ToArray();
            var hidden = Remarks([.. distinct.Select(route => ($"r{route.Index}", route.Item.path, "authenticated", (int?)route.Item.order))], settings)
                .Where(remark => remark.Contains("no request reaches it")).Select(remark => remark.Split(':')[2]).ToHashSet();
            var routing = new RealRouting([.. distinct.Select(route => new RouteConfig
            {
                RouteId = $"r{route.Index}", ClusterId = "c", Order = route.Item.order, Match = new() { Path = route.Item.path, Methods = route.Item.method is { } method ? [method] : null },
            })]);

            foreach (var path in (string[])["/", "/a", "/b", "/a/b", "/a/c", "/c/b", "/a/b/c", "/x/y/z"])
            {
                foreach (var method in (string[])["GET", "POST", "PUT"])
                    Assert.DoesNotContain(routing.Find(new(path, Method: method)) ?? "", hidden);
            }
        });
    }

    private static IReadOnlyList<string> Remarks(params (string Id, string Path, string Policy, int? Order)[] routes) => Remarks(routes, []);

    private static IReadOnlyList<string> Remarks((string Id, string Path, string Policy, int? Order)[] routes, params (string Key, string Value)[] more)
    {
        var settings = routes.SelectMany(route => new (string Key, string? Value)[]
        {
            ($"ReverseProxy:Routes:{route.Id}:ClusterId", "c"), ($"ReverseProxy:Routes:{route.Id}:Match:Path", route.Path), ($"ReverseProxy:Routes:{route.Id}:AuthorizationPolicy", route.Policy),
            ($"ReverseProxy:Routes:{route.Id}:Order", FormattableString.Invariant($"{route.Order ?? 0}")),
        }).Append(("ReverseProxy:Clusters:c:Destinations:d:Address", "http://127.0.0.1:9")).Concat(more.Select(setting => (setting.Key, (string?)setting.Value)));
        var configuration = Gateway.Platform.Configuration.SettingsTree.Flat(settings.Select(setting => KeyValuePair.Create(setting.Item1, setting.Item2)));
        return RouteRemarks.Of(new ServiceCollection().AddGateway().AddSingleton<IConfiguration>(configuration).BuildServiceProvider().GetRequiredService<Rulebooks>().Current);
    }
}
