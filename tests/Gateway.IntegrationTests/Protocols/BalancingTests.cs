using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Yarp.ReverseProxy.Health;

namespace Gateway.IntegrationTests.Protocols;

/// <summary>Two destinations behind each route. What one says, and whether it is well, the tests decide.</summary>
public sealed class BalancedGateway : TestGateway
{
    public KestrelBackend One { get; } = new();

    public KestrelBackend Two { get; } = new();

    /// <summary>Where nothing listens until a test starts something there.</summary>
    internal LoopbackPort Absent { get; } = new();

    protected override void Configure(SettingsFile settings)
    {
        foreach (var (name, server) in new[] { ("one", One), ("two", Two) })
            foreach (var path in new[] { "round", "power", "sticky", "active", "passive" })
                server.Answer($"/{path}/who", http => http.Response.WriteAsync($"{name} {http.Request.Headers["X-User-Name"]}"));

        Cluster("round", new() { ["LoadBalancingPolicy"] = "RoundRobin" }, Two.Url);
        Cluster("power", new() { ["LoadBalancingPolicy"] = "PowerOfTwoChoices" }, Two.Url);
        Cluster("sticky", JsonNode.Parse("""{ "LoadBalancingPolicy": "RoundRobin", "SessionAffinity": { "Enabled": true, "Policy": "HashCookie", "AffinityKeyName": "sticky" } }""")!.AsObject(), Two.Url);
        Cluster("protected", JsonNode.Parse("""{ "LoadBalancingPolicy": "RoundRobin", "SessionAffinity": { "Enabled": true, "Policy": "Cookie", "AffinityKeyName": "protected" } }""")!.AsObject(), Two.Url);
        Cluster("active", JsonNode.Parse("""
            { "LoadBalancingPolicy": "RoundRobin", "HealthCheck": { "Active": { "Enabled": true, "Interval": "00:00:00.1", "Timeout": "00:00:05", "Policy": "ConsecutiveFailures", "Path": "/health" } },
              "Metadata": { "ConsecutiveFailuresHealthPolicy.Threshold": "2" } }
            """)!.AsObject(), Two.Url);
        Cluster("passive", JsonNode.Parse("""
            { "LoadBalancingPolicy": "RoundRobin", "HealthCheck": { "Passive": { "Enabled": true, "Policy": "TransportFailureRate", "ReactivationPeriod": "00:00:01" } },
              "Metadata": { "TransportFailureRateHealthPolicy.RateLimit": "0.1" } }
            """)!.AsObject(), new($"http://127.0.0.1:{Absent}/"));

        void Cluster(string name, JsonObject cluster, Uri second)
        {
            settings.Set($"ReverseProxy:Clusters:{name}", cluster).Destination(name, One.Url).Set($"ReverseProxy:Clusters:{name}:Destinations:two:Address", second.ToString());
            settings.Route(name, $"/{name}/{{**rest}}").Set($"ReverseProxy:Routes:{name}:ClusterId", name);
        }
    }

    // YARP never takes a destination back before its window of a minute has gone by.
    protected override void Replace(IServiceCollection services) =>
        services.Configure<TransportFailureRateHealthPolicyOptions>(policy => (policy.DetectionWindowSize, policy.MinimalTotalCountThreshold) = (TimeSpan.FromSeconds(2), 1));

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await One.DisposeAsync();
        await Two.DisposeAsync();
        Absent.Dispose();
        GC.SuppressFinalize(this);
    }
}

/// <summary>YARP's choice of a destination works behind the gate.</summary>
public sealed class BalancingTests(BalancedGateway gateway) : GatewayTests<BalancedGateway>(gateway)
{
    [Fact]
    public async Task Round_robin_alternates()
    {
        var anna = await gateway.KeptAsync("anna");
        await anna.GetStringAsync("/round/who");

        var answers = await AskAsync(anna, "/round/who", 20);

        Assert.Equal(10, answers.Count(answer => answer == "one anna"));
        Assert.Equal(10, answers.Count(answer => answer == "two anna"));
        Assert.All(answers.Zip(answers.Skip(1)), pair => Assert.NotEqual(pair.First, pair.Second));
    }

    [Fact]
    public async Task Power_of_two_choices_uses_both()
    {
        var anna = await gateway.KeptAsync("anna");

        var answers = await AskAsync(anna, "/power/who", 100);

        Assert.Equal(["one anna", "two anna"], answers.Distinct().Order());
    }

    [Fact]
    public async Task Refused_request_takes_no_turn()
    {
        var anna = await gateway.KeptAsync("anna");
        var first = await anna.GetStringAsync("/round/who");

        await (await gateway.Anonymous().GetAsync("/round/who")).AssertRefusedAsync(401, "token_missing");
        var second = await anna.GetStringAsync("/round/who");

        Assert.NotEqual(first, second);
    }

    [Theory]
    [InlineData("sticky")]
    [InlineData("protected")]
    public async Task Session_affinity_holds_a_client_to_one_destination(string cluster)
    {
        var anna = await gateway.KeptAsync("anna");
        gateway.One.Answer($"/{cluster}/who", http => http.Response.WriteAsync("one"));
        gateway.Two.Answer($"/{cluster}/who", http => http.Response.WriteAsync("two"));

        for (var client = 0; client < 4; client++)
        {
            using var first = await anna.GetAsync($"/{cluster}/who");
            var chosen = await first.Content.ReadAsStringAsync();
            var cookie = Assert.Single(first.Headers.GetValues("Set-Cookie")).Split(';')[0];
            for (var i = 0; i < 5; i++)
            {
                using var again = await anna.SendAsync(new(HttpMethod.Get, $"/{cluster}/who") { Headers = { { "Cookie", cookie } } });
                Assert.Equal(chosen, await again.Content.ReadAsStringAsync());
            }
        }
    }

    [Fact]
    public async Task Destination_that_fails_its_health_check_is_left_out_until_it_is_well()
    {
        var anna = await gateway.KeptAsync("anna");
        await Eventually.IsAsync(() => AskAsync(anna, "/active/who", 4), answers => answers.Distinct().Count() == 2);

        gateway.Two.Answer("/health", http =>
        {
            http.Response.StatusCode = 503;
            return Task.CompletedTask;
        });
        await Eventually.IsAsync(() => AskAsync(anna, "/active/who", 4), answers => answers.All(answer => answer == "one anna"));
        Assert.All(await AskAsync(anna, "/active/who", 20), answer => Assert.Equal("one anna", answer));

        gateway.Two.Answer("/health", http => http.Response.WriteAsync("well"));
        await Eventually.IsAsync(() => AskAsync(anna, "/active/who", 4), answers => answers.Distinct().Count() == 2);
    }

    [Fact]
    public async Task Destination_that_refuses_connections_is_left_out_and_tried_again()
    {
        var anna = await gateway.KeptAsync("anna");

        await Eventually.IsAsync(async () => (await anna.GetAsync("/passive/who")).StatusCode, status => status is HttpStatusCode.BadGateway);
        Assert.All(await AskAsync(anna, "/passive/who", 10), answer => Assert.Equal("one anna", answer));

        // It is given another chance, fails again, and is out again.
        await Eventually.IsAsync(async () => (await anna.GetAsync("/passive/who")).StatusCode, status => status is HttpStatusCode.BadGateway);
        Assert.All(await AskAsync(anna, "/passive/who", 10), answer => Assert.Equal("one anna", answer));
    }

    private static async Task<string[]> AskAsync(Caller caller, string path, int times)
    {
        var answers = new string[times];
        for (var i = 0; i < times; i++)
            answers[i] = await caller.GetStringAsync(path);
        return answers;
    }
}
