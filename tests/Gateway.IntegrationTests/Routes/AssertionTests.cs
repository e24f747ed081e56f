using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Gateway.IntegrationTests.Routes;

public sealed class AssertionGateway : TestGateway
{
    public TestIssuer Issuer { get; } = new("https://id.example.com");

    protected override void Configure(SettingsFile settings)
    {
        Folder.Write("id.jwks", TestIssuer.Jwks(Issuer));
        var entry = Issuer.Entry();
        (entry["JwksFile"], entry["RolesClaim"]) = ("id.jwks", "roles");
        settings.Trust(entry)
            .Set("Gateway:Identity:Assertion", true)
            .Destination("gateway", Backend.Url)      // the name of our own audience
            .Route("namesake", "/namesake/{**rest}").Set("ReverseProxy:Routes:namesake:ClusterId", "gateway")
            .Route("silent", "/silent/{**rest}", metadata: new() { ["Assertion"] = "false" });
    }
}

/// <summary>A backend need not believe the network: what it is told is signed, for it alone.</summary>
public sealed class AssertionTests(AssertionGateway gateway) : GatewayTests<AssertionGateway>(gateway)
{
    [Fact]
    public async Task Assertion_is_verified_by_anybody_with_the_published_keys()
    {
        var anna = await gateway.KeptAsync("anna");
        await anna.GetAsync("/orders/1");
        var keys = new JsonWebKeySet(await gateway.Anonymous().GetStringAsync("/.well-known/jwks.json"));

        var result = await new JsonWebTokenHandler().ValidateTokenAsync(Asserted(), new()
        {
            IssuerSigningKeys = keys.Keys, ValidIssuer = "http://localhost:8080", ValidAudience = "backend", ValidTypes = ["gateway-assertion+jwt"], ClockSkew = TimeSpan.FromSeconds(5),
        });

        Assert.True(result.IsValid, result.Exception?.Message);
        Assert.Equal((anna.Session.User.Id, "anna", anna.Session.SessionId), (result.Claims["sub"], result.Claims["preferred_username"], result.Claims["sid"]));
    }

    [Fact]
    public async Task Assertion_is_for_the_routes_own_cluster_and_lives_a_minute()
    {
        var anna = await gateway.KeptAsync("anna");
        await anna.GetAsync("/orders/1");
        await anna.GetAsync("/namesake/1");

        var claims = gateway.Backend.Requests.Select(request => Jwt.Payload(request.Headers["X-Gateway-Assertion"]!)).ToArray();

        Assert.Equal(["backend", "gateway"], claims.Select(c => (string)c["aud"]!));
        Assert.All(claims, c => Assert.Equal(60, (long)c["exp"]! - (long)c["iat"]!));
        Assert.Equal(2, claims.Select(c => (string)c["jti"]!).Distinct().Count());
    }

    [Theory]
    [InlineData("/orders/1")]
    [InlineData("/namesake/1")]
    [InlineData("/auth/me")]
    public async Task Assertion_is_no_access_token_of_ours(string path)
    {
        await (await gateway.KeptAsync("anna")).GetAsync("/namesake/1");
        var assertion = Asserted();
        gateway.Backend.Forget();

        var response = await gateway.Bearing(assertion).GetAsync(path);

        await response.AssertRefusedAsync(401, "token_invalid");
        Assert.Empty(gateway.Backend.Requests);
    }

    [Fact]
    public async Task Route_may_do_without_one()
    {
        await (await gateway.KeptAsync("anna")).GetAsync("/silent/1");

        Assert.False(gateway.Backend.Request.Headers.Has("X-Gateway-Assertion"));
        Assert.Equal("anna", gateway.Backend.Request.Headers["X-User-Name"]);
    }

    [Fact]
    public async Task Stranger_brings_no_assertion_to_a_route_for_anybody()
    {
        await gateway.RawAsync("GET /open/1", "X-Gateway-Assertion: forged", "x_gateway.assertion: forged");

        Assert.DoesNotContain("forged", gateway.Backend.Request.Headers.ToString());
    }

    [Fact]
    public async Task Assertion_tells_only_an_email_that_is_verified()
    {
        await gateway.Bearing(gateway.Issuer.Token(new() { ["email"] = "a@example.com" })).GetAsync("/orders/1");
        await gateway.Bearing(gateway.Issuer.Token(new() { ["email"] = "a@example.com", ["email_verified"] = false })).GetAsync("/orders/1");

        var told = gateway.Backend.Requests.Select(request => (string?)Jwt.Payload(request.Headers["X-Gateway-Assertion"]!)["email"]);
        Assert.Equal(["a@example.com", null], told);
    }

    // A header that was cut, or left out without a word, would make another person of him.
    [Fact]
    public async Task Too_many_roles_for_a_header_are_in_the_assertion_alone()
    {
        var roles = Enumerable.Range(0, 100).Select(i => $"role-{i:D40}").ToArray();

        var response = await gateway.Bearing(gateway.Issuer.Token(new() { ["roles"] = new JsonArray([.. roles]) })).GetAsync("/orders/1");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(roles, Jwt.Payload(Asserted())["roles"]!.AsArray().Select(role => (string)role!));
        Assert.DoesNotContain(gateway.Backend.Request.Headers.All, header => header.Name.StartsWith("X-User", StringComparison.OrdinalIgnoreCase));
        Assert.Contains("X-User-Roles: 4599 bytes", Assert.Single(gateway.Log.At(LogLevel.Warning), line => line.Contains("[4003]")));
    }

    [Fact]
    public async Task Too_many_roles_for_a_header_are_refused_where_there_is_no_assertion()
    {
        var roles = Enumerable.Range(0, 100).Select(i => $"role-{i:D40}").ToArray();

        var response = await gateway.Bearing(gateway.Issuer.Token(new() { ["roles"] = new JsonArray([.. roles]) })).GetAsync("/silent/1");

        await response.AssertRefusedAsync(431, "request_refused");
        Assert.Empty(gateway.Backend.Requests);
    }

    private string Asserted() => gateway.Backend.Request.Headers["X-Gateway-Assertion"]!;
}
