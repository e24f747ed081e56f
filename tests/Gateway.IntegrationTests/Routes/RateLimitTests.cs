using System.Net.WebSockets;

namespace Gateway.IntegrationTests.Routes;

/// <summary>Gateway:RateLimits: who asks for too much is told so, and nobody else notices.</summary>
public sealed class LimitedGateway : TestGateway
{
    protected override void Configure(SettingsFile settings)
    {
        settings.Set("Gateway:RateLimits", JsonNode.Parse("""
            {
              "bucket":  { "Kind": "TokenBucket",   "Permits": 2, "Window": "01:00:00" },
              "fixed":   { "Kind": "FixedWindow",   "Permits": 2, "Window": "01:00:00" },
              "sliding": { "Kind": "SlidingWindow", "Permits": 2, "Window": "01:00:00" },
              "address": { "Kind": "FixedWindow",   "Permits": 2, "Window": "01:00:00", "By": "Address" },
              "route":   { "Kind": "FixedWindow",   "Permits": 2, "Window": "01:00:00", "By": "Route" },
              "one":     { "Kind": "Concurrency",   "Permits": 1 },
              "waiting": { "Kind": "Concurrency",   "Permits": 1, "Queue": 1, "By": "Route" },
              "line":    { "Kind": "Concurrency",   "Permits": 1, "Queue": 1, "By": "Route" },
              "queue":   { "Kind": "Concurrency",   "Permits": 1, "Queue": 1, "By": "Route" }
            }
            """));
        foreach (var limit in (string[])["bucket", "fixed", "sliding", "address", "route", "one", "waiting", "line", "queue"])
            settings.Route(limit, $"/{limit}/{{**rest}}").Set($"ReverseProxy:Routes:{limit}:RateLimiterPolicy", limit);
        settings.Route("free", "/free/{**rest}", "anonymous").Set("ReverseProxy:Routes:free:RateLimiterPolicy", "fixed");
        settings.Route("staff", "/staff/{**rest}", "role:staff").Set("ReverseProxy:Routes:staff:RateLimiterPolicy", "route");
    }
}

public sealed class RateLimitTests(LimitedGateway gateway) : GatewayTests<LimitedGateway>(gateway)
{
    private readonly LimitedGateway gateway = gateway;

    [Theory]
    [InlineData("bucket")]
    [InlineData("fixed")]
    [InlineData("sliding")]
    public async Task One_more_than_that_is_refused_for_this_user_alone(string kind)
    {
        var (bob, eve) = (await gateway.KeptAsync("bob"), await gateway.KeptAsync("eve"));
        for (var i = 0; i < 2; i++)
            Assert.Equal(HttpStatusCode.OK, (await bob.GetAsync($"/{kind}/{i}")).StatusCode);
        gateway.Backend.Forget();

        var refused = await bob.GetAsync($"/{kind}/more");

        await refused.AssertRefusedAsync(429, "rate_limited");
        Assert.InRange(refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 3600);
        Assert.Empty(gateway.Backend.Requests);
        Assert.Equal(HttpStatusCode.OK, (await eve.GetAsync($"/{kind}/1")).StatusCode);
    }

    [Fact]
    public async Task By_address_two_users_share_and_another_address_does_not()
    {
        var (bob, eve) = (await gateway.KeptAsync("bob"), await gateway.KeptAsync("eve"));
        await bob.GetAsync("/address/1");
        await eve.GetAsync("/address/2");
        await (await eve.GetAsync("/address/3")).AssertRefusedAsync(429, "rate_limited");

        using var elsewhere = Caller.At(IPAddress.Parse("127.0.0.9"), gateway.Url);
        elsewhere.DefaultRequestHeaders.Add("Authorization", "Bearer " + bob.Session.AccessToken);
        Assert.Equal(HttpStatusCode.OK, (await elsewhere.GetAsync("/address/4")).StatusCode);
    }

    [Fact]
    public async Task By_route_all_share_but_who_is_refused_by_the_policy_costs_nothing()
    {
        var (bob, eve) = (await gateway.KeptAsync("bob"), await gateway.KeptAsync("eve"));
        for (var i = 0; i < 5; i++)
            await (await bob.GetAsync("/staff/1")).AssertRefusedAsync(403, "policy_denied");

        await bob.GetAsync("/route/1");
        await eve.GetAsync("/route/2");

        await (await bob.GetAsync("/route/3")).AssertRefusedAsync(429, "rate_limited");
    }

    [Fact]
    public async Task Who_is_not_signed_in_counts_by_address()
    {
        using var anybody = gateway.Anonymous();
        await anybody.GetAsync("/free/1");
        await anybody.GetAsync("/free/2");

        await (await anybody.GetAsync("/free/3")).AssertRefusedAsync(429, "rate_limited");
    }

    [Fact]
    public async Task A_place_is_free_again_when_the_exchange_or_the_websocket_is_over()
    {
        var bob = await gateway.KeptAsync("bob");
        using (var socket = new ClientWebSocket())
        {
            socket.Options.SetRequestHeader("Authorization", "Bearer " + bob.Session.AccessToken);
            await socket.ConnectAsync(new UriBuilder(new Uri(gateway.Url, "/one/ws")) { Scheme = "ws" }.Uri, TestContext.Current.CancellationToken);
            await (await bob.GetAsync("/one/1")).AssertRefusedAsync(429, "rate_limited");
            await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, TestContext.Current.CancellationToken);
        }

        await Eventually.IsAsync(() => bob.GetAsync("/one/2"), answer => answer.StatusCode == HttpStatusCode.OK);
        Assert.Equal(HttpStatusCode.OK, (await bob.GetAsync("/one/3")).StatusCode);
    }

    [Fact]
    public async Task One_may_wait_and_who_leaves_gives_up_the_place()
    {
        var bob = await gateway.KeptAsync("bob");
        var (arrived, goOn) = (new TaskCompletionSource(), new TaskCompletionSource());
        gateway.Backend.Answer("/waiting/slow", async (_, stream) =>
        {
            arrived.TrySetResult();
            await goOn.Task;
            await stream.WriteAsync("HTTP/1.1 204 No Content\r\n\r\n"u8.ToArray());
        });
        var slow = bob.GetAsync("/waiting/slow");
        await arrived.Task;

        using var leaving = new CancellationTokenSource();
        var leaver = bob.GetAsync("/waiting/1", leaving.Token);
        await Task.Delay(500, TestContext.Current.CancellationToken);
        await (await bob.GetAsync("/waiting/2")).AssertRefusedAsync(429, "rate_limited");
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaver);
        await Task.Delay(100, TestContext.Current.CancellationToken);
        var waiter = bob.GetAsync("/waiting/3");
        goOn.SetResult();

        Assert.Equal(HttpStatusCode.NoContent, (await slow).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await waiter).StatusCode);
        Assert.DoesNotContain(gateway.Backend.Requests, request => request.Target == "/waiting/1");
    }

    [Fact]
    public async Task Session_that_ended_while_it_waited_for_its_turn_never_reaches_the_backend()
    {
        var (anna, bob) = (await gateway.KeptAsync("anna"), await gateway.SignInAsync("bob"));
        var (arrived, goOn) = (new TaskCompletionSource(), new TaskCompletionSource());
        gateway.Backend.Answer("/line/slow", async (_, stream) =>
        {
            arrived.TrySetResult();
            await goOn.Task;
            await stream.WriteAsync("HTTP/1.1 204 No Content\r\n\r\n"u8.ToArray());
        });
        var slow = anna.GetAsync("/line/slow");
        await arrived.Task;
        var waiter = bob.GetAsync("/line/bob");
        await Task.Delay(500, TestContext.Current.CancellationToken);      // it is in line by then; nobody else may ask meanwhile, who could be there first
        await (await anna.GetAsync("/line/full")).AssertRefusedAsync(429, "rate_limited");

        await bob.PostAsync("/auth/logout", null);
        await bob.AssertEndedAsync();
        goOn.SetResult();

        await (await waiter).AssertRefusedAsync(401, "token_revoked");
        Assert.Equal(HttpStatusCode.NoContent, (await slow).StatusCode);
        Assert.DoesNotContain(gateway.Backend.Requests, request => request.Target == "/line/bob");
        Assert.Equal(HttpStatusCode.OK, (await anna.GetAsync("/line/free")).StatusCode);
    }

    [Fact]
    public async Task Who_has_changed_while_it_waited_for_its_turn_comes_as_whoever_it_is_now()
    {
        var (anna, karl) = (await gateway.KeptAsync("anna"), await gateway.SignInWithCookieAsync("karl"));
        var (arrived, goOn) = (new TaskCompletionSource(), new TaskCompletionSource());
        gateway.Backend.Answer("/queue/slow", async (_, stream) =>
        {
            arrived.TrySetResult();
            await goOn.Task;
            await stream.WriteAsync("HTTP/1.1 204 No Content\r\n\r\n"u8.ToArray());
        });
        var slow = anna.GetAsync("/queue/slow");
        await arrived.Task;
        var waiter = karl.GetAsync("/queue/karl");
        await Task.Delay(500, TestContext.Current.CancellationToken);

        (await gateway.RunAsync(["users", "set", "karl", "--role", "clerk"])).AssertSucceeded();
        await Eventually.IsAsync(async () =>
        {
            await karl.GetAsync("/orders/karl");
            return gateway.Backend.Requests.Last(request => request.Target == "/orders/karl").Headers["X-User-Roles"];
        }, roles => roles == "clerk");
        goOn.SetResult();

        Assert.Equal(HttpStatusCode.OK, (await waiter).StatusCode);
        Assert.Equal("clerk", gateway.Backend.Requests.Single(request => request.Target == "/queue/karl").Headers["X-User-Roles"]);
        await slow;
    }

    [Fact]
    public async Task What_was_counted_survives_a_reload_that_leaves_the_limit_as_it_was()
    {
        await using var own = await ReloadingGateway.StartAsync(settings => settings
            .Set("Gateway:RateLimits:one", JsonNode.Parse("""{ "Kind": "FixedWindow", "Permits": 1, "Window": "01:00:00" }""")).Set("ReverseProxy:Routes:open:RateLimiterPolicy", "one"));
        using var anybody = own.Anonymous();
        await anybody.GetAsync("/open/1");

        await own.ChangeAsync(settings => settings.Route("another", "/another"));
        await (await anybody.GetAsync("/open/2")).AssertRefusedAsync(429, "rate_limited");
        await own.ChangeAsync(settings => settings.Set("Gateway:RateLimits:one:Permits", 2));

        Assert.Equal(HttpStatusCode.OK, (await anybody.GetAsync("/open/3")).StatusCode);
    }
}
