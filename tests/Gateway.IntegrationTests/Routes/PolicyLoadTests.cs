using Microsoft.Extensions.Logging;

namespace Gateway.IntegrationTests.Routes;

/// <summary>A route that would stand open by mistake stops the start.</summary>
public sealed class PolicyLoadTests
{
    [Fact]
    public async Task Unknown_policy_is_refused_with_the_one_that_was_meant()
    {
        var refusal = await TestGateway.RefusedStartAsync(settings => settings
            .Set("Gateway:Policies:orders", new JsonObject { ["Roles"] = new JsonArray("clerk") })
            .Set("ReverseProxy:Routes:orders:AuthorizationPolicy", "ordres"));

        refusal.AssertSays("ReverseProxy:Routes:orders", "AuthorizationPolicy", "'ordres'", "did you mean 'orders'");
    }

    [Theory]
    [InlineData("Default")]       // YARP's words for ASP.NET's own policies mean nothing here
    [InlineData("Authenticated")] // names mind their case
    [InlineData(" ")]
    public async Task Policy_that_only_looks_known_is_refused(string policy)
    {
        var refusal = await TestGateway.RefusedStartAsync(settings => settings.Set("ReverseProxy:Routes:orders:AuthorizationPolicy", policy));

        refusal.AssertSays("ReverseProxy:Routes:orders", "AuthorizationPolicy");
    }

    [Theory]
    [InlineData("AuthorisationPolicy")]
    [InlineData("AuthorizationPolcy")]
    [InlineData("Authorization")]
    [InlineData("Policy")]
    public async Task Misspelt_policy_key_of_a_route_is_refused(string key)
    {
        var refusal = await TestGateway.RefusedStartAsync(settings => settings.Set($"ReverseProxy:Routes:orders:{key}", "anonymous"));

        refusal.AssertSays($"ReverseProxy:Routes:orders:{key}");
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("""{"Roles":[]}""")]
    [InlineData("""{"Roles":null}""")]
    [InlineData("""{"Roles":[""]}""")]
    [InlineData("""{"Roles":[null]}""")]
    [InlineData("""{"Scopes":[]}""")]
    [InlineData("""{"Claims":{}}""")]
    [InlineData("""{"Claims":{"tenant":[]}}""")]
    [InlineData("""{"Claims":{"tenant":null}}""")]
    [InlineData("""{"Role":["admin"]}""")]
    [InlineData("""{"Roles":["admin"],"Scope":["x"]}""")]
    [InlineData("""{"Anonymous":"perhaps"}""")]
    [InlineData("""{"MaxStaleness":"00:00:02"}""")]
    [InlineData("""{"OnStale":"Deny"}""")]
    [InlineData("""{"MaxStaleness":"00:00:02","OnStale":"Allow"}""")]
    [InlineData("[]")]
    [InlineData("\"admin\"")]
    public async Task Policy_that_demands_nothing_or_nonsense_is_refused(string policy)
    {
        var refusal = await TestGateway.RefusedStartAsync(settings => settings
            .Set("Gateway:Policies:admins", JsonNode.Parse(policy))
            .Set("ReverseProxy:Routes:orders:AuthorizationPolicy", "admins"));

        refusal.AssertSays("Gateway:Policies:admins");
    }

    [Theory]
    [InlineData("RateLimiterPolicy", "slw", "did you mean 'slow'")]
    [InlineData("TimeoutPolicy", "quik", "did you mean 'quick'")]
    [InlineData("OutputCachePolicy", "hour", "keeps no answers")]
    [InlineData("Timeout", "2.00:00:00", "'2.00:00:00' is not allowed")]
    public async Task Name_beside_the_policy_that_means_nothing_is_refused(string key, string value, string remedy)
    {
        var refusal = await TestGateway.RefusedStartAsync(settings => settings
            .Set("Gateway:RateLimits:slow", JsonNode.Parse("""{ "Permits": 1, "Window": "00:00:10" }"""))
            .Set("Gateway:Timeouts:quick", "00:00:05").Set("Gateway:Timeouts:never", "2.00:00:00").Set("ReverseProxy:Routes:orders:" + key, value));

        refusal.AssertSays("ReverseProxy:Routes:orders: " + key, value, remedy);
        refusal.AssertSays("Gateway:Timeouts:never: '2.00:00:00' is not allowed. It must be between 00:00:00.0010000 and 1.00:00:00.");
    }

    [Fact]
    public async Task Two_timeouts_of_one_route_are_refused()
    {
        var refusal = await TestGateway.RefusedStartAsync(settings => settings
            .Set("Gateway:Timeouts:quick", "00:00:05").Set("ReverseProxy:Routes:orders:TimeoutPolicy", "quick").Set("ReverseProxy:Routes:orders:Timeout", "00:00:06"));

        refusal.AssertSays("ReverseProxy:Routes:orders: Timeout stands beside TimeoutPolicy.");
    }

    [Theory]
    [InlineData("Connections", "token", "session")]
    [InlineData("connections", "Session", "session")]
    [InlineData("CacheControl", "public", "backend")]
    [InlineData("SetCookie", "forward", "remove")]
    [InlineData("EncodedSlash", "decode", "forward")]
    [InlineData("DoubleSlash", "forward", "unsafe-forward")]
    [InlineData("Identity", "graphana", "did you mean 'grafana'")]
    [InlineData("Identity", "", "gateway, forwarded, remote-user")]
    [InlineData("Assertion", "yes", "true or false")]
    [InlineData("Credentials", "bearer,querry", "did you mean 'query'")]
    public async Task Metadata_with_a_value_that_means_nothing_is_refused(string key, string value, string remedy)
    {
        var refusal = await TestGateway.RefusedStartAsync(settings => settings.Route("tagged", "/tagged", metadata: new() { [key] = value }));

        refusal.AssertSays("ReverseProxy:Routes:tagged", key, value.Split(',')[^1], remedy);
    }

    [Fact]
    public async Task Unknown_dialect_is_refused_with_the_one_that_was_meant()
    {
        var refusal = await TestGateway.RefusedStartAsync(settings => settings.Set("Gateway:Identity:Dialect", "forwared"));

        refusal.AssertSays("Gateway:Identity:Dialect", "'forwared'", "did you mean 'forwarded'", "x-remote-user");
    }

    // Nobody but us has the key: it would look like proof, and be none.
    [Theory]
    [InlineData(true, "false", "Gateway:Identity:Assertion")]
    [InlineData(false, "true", "ReverseProxy:Routes:tagged")]
    public async Task Assertion_that_no_backend_could_check_is_refused(bool everywhere, string here, string path)
    {
        var refusal = await TestGateway.RefusedStartAsync(settings => settings
            .Set("Gateway:Tokens:Algorithm", "HS256")
            .Set("Gateway:Identity:Assertion", everywhere)
            .Route("tagged", "/tagged", metadata: new() { ["Assertion"] = here }));

        refusal.AssertSays(path, "Assertion", "HS256", "ES256");
        Assert.Single(refusal.Errors);
    }

    [Theory]
    [InlineData("/shop/{**rest}", "/shop/{**rest}")]
    [InlineData("/shop/{id}", "/shop/{name}")]
    [InlineData("/shop", "/SHOP")]
    [InlineData("/shop/{id:int}", "/shop/{number:int}")]
    public async Task Two_routes_for_the_same_requests_with_different_policies_are_refused(string one, string other)
    {
        var refusal = await TestGateway.RefusedStartAsync(settings => settings.Route("one", one).Route("other", other, "anonymous"));

        refusal.AssertSays("one", "other", "same requests");
    }

    [Fact]
    public async Task Two_routes_that_differ_in_method_order_or_path_may_differ_in_policy()
    {
        await using var gateway = await TestGateway.StartAsync(settings => settings
            .Route("read", "/shop/{id}", "anonymous").Set("ReverseProxy:Routes:read:Match:Methods", new JsonArray("GET"))
            .Route("write", "/shop/{id}").Set("ReverseProxy:Routes:write:Match:Methods", new JsonArray("POST"))
            .Route("first", "/yard/{id}", "anonymous", order: 1)
            .Route("second", "/yard/{id}", order: 2));

        Assert.Equal(HttpStatusCode.OK, (await gateway.Anonymous().GetAsync("/shop/1")).StatusCode);
        await (await gateway.Anonymous().PostAsync("/shop/1", null)).AssertRefusedAsync(401, "token_missing");
        Assert.Equal(HttpStatusCode.OK, (await gateway.Anonymous().GetAsync("/yard/1")).StatusCode);
    }

    [Fact]
    public async Task Metadata_that_looks_like_ours_is_warned_of_and_any_other_is_not()
    {
        await using var gateway = await TestGateway.StartAsync(settings => settings
            .Route("tagged", "/tagged", metadata: new() { ["Credential"] = "bearer", ["team"] = "blue" }));

        var warning = Assert.Single(gateway.Log.At(LogLevel.Warning), entry => entry.Contains("ReverseProxy:Routes:tagged"));

        Assert.Contains("did you mean 'Credentials'", warning);
    }

    [Theory]
    [InlineData("/auth/{**rest}")]
    [InlineData("/auth")]
    [InlineData("/auth/login")]
    [InlineData("/AUTH/login")]
    [InlineData("/auth/{x}")]
    [InlineData("/.well-known/jwks.json")]
    [InlineData("/.well-known/oauth-authorization-server")]
    public async Task Route_on_our_own_paths_is_refused(string path)
    {
        var refusal = await TestGateway.RefusedStartAsync(settings => settings.Route("thief", path, "anonymous"));

        refusal.AssertSays("ReverseProxy:Routes:thief");
    }

    [Fact]
    public async Task Authorization_cannot_be_forwarded_where_it_is_our_credential()
    {
        var refusal = await TestGateway.RefusedStartAsync(settings => settings
            .Route("legacy", "/legacy/{**rest}", metadata: new() { ["Authorization"] = "forward", ["Credentials"] = "bearer,cookie" }));

        refusal.AssertSays("ReverseProxy:Routes:legacy", "Authorization");
    }

    [Fact]
    public async Task Unknown_credential_of_a_route_is_refused()
    {
        var refusal = await TestGateway.RefusedStartAsync(settings => settings
            .Route("legacy", "/legacy/{**rest}", metadata: new() { ["Credentials"] = "bearer,kookie" }));

        refusal.AssertSays("ReverseProxy:Routes:legacy", "kookie");
    }

    [Fact]
    public async Task Route_to_a_cluster_that_is_not_there_is_refused()
    {
        var refusal = await TestGateway.RefusedStartAsync(settings => settings.Set("ReverseProxy:Routes:orders:ClusterId", "nowhere"));

        refusal.AssertSays("orders", "nowhere");
    }
}
