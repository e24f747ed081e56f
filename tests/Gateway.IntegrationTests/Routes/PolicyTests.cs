namespace Gateway.IntegrationTests.Routes;

/// <summary>A gateway with a route per kind of policy, and an issuer whose tokens may claim anything.</summary>
public sealed class PolicyGateway : TestGateway
{
    public TestIssuer Issuer { get; } = new("https://id.example.com");

    protected override void Configure(SettingsFile settings)
    {
        Folder.Write("id.jwks", TestIssuer.Jwks(Issuer));
        var entry = Issuer.Entry();
        (entry["JwksFile"], entry["RolesClaim"]) = ("id.jwks", "roles");
        settings
            .Trust(entry)
            .Set("Gateway:Policies:staff", new JsonObject { ["Roles"] = new JsonArray("staff", "admin") })
            .Set("Gateway:Policies:readers", new JsonObject { ["Scopes"] = new JsonArray("orders:read") })
            .Set("Gateway:Policies:acme", new JsonObject { ["Claims"] = new JsonObject { ["tenant"] = new JsonArray("acme", "acme-labs") } })
            .Set("Gateway:Policies:all-three", new JsonObject { ["Roles"] = new JsonArray("clerk"), ["Scopes"] = new JsonArray("orders:write"), ["Claims"] = new JsonObject { ["tenant"] = new JsonArray("acme") } })
            .Set("Gateway:Policies:welcome", new JsonObject { ["Anonymous"] = true })
            .Route("authenticated", "/authenticated/{**rest}", "authenticated")
            .Route("staff", "/staff/{**rest}", "staff")
            .Route("readers", "/readers/{**rest}", "readers")
            .Route("acme", "/acme/{**rest}", "acme")
            .Route("all-three", "/all-three/{**rest}", "all-three")
            .Route("welcome", "/welcome/{**rest}", "welcome");
    }

    public Caller As(string claims) => Bearing(Issuer.Token(JsonNode.Parse(claims)!.AsObject()));
}

public sealed class PolicyTests(PolicyGateway gateway) : GatewayTests<PolicyGateway>(gateway)
{
    [Theory]
    [InlineData("/orders/1")] // no policy at all
    [InlineData("/authenticated/1")]
    [InlineData("/staff/1")]
    [InlineData("/readers/1")]
    [InlineData("/acme/1")]
    public async Task Protected_route_without_a_token_is_refused(string path)
    {
        var response = await gateway.Anonymous().GetAsync(path);

        await response.AssertRefusedAsync(401, "token_missing");
        Assert.Empty(gateway.Backend.Requests);
    }

    [Theory]
    [InlineData("/open/1")]
    [InlineData("/welcome/1")]
    public async Task Open_route_without_a_token_passes(string path)
    {
        var response = await gateway.Anonymous().GetAsync(path);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(path, gateway.Backend.Request.Target);
    }

    [Theory]
    [InlineData("/orders/1", "{}")]
    [InlineData("/authenticated/1", "{}")]
    [InlineData("/staff/1", """{"roles":["staff"]}""")]
    [InlineData("/staff/1", """{"roles":["other","admin"]}""")]
    [InlineData("/readers/1", """{"scope":"orders:read"}""")]
    [InlineData("/readers/1", """{"scope":"a orders:read b"}""")]
    [InlineData("/acme/1", """{"tenant":"acme"}""")]
    [InlineData("/acme/1", """{"tenant":["other","acme-labs"]}""")]
    [InlineData("/all-three/1", """{"roles":["clerk"],"scope":"orders:write","tenant":"acme"}""")]
    [InlineData("/welcome/1", "{}")]
    public async Task Policy_that_is_met_lets_pass(string path, string claims)
    {
        var response = await gateway.As(claims).GetAsync(path);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(path, gateway.Backend.Request.Target);
    }

    [Theory]
    [InlineData("/staff/1", "{}")]
    [InlineData("/staff/1", """{"roles":[]}""")]
    [InlineData("/staff/1", """{"roles":["Staff"]}""")]
    [InlineData("/staff/1", """{"roles":["staff2"]}""")]
    [InlineData("/staff/1", """{"roles":["staff,admin"]}""")]
    [InlineData("/staff/1", """{"role":"staff"}""")]
    [InlineData("/staff/1", """{"scope":"staff"}""")]
    [InlineData("/acme/1", "{}")]
    [InlineData("/acme/1", """{"tenant":"Acme"}""")]
    [InlineData("/acme/1", """{"tenant":"acme2"}""")]
    [InlineData("/acme/1", """{"tenant":"acme acme-labs"}""")]
    [InlineData("/acme/1", """{"tenant":{"acme":true}}""")]
    [InlineData("/acme/1", """{"tenant":null}""")]
    [InlineData("/all-three/1", """{"scope":"orders:write","tenant":"acme"}""")]
    [InlineData("/all-three/1", """{"roles":["clerk"],"scope":"orders:write"}""")]
    public async Task Policy_that_is_not_met_is_denied(string path, string claims)
    {
        var response = await gateway.As(claims).GetAsync(path);

        await response.AssertRefusedAsync(403, "policy_denied");
        Assert.Empty(gateway.Backend.Requests);
    }

    [Theory]
    [InlineData("/readers/1", "{}")]
    [InlineData("/readers/1", """{"scope":""}""")]
    [InlineData("/readers/1", """{"scope":"orders:write"}""")]
    [InlineData("/readers/1", """{"scope":"orders:read2"}""")]
    [InlineData("/readers/1", """{"scope":"Orders:Read"}""")]
    [InlineData("/readers/1", """{"roles":["orders:read"]}""")]
    [InlineData("/all-three/1", """{"roles":["clerk"],"tenant":"acme"}""")]
    public async Task Missing_scope_is_said_by_name(string path, string claims)
    {
        var response = await gateway.As(claims).GetAsync(path);

        await response.AssertRefusedAsync(403, "insufficient_scope");
        Assert.Empty(gateway.Backend.Requests);
    }

    [Theory]
    [InlineData("/staff/1", "policy_denied")]
    [InlineData("/acme/1", "policy_denied")]
    [InlineData("/readers/1", "insufficient_scope")] // tokens of our own users have no scopes
    public async Task Own_user_without_what_the_policy_wants_is_denied(string path, string code)
    {
        var anna = await gateway.KeptAsync("anna");

        var response = await anna.GetAsync(path);

        await response.AssertRefusedAsync(403, code);
        Assert.Empty(gateway.Backend.Requests);
    }

    [Fact]
    public async Task Own_user_with_the_role_passes()
    {
        (await gateway.RunAsync(["users", "add", "boss", "--role", "admin", "--password-stdin"], TestGateway.Password + "\n")).AssertSucceeded();
        var boss = await gateway.LogInAsync("boss");

        var response = await boss.GetAsync("/staff/1");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("admin", gateway.Backend.Request.Headers["X-User-Roles"]);
    }

    [Fact]
    public async Task Welcome_route_tells_the_backend_who_is_there_if_somebody_is()
    {
        await gateway.As("""{"sub":"u-5"}""").GetAsync("/welcome/1");

        Assert.Equal("u-5", gateway.Backend.Request.Headers["X-User-Id"]);
    }

    [Fact]
    public async Task Welcome_route_refuses_a_broken_token()
    {
        var answer = await gateway.RawAsync("GET /welcome/1", "Authorization: Bearer broken");

        answer.AssertRefused(401, "token_invalid");
        Assert.Empty(gateway.Backend.Requests);
    }

    [Fact]
    public async Task Welcome_route_takes_an_ended_cookie_for_a_visitor()
    {
        var browser = await gateway.SignInWithCookieAsync("carla");
        await browser.GetAsync("/welcome/1");
        await browser.PostAsync("/auth/logout", null);
        gateway.Backend.Forget();

        var response = await browser.GetAsync("/welcome/1");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.False(gateway.Backend.Request.Headers.Has("X-User-Id"));
    }

    [Fact]
    public async Task Refusal_keeps_the_connection_of_a_polite_client()
    {
        var answer = await RawHttp.SendAsync(gateway.Url, $"GET /orders/1 HTTP/1.1\r\nHost: {gateway.Url.Authority}\r\n\r\n");

        answer.AssertRefused(401, "token_missing");
        Assert.NotEqual("close", answer.Headers["Connection"]);
    }

    [Fact]
    public async Task Path_that_no_route_serves_is_not_found()
    {
        var response = await gateway.Anonymous().GetAsync("/nowhere");

        await response.AssertRefusedAsync(404, "route_not_found");
    }
}
