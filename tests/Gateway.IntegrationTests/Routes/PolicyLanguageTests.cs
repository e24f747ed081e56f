using Microsoft.Extensions.Logging;

namespace Gateway.IntegrationTests.Routes;

/// <summary>A gateway behind a proxy, with a route for each thing that a policy can demand, and two issuers whose tokens may claim anything.</summary>
public sealed class LanguageGateway : TestGateway
{
    public TestIssuer Issuer { get; } = new("https://id.example.com");

    public TestIssuer Partner { get; } = new("https://partner.example.com");

    protected override void Configure(SettingsFile settings)
    {
        Trust(settings, Issuer, prefix: null);
        Trust(settings, Partner, "partner:");
        settings
            .Set("Gateway:TrustedProxies", new JsonArray("127.0.0.0/8"))
            .Set("Gateway:Policies", JsonNode.Parse("""
                {
                  "office":  { "Networks": ["10.0.0.0/8", "2001:db8::/32"] },
                  "strong":  { "Mfa": true },
                  "recent":  { "Roles": ["finance"], "MaxAuthAge": "00:15:00" },
                  "people":  { "Users": ["anna", "partner:u-7"] },
                  "partner": { "Issuers": ["https://partner.example.com"] },
                  "either":  { "AnyOf": ["office", "role:finance mfa"], "Not": { "Roles": ["guest"] } },
                  "watched": { "Roles": ["staff"], "Shadow": true }
                }
                """))
            .Route("inline", "/inline/{**rest}", "role:clerk|admin claim:org.tenant=acme")
            .Route("read", "/shop/{**rest}", "scope:shop:read").Set("ReverseProxy:Routes:read:Match:Methods", new JsonArray("GET"))
            .Route("write", "/shop/{**rest}", "scope:shop:write").Set("ReverseProxy:Routes:write:Match:Methods", new JsonArray("POST", "PUT"));
        foreach (var policy in (string[])["office", "strong", "recent", "people", "partner", "either", "watched"])
            settings.Route(policy, $"/{policy}/{{**rest}}", policy);
    }

    public Caller As(string claims, TestIssuer? issuer = null) => Bearing((issuer ?? Issuer).Token(JsonNode.Parse(claims)!.AsObject()));

    private void Trust(SettingsFile settings, TestIssuer issuer, string? prefix)
    {
        var name = new Uri(issuer.Issuer).Host + ".jwks";
        Folder.Write(name, TestIssuer.Jwks(issuer));
        var entry = issuer.Entry();
        (entry["JwksFile"], entry["RolesClaim"], entry["SubjectPrefix"]) = (name, "roles", prefix);
        settings.Trust(entry);
    }
}

public sealed class PolicyLanguageTests(LanguageGateway gateway) : GatewayTests<LanguageGateway>(gateway)
{
    [Theory]
    [InlineData("10.1.2.3", true)]
    [InlineData("2001:db8::5", true)]
    [InlineData("203.0.113.7", false)]
    [InlineData("10.1.2.3, 203.0.113.7", false)] // the left one is what the client made up
    [InlineData("203.0.113.7, 10.1.2.3", true)]
    [InlineData("", false)] // the proxy itself
    public async Task Network_is_that_of_the_client_whom_our_proxy_names(string chain, bool passes)
    {
        string[] headers = [$"Authorization: Bearer {gateway.Issuer.Token()}", .. chain.Length == 0 ? Array.Empty<string>() : [$"X-Forwarded-For: {chain}"]];

        AssertJudged(passes, await gateway.RawAsync("GET /office/1", headers));
        gateway.Backend.Forget();
        AssertJudged(passes, await gateway.RawAsync("GET /office/1", headers)); // now from memory
    }

    [Fact]
    public async Task Log_of_a_refusal_names_the_networks_and_not_the_client()
    {
        await gateway.RawAsync("GET /office/1", $"Authorization: Bearer {gateway.Issuer.Token()}", "X-Forwarded-For: 203.0.113.77");

        Assert.Contains(gateway.Log.All, line => line.Contains("network: 10.0.0.0/8 or 2001:db8::/32"));
        Assert.DoesNotContain(gateway.Log.All, line => line.Contains("203.0.113.77"));
    }

    [Theory]
    [InlineData("""{"amr":["pwd","mfa"]}""", null)]
    [InlineData("""{"amr":["pwd"]}""", "insufficient_user_authentication")]
    [InlineData("{}", "insufficient_user_authentication")]
    public async Task Second_factor_is_asked_for(string claims, string? code)
    {
        var response = await gateway.As(claims).GetAsync("/strong/1");

        await AssertJudgedAsync(response, 401, code);
        Assert.Equal(code is null ? "" : "Bearer error=\"insufficient_user_authentication\", error_description=\"More than one factor is required\"", response.Headers.WwwAuthenticate.ToString());
    }

    [Theory]
    [InlineData("""{"roles":["finance"]}""", -60, null)]
    [InlineData("""{"roles":["finance"]}""", -960, "insufficient_user_authentication")]
    [InlineData("""{"roles":["finance"]}""", 600, "insufficient_user_authentication")] // yet to come
    [InlineData("""{"roles":["finance"]}""", null, "insufficient_user_authentication")]
    public async Task Login_that_is_too_old_is_asked_for_again(string claims, int? loggedIn, string? code)
    {
        var all = JsonNode.Parse(claims)!.AsObject();
        if (loggedIn is not null)
            all["auth_time"] = DateTimeOffset.UtcNow.AddSeconds(loggedIn.Value).ToUnixTimeSeconds();

        var response = await gateway.As(all.ToJsonString()).GetAsync("/recent/1");

        await AssertJudgedAsync(response, 401, code);
        Assert.Equal(code is null ? "" : "Bearer error=\"insufficient_user_authentication\", error_description=\"A more recent login is required\", max_age=\"900\"", response.Headers.WwwAuthenticate.ToString());
    }

    [Fact]
    public async Task Nobody_is_asked_to_log_in_again_in_vain() =>
        await (await gateway.As("""{"auth_time":1}""").GetAsync("/recent/1")).AssertRefusedAsync(403, "policy_denied");

    [Fact]
    public async Task Own_user_is_known_by_name_and_nobody_elses_user_is_ours()
    {
        Assert.Equal(HttpStatusCode.OK, (await (await gateway.KeptAsync("anna")).GetAsync("/people/1")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await gateway.As("""{"sub":"u-7"}""", gateway.Partner).GetAsync("/people/1")).StatusCode);
        gateway.Backend.Forget();

        Caller[] others =
        [
            await gateway.KeptAsync("bert"), gateway.As("""{"sub":"anna","preferred_username":"anna"}"""), gateway.As("""{"sub":"partner:u-7"}"""),
            gateway.As("""{"sub":"anna"}""", gateway.Partner), gateway.As("""{"sub":"u-8","preferred_username":"anna"}""", gateway.Partner),
        ];
        foreach (var other in others)
            await (await other.GetAsync("/people/1")).AssertRefusedAsync(403, "policy_denied");

        Assert.Empty(gateway.Backend.Requests);
        Assert.Contains(gateway.Log.All, line => line.Contains("user: one of 2"));
    }

    [Fact]
    public async Task Issuer_decides()
    {
        await AssertJudgedAsync(await gateway.As("{}", gateway.Partner).GetAsync("/partner/1"), 403, null);
        gateway.Backend.Forget();

        await AssertJudgedAsync(await gateway.As("{}").GetAsync("/partner/1"), 403, "policy_denied");
        await AssertJudgedAsync(await (await gateway.KeptAsync("anna")).GetAsync("/partner/1"), 403, "policy_denied");
    }

    [Theory]
    [InlineData("""{"roles":["finance"],"amr":["mfa"]}""", 200, null)]
    [InlineData("""{"roles":["finance"]}""", 401, "insufficient_user_authentication")]
    [InlineData("""{"amr":["mfa"]}""", 403, "policy_denied")]
    [InlineData("""{"roles":["finance","guest"],"amr":["mfa"]}""", 403, "policy_denied")]
    public async Task Rules_within_rules_decide(string claims, int status, string? code) =>
        await AssertJudgedAsync(await gateway.As(claims).GetAsync("/either/1"), status, code);

    [Theory]
    [InlineData("""{"roles":["admin"],"org":{"tenant":"acme"}}""", null)]
    [InlineData("""{"roles":["admin"],"org":{"tenant":"other"}}""", "policy_denied")]
    [InlineData("""{"roles":["user"],"org":{"tenant":"acme"}}""", "policy_denied")]
    public async Task Route_may_say_its_rule_in_one_line(string claims, string? code) =>
        await AssertJudgedAsync(await gateway.As(claims).GetAsync("/inline/1"), 403, code);

    [Theory]
    [InlineData("GET", "shop:read", null)]
    [InlineData("PUT", "shop:write", null)]
    [InlineData("GET", "shop:write", "insufficient_scope")]
    [InlineData("PUT", "shop:read", "insufficient_scope")]
    public async Task Each_method_may_have_a_rule(string method, string scope, string? code) =>
        await AssertJudgedAsync(await gateway.As($$"""{"scope":"{{scope}}"}""").SendAsync(new(new(method), "/shop/1")), 403, code);

    [Theory]
    [InlineData(null, "token_missing", 401, "a signed-in user")]
    [InlineData("{}", "policy_denied", 403, "role: staff")]
    public async Task Policy_in_the_shadow_lets_pass_and_says_whom_it_would_have_refused(string? claims, string code, int status, string requirement)
    {
        var caller = claims is null ? gateway.Anonymous() : gateway.As("""{"sub":"u-5"}""");
        var before = await Scrape.NowAsync(gateway.ManagementUrl);

        var response = await caller.GetAsync("/watched/1");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(claims is null ? null : "u-5", gateway.Backend.Request.Headers["X-User-Id"]);
        var line = Assert.Single(gateway.Log.At(LogLevel.Information), line => line.Contains("[4005]"));
        Assert.All(["watched", $"({status} {code})", requirement], word => Assert.Contains(word, line));
        Assert.DoesNotContain("u-5", line);
        var after = await Scrape.UntilAsync(gateway.ManagementUrl, now => Spared(now) > Spared(before));
        Assert.Equal(1, Spared(after) - Spared(before));
        Assert.Equal(1, after["gateway_shadow_refusals_total"] - before["gateway_shadow_refusals_total"]);

        double Spared(Scrape scrape) => scrape["gateway_shadow_refusals_total", ("route", "watched"), ("reason", code)];
    }

    [Fact]
    public async Task Whoever_meets_a_policy_in_the_shadow_is_not_spoken_of()
    {
        Assert.Equal(HttpStatusCode.OK, (await gateway.As("""{"roles":["staff"]}""").GetAsync("/watched/1")).StatusCode);

        Assert.DoesNotContain(gateway.Log.All, line => line.Contains("[4005]"));
    }

    [Theory]
    [InlineData("Authorization: Bearer broken", 401, "token_invalid")]
    [InlineData("Authorization: Bearer a\r\nx-access-token: b", 400, "invalid_request")]
    [InlineData("Cookie: __Host-gateway=x\r\nOrigin: https://evil.example", 403, "csrf_failed", "POST")]
    public async Task Credential_that_is_wrong_is_refused_in_the_shadow_too(string headers, int status, string code, string method = "GET")
    {
        var answer = await gateway.RawAsync($"{method} /watched/1", headers, "Content-Length: 0");

        answer.AssertRefused(status, code);
        Assert.Empty(gateway.Backend.Requests);
    }

    [Fact]
    public async Task Session_that_has_ended_is_refused_in_the_shadow_too()
    {
        var clara = await gateway.SignInAsync("clara");
        await clara.PostAsync("/auth/logout", null);

        await (await clara.GetAsync("/watched/1")).AssertRefusedAsync(401, "token_revoked");

        Assert.Empty(gateway.Backend.Requests);
    }

    [Fact]
    public async Task Own_login_grows_old_though_its_session_is_refreshed()
    {
        var clock = new TestClock();
        await using var aging = await TestGateway.StartAsync(settings => settings.Route("recent", "/recent/{**rest}", "max-auth-age:00:15:00"), clock);
        var anna = await aging.SignUpAsync("anna");
        var browser = await aging.SignInWithCookieAsync("anna");
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), ((await anna.GetAsync("/recent/1")).StatusCode, (await browser.GetAsync("/recent/1")).StatusCode));

        await clock.AdvanceAsync(TimeSpan.FromMinutes(16));
        var refreshed = await anna.RefreshAsync();

        await (await refreshed.GetAsync("/recent/1")).AssertRefusedAsync(401, "insufficient_user_authentication");
        await (await browser.GetAsync("/recent/1")).AssertRefusedAsync(401, "insufficient_user_authentication");
        Assert.Equal(HttpStatusCode.OK, (await refreshed.GetAsync("/orders/1")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await (await aging.LogInAsync("anna")).GetAsync("/recent/1")).StatusCode);
    }

    private void AssertJudged(bool passes, RawAnswer answer)
    {
        if (passes)
            Assert.Equal(200, answer.Status);
        else
            answer.AssertRefused(403, "policy_denied");
        Assert.Equal(passes ? 1 : 0, gateway.Backend.Requests.Count);
    }

    private async Task AssertJudgedAsync(HttpResponseMessage response, int status, string? code)
    {
        if (code is null)
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        else
            await response.AssertRefusedAsync(status, code);
        Assert.Equal(code is null ? 1 : 0, gateway.Backend.Requests.Count);
    }
}
