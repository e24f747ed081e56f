using Gateway.Routes;
using Gateway.Sessions;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.UnitTests.Routes;

/// <summary>What a policy says arrives at the routes that name it, and nowhere else.</summary>
public sealed class RoutePoliciesTests
{
    [Fact]
    public void A_policy_may_want_fresher_news_of_ended_sessions_than_the_rest()
    {
        var policies = Policies(
            ("Gateway:Policies:payments:Roles:0", "finance"), ("Gateway:Policies:payments:MaxStaleness", "00:00:02"), ("Gateway:Policies:payments:OnStale", "Deny"),
            ("ReverseProxy:Routes:payments:AuthorizationPolicy", "payments"));

        Assert.Equal((TimeSpan.FromSeconds(2), OnStale.Deny), (policies["payments"].MaxStaleness, policies["payments"].OnStale));
    }

    [Fact]
    public void A_policy_with_visitors_may_go_on_with_old_news()
    {
        var policies = Policies(
            ("Gateway:Policies:welcome:Anonymous", "true"), ("Gateway:Policies:welcome:OnStale", "Allow"),
            ("ReverseProxy:Routes:front:AuthorizationPolicy", "welcome"));

        Assert.Equal((null, OnStale.Allow), (policies["front"].MaxStaleness, policies["front"].OnStale));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("anonymous")]
    [InlineData("staff")]
    public void Where_a_policy_does_not_say_it_is_as_everywhere(string? policy)
    {
        var policies = Policies(("Gateway:Policies:staff:Roles:0", "staff"), ("Gateway:Policies:staff:MaxStaleness", null), ("ReverseProxy:Routes:orders:AuthorizationPolicy", policy));

        Assert.Equal((null, null), (policies["orders"].MaxStaleness, policies["orders"].OnStale));
    }

    [Theory]
    [InlineData("authenticated", true)]
    [InlineData("role:user", true)]
    [InlineData("role:staff", false)]
    [InlineData("role:staff|user", true)]
    [InlineData("role:user mfa", false)]
    [InlineData("scope:orders", false)]
    [InlineData("network:0.0.0.0/0", false)]
    [InlineData("anonymous", false)] // open to anybody, and said elsewhere
    [InlineData("either", true)]
    [InlineData("both", false)]
    [InlineData("others", true)]
    [InlineData("strangers", false)]
    [InlineData("watched", true)]
    public void Routes_that_a_new_account_can_reach_are_known(string policy, bool isOpen)
    {
        var policies = Policies(
            ("Gateway:Policies:either:AnyOf:0", "scope:orders"), ("Gateway:Policies:either:AnyOf:1:Roles:0", "user"),
            ("Gateway:Policies:both:AllOf:0", "scope:orders"), ("Gateway:Policies:both:AllOf:1:Roles:0", "user"),
            ("Gateway:Policies:others:Not", "role:staff"), ("Gateway:Policies:strangers:Not", "role:user"),
            ("Gateway:Policies:watched:Roles:0", "staff"), ("Gateway:Policies:watched:Shadow", "true"),
            ("ReverseProxy:Routes:r:AuthorizationPolicy", policy));

        Assert.Equal(isOpen ? ["r"] : [], policies.OpenToNewcomers(["user"]));
    }

    private static RoutePolicies Policies(params (string Key, string? Value)[] settings)
    {
        var routes = settings.Where(s => s.Key.StartsWith("ReverseProxy:Routes:", StringComparison.Ordinal)).Select(s => s.Key[..s.Key.LastIndexOf(':')]).Distinct();
        var rest = routes.SelectMany(route => new (string Key, string? Value)[] { (route + ":ClusterId", "c"), (route + ":Match:Path", "/") }).Append((Key: "ReverseProxy:Clusters:c:Destinations:d:Address", Value: "http://127.0.0.1:9"));
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(settings.Concat(rest).Select(s => KeyValuePair.Create(s.Key, s.Value))).Build();
        return new ServiceCollection().AddGateway().AddSingleton<IConfiguration>(configuration)
            .BuildServiceProvider().GetRequiredService<Rulebooks>().Current.Policies;
    }
}
