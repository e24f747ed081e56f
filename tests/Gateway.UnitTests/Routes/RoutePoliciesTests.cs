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

    private static RoutePolicies Policies(params (string Key, string? Value)[] settings)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(settings.Select(s => KeyValuePair.Create(s.Key, s.Value))).Build();
        return new ServiceCollection().AddGateway().AddSingleton<IConfiguration>(configuration)
            .BuildServiceProvider().GetRequiredService<Rulebooks>().Current.Policies;
    }
}
