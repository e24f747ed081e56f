using System.Net.Sockets;
using Gateway.Routes;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.IntegrationTests.Admin;

/// <summary>A gateway whose requests can be refused for every reason.</summary>
public sealed class RefusingGateway : TestGateway
{
    // Bound and never listening: nobody else can get this port meanwhile.
    private readonly Socket closed = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    private readonly RawBackend half = new(async connection =>
    {
        await connection.ReadHeadAsync();
        await connection.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhello");
        connection.Dispose();
    });

    public TestIssuer Issuer { get; } = new("https://id.example.com");

    protected override void Configure(SettingsFile settings)
    {
        closed.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        Folder.Write("id.jwks", TestIssuer.Jwks(Issuer));
        var entry = Issuer.Entry();
        entry["JwksFile"] = "id.jwks";
        settings
            .Trust(entry)
            .Set("Gateway:Policies:staff", new JsonObject { ["Roles"] = new JsonArray("staff") })
            .Set("Gateway:Policies:readers", new JsonObject { ["Scopes"] = new JsonArray("orders:read") })
            .Set("Gateway:Policies:welcome", new JsonObject { ["Anonymous"] = true })
            .Route("staff", "/staff/{**rest}", "staff")
            .Route("readers", "/readers/{**rest}", "readers")
            .Route("welcome", "/welcome/{**rest}", "welcome")
            .Destination("down", new($"http://{closed.LocalEndPoint}/"))
            .Route("down", "/down/{**rest}", "anonymous").Set("ReverseProxy:Routes:down:ClusterId", "down")
            .Destination("half", half.Url)
            .Route("half", "/half/{**rest}", "anonymous").Set("ReverseProxy:Routes:half:ClusterId", "half");
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await half.DisposeAsync();
        closed.Dispose();
        GC.SuppressFinalize(this);
    }
}

/// <summary>What became of a request is counted once, by its route and in the words of the catalogue.</summary>
public sealed class DecisionMetricsTests(RefusingGateway gateway) : GatewayTests<RefusingGateway>(gateway)
{
    private const int Often = 50;

    [Fact]
    public async Task Passed_request_is_counted_and_verified_once()
    {
        var anna = await gateway.SignInAsync("anna");
        var before = await NowAsync();

        for (var i = 0; i < 5; i++)
            await anna.GetAsync("/orders/1");

        var after = await Scrape.UntilAsync(gateway.ManagementUrl, now => Passed(now, "orders") >= Passed(before, "orders") + 5);
        Assert.Equal(5, Passed(after, "orders") - Passed(before, "orders"));
        Assert.Equal(4, after["gateway_identity_cache_hits_total"] - before["gateway_identity_cache_hits_total"]);
        Assert.Equal(1, after["gateway_identity_cache_misses_total"] - before["gateway_identity_cache_misses_total"]);
        Assert.InRange(after["gateway_identity_cache_size"], 1, 100);
        Assert.Equal(before["gateway_decisions_total", ("outcome", "refused")], after["gateway_decisions_total", ("outcome", "refused")]);
    }

    [Theory]
    [InlineData("open")]
    [InlineData("welcome")]
    public async Task Visitor_is_counted_as_one(string route)
    {
        var before = await NowAsync();

        await gateway.Anonymous().GetAsync($"/{route}/1");

        var after = await Scrape.UntilAsync(gateway.ManagementUrl, now => Anonymous(now) > Anonymous(before));
        Assert.Equal(1, Anonymous(after) - Anonymous(before));
        Assert.Equal(Passed(before, route), Passed(after, route));

        double Anonymous(Scrape scrape) => scrape["gateway_decisions_total", ("route", route), ("outcome", "anonymous"), ("reason", "")];
    }

    [Theory]
    [InlineData("orders", "token_missing")]
    [InlineData("orders", "invalid_request")]
    [InlineData("orders", "token_invalid")]
    [InlineData("orders", "token_revoked")]
    [InlineData("orders", "session_ended")]
    [InlineData("orders", "csrf_failed")]
    [InlineData("orders", "request_refused")]
    [InlineData("staff", "policy_denied")]
    [InlineData("readers", "insufficient_scope")]
    [InlineData("own", "token_missing")]
    [InlineData("own", "policy_denied")]
    [InlineData("own", "invalid_request")]
    [InlineData("own", "invalid_credentials")]
    [InlineData("own", "route_not_found")]
    [InlineData("own", "request_refused")]
    [InlineData("none", "route_not_found")]
    [InlineData("none", "request_refused")]
    public async Task Refusal_is_counted_once_by_route_and_reason(string route, string reason)
    {
        var ask = await PrepareAsync(route, reason);
        var before = await NowAsync();

        var answer = await ask();

        Assert.Equal(reason, (string?)JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["code"]);
        var after = await Scrape.UntilAsync(gateway.ManagementUrl, now => Refused(now) > Refused(before));
        Assert.Equal(1, Refused(after) - Refused(before));
        Assert.Equal(1, after["gateway_decisions_total"] - before["gateway_decisions_total"]);
        Assert.Empty(gateway.Backend.Requests);

        double Refused(Scrape scrape) => scrape["gateway_decisions_total", ("route", route), ("outcome", "refused"), ("reason", reason)];
    }

    [Fact]
    public async Task Identity_that_is_refused_was_in_memory_all_the_same()
    {
        var caller = gateway.Bearing(gateway.Issuer.Token());
        await caller.GetAsync("/staff/1");
        var before = await NowAsync();

        await caller.GetAsync("/staff/2");

        var after = await Scrape.UntilAsync(gateway.ManagementUrl, now => now["gateway_decisions_total"] > before["gateway_decisions_total"]);
        Assert.Equal(1, after["gateway_identity_cache_hits_total"] - before["gateway_identity_cache_hits_total"]);
        Assert.Equal(before["gateway_identity_cache_misses_total"], after["gateway_identity_cache_misses_total"]);
    }

    [Fact]
    public async Task Judging_and_counting_a_remembered_credential_allocates_nothing()
    {
        var (gate, policy) = (gateway.Services.GetRequiredService<Gate>(), gateway.Services.GetRequiredService<Rulebooks>().Current.Policies["orders"]);
        var http = new DefaultHttpContext();
        http.Request.Headers.Authorization = "Bearer " + (await gateway.SignInAsync("anna")).Session.AccessToken;
        await gate.JudgeAsync(http, policy);

        // Now and then one waits for a reading after a pause of this process.
        var least = Enumerable.Range(0, 100).Min(_ => BytesOf(100, () =>
        {
            var judged = gate.JudgeAsync(http, policy);
            if (judged.IsCompletedSuccessfully)
                judged.Result.Count(policy.Tally, refusal: null);
        }));

        Assert.Equal(0, least);
    }

    [Fact]
    public async Task Session_that_has_too_much_open_is_refused_and_counted()
    {
        await using var narrow = await TestGateway.StartAsync(settings => settings.Set("Gateway:Sessions:MaxConnections", 1));
        var (asked, answer) = (new TaskCompletionSource(), new TaskCompletionSource());
        narrow.Backend.Answer("/orders/slow", async (_, stream) =>
        {
            asked.SetResult();
            await answer.Task;
            await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone"u8.ToArray());
        });
        var anna = await narrow.SignUpAsync("anna");
        var slow = anna.GetAsync("/orders/slow");
        await asked.Task;

        await (await anna.GetAsync("/orders/1")).AssertRefusedAsync(429, "rate_limited");

        answer.SetResult();
        await slow;
        var now = await Scrape.NowAsync(narrow.ManagementUrl);
        Assert.Equal((1, 1), (Passed(now, "orders"), now["gateway_decisions_total", ("route", "orders"), ("reason", "rate_limited")]));
    }

    [Fact]
    public async Task Backend_that_is_down_is_counted_by_route_and_kind()
    {
        var before = await NowAsync();

        await gateway.Anonymous().GetAsync("/down/1");

        var after = await Scrape.UntilAsync(gateway.ManagementUrl, now => now["gateway_backend_errors_total"] > before["gateway_backend_errors_total"]);
        Assert.Equal(1, after["gateway_backend_errors_total", ("route", "down"), ("kind", "Request")] - before["gateway_backend_errors_total", ("route", "down"), ("kind", "Request")]);
        Assert.Equal(1, after["gateway_decisions_total", ("route", "down"), ("outcome", "anonymous")] - before["gateway_decisions_total", ("route", "down"), ("outcome", "anonymous")]);
    }

    [Fact]
    public async Task Backend_that_fails_within_its_answer_is_counted()
    {
        var before = await NowAsync();

        // The gateway's own abort may be heard before or after.
        for (var i = 0; i < Often; i++)
            await Assert.ThrowsAsync<HttpRequestException>(() => gateway.Anonymous().GetAsync("/half/1"));

        await Scrape.UntilAsync(gateway.ManagementUrl, now => Failed(now) == Failed(before) + Often);

        static double Failed(Scrape scrape) => scrape["gateway_backend_errors_total", ("route", "half"), ("kind", "ResponseBodyDestination")];
    }

    private async Task<Func<Task<HttpResponseMessage>>> PrepareAsync(string route, string reason)
    {
        var nobody = gateway.Anonymous();
        var anna = await gateway.KeptAsync("anna");
        switch (route, reason)
        {
            case ("orders", "token_missing"): return () => nobody.GetAsync("/orders/1");
            case ("orders", "token_invalid"): return () => gateway.Bearing("not-a-token").GetAsync("/orders/1");
            case ("orders", "invalid_request"):
                return () => nobody.SendAsync(new(HttpMethod.Get, "/orders/1") { Headers = { { "Authorization", "Bearer a" }, { "x-access-token", "a" } } });
            case ("orders", "token_revoked"):
                var gone = await gateway.SignInAsync("anna");
                await gone.PostAsync("/auth/logout", null);
                return () => gone.GetAsync("/orders/1");
            case ("orders", "session_ended"):
                var browser = await gateway.SignInWithCookieAsync("anna");
                await browser.PostAsync("/auth/logout", null);
                return () => browser.GetAsync("/orders/1");
            case ("orders", "csrf_failed"):
                var cookie = (await gateway.KeptWithCookieAsync("anna")).Cookie;
                return () => nobody.SendAsync(new(HttpMethod.Post, "/orders/1") { Headers = { { "Cookie", cookie }, { "Sec-Fetch-Site", "cross-site" } } });

            // More than fits into a header for the backend.
            case ("orders", "request_refused"): return () => gateway.Bearing(gateway.Issuer.Token(new JsonObject { ["roles"] = new JsonArray(new string('r', 4500)) })).GetAsync("/orders/1");
            case ("staff", "policy_denied"): return () => anna.GetAsync("/staff/1");
            case ("readers", "insufficient_scope"): return () => anna.GetAsync("/readers/1");
            case ("own", "token_missing"): return () => nobody.GetAsync("/auth/me");
            case ("own", "policy_denied"): return () => gateway.Bearing(gateway.Issuer.Token()).GetAsync("/auth/me");
            case ("own", "invalid_request"): return () => nobody.PostJsonAsync("/auth/login", "{}");
            case ("own", "invalid_credentials"): return () => nobody.PostAsJsonAsync("/auth/login", new { username = "nobody-of-that-name", password = "not the password" });
            case ("own", "route_not_found"): return () => nobody.GetAsync("/auth/nothing");
            case ("own", "request_refused"): return () => nobody.GetAsync("/auth/login");
            case ("none", "route_not_found"): return () => nobody.GetAsync("/nowhere");
            case ("none", "request_refused"): return () => nobody.GetAsync("/orders/%2e%2e%2fadmin");
            default: throw new ArgumentOutOfRangeException(nameof(reason), reason, route);
        }
    }

    private static long BytesOf(int times, Action work)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < times; i++)
            work();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private static double Passed(Scrape scrape, string route) => scrape["gateway_decisions_total", ("route", route), ("outcome", "passed"), ("reason", "")];

    private Task<Scrape> NowAsync() => Scrape.NowAsync(gateway.ManagementUrl);
}
