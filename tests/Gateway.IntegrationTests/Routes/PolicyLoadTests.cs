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
