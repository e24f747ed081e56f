namespace Gateway.IntegrationTests.Tokens;

/// <summary>One issuer per option, all with the same key file.</summary>
public sealed class ChoosyGateway : TestGateway
{
    private readonly TestIssuer signer = new("https://signer.example.com");

    protected override void Configure(SettingsFile settings)
    {
        Folder.Write("keys.jwks", TestIssuer.Jwks(signer));
        Folder.Write("two.jwks", TestIssuer.Jwks(signer.WithAnotherKey(), signer));
        settings
            .Trust(Entry("https://nested.example.com", "RolesClaim", "realm_access.roles"))
            .Trust(Entry("https://groups.example.com", "RolesClaim", "groups"))
            .Trust(Entry("https://listed.example.com", "Roles", new JsonArray("clerk", "staff")))
            .Trust(Entry("https://prefix.example.com", "SubjectPrefix", "partner:"))
            .Trust(Entry("https://brief.example.com", "MaxLifetime", "00:10:00"))
            .Trust(Entry("https://strict.example.com", "Types", new JsonArray("at+jwt")))
            .Trust(Entry("https://rolling.example.com", "JwksFile", "two.jwks"))
            .Trust(Entry("https://rsa.example.com", "Algorithms", new JsonArray("RS256")))
            .Set("Gateway:Policies:admins", new JsonObject { ["Roles"] = new JsonArray("admin") })
            .Route("admins", "/admins/{**rest}", "admins");
    }

    internal Mint MintFor(string issuer)
    {
        var same = new TestIssuer(issuer, "orders", signer);
        return Mint.Of(same);
    }

    private JsonObject Entry(string issuer, string option, JsonNode value)
    {
        var entry = MintFor(issuer).Issuer.Entry();
        entry["JwksFile"] = "keys.jwks";
        entry[option] = value;
        return entry;
    }
}

public sealed class TrustedIssuerOptionTests(ChoosyGateway gateway) : GatewayTests<ChoosyGateway>(gateway)
{
    [Theory]
    [InlineData("""["clerk","staff"]""", "clerk,staff")]
    [InlineData("\"clerk\"", "clerk")]
    [InlineData("\"clerk staff\"", "clerk,staff")]
    [InlineData("""["clerk staff"]""", "clerk staff")] // one role with a space in its name: a list is split already
    [InlineData("[]", null)]
    [InlineData("\"\"", null)]
    [InlineData("null", null)]
    public async Task Roles_come_as_string_list_or_array(string claim, string? roles)
    {
        var token = gateway.MintFor("https://groups.example.com").WithClaim("groups", JsonNode.Parse(claim));

        await gateway.Bearing(token).GetAsync("/orders/1");

        Assert.Equal(roles, gateway.Backend.Request.Headers["X-User-Roles"]);
    }

    [Fact]
    public async Task Roles_come_from_the_claim_that_is_named_and_from_no_other()
    {
        var token = gateway.MintFor("https://groups.example.com").WithClaim("roles", new JsonArray("admin"));

        var response = await gateway.Bearing(token).GetAsync("/admins/1");

        await response.AssertRefusedAsync(403, "policy_denied");
    }

    [Fact]
    public async Task Roles_come_out_of_a_nested_claim()
    {
        var token = gateway.MintFor("https://nested.example.com").WithClaim("realm_access", new JsonObject { ["roles"] = new JsonArray("admin") });

        var response = await gateway.Bearing(token).GetAsync("/admins/1");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("admin", gateway.Backend.Request.Headers["X-User-Roles"]);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("\"admin\"")]
    [InlineData("[\"admin\"]")]
    [InlineData("""{"roles":{"admin":true}}""")]
    [InlineData("""{"roles":[["admin"]]}""")]
    [InlineData("""{"roles":[1,true,null]}""")]
    public async Task Nested_claim_of_another_shape_gives_no_admin(string claim)
    {
        var token = gateway.MintFor("https://nested.example.com").WithClaim("realm_access", JsonNode.Parse(claim));

        var response = await gateway.Bearing(token).GetAsync("/admins/1");

        Assert.Contains((int)response.StatusCode, (int[])[401, 403]);
        Assert.Empty(gateway.Backend.Requests);
    }

    [Fact]
    public async Task Issuer_gives_only_the_roles_that_it_may()
    {
        var token = gateway.MintFor("https://listed.example.com").WithClaim("roles", new JsonArray("admin", "clerk", "Staff"));

        var refused = await gateway.Bearing(token).GetAsync("/admins/1");
        await gateway.Bearing(token).GetAsync("/orders/1");

        await refused.AssertRefusedAsync(403, "policy_denied");
        Assert.Equal("clerk", gateway.Backend.Request.Headers["X-User-Roles"]);
    }

    [Fact]
    public async Task Subject_bears_the_prefix_of_its_issuer()
    {
        var token = gateway.MintFor("https://prefix.example.com").WithClaim("sub", "u-9");

        await gateway.Bearing(token).GetAsync("/orders/1");

        Assert.Equal("partner:u-9", gateway.Backend.Request.Headers["X-User-Id"]);
    }

    [Theory]
    [InlineData(540, 200)]
    [InlineData(660, 401)]
    [InlineData(4_000_000, 401)]
    public async Task Token_that_is_issued_for_longer_than_allowed_is_refused(int lifetime, int status)
    {
        var mint = gateway.MintFor("https://brief.example.com");

        var response = await gateway.Bearing(mint.WithClaim("exp", (long)mint.Payload["iat"]! + lifetime)).GetAsync("/orders/1");

        Assert.Equal(status, (int)response.StatusCode);
    }

    [Fact]
    public async Task Lifetime_is_not_escaped_by_leaving_out_the_time_of_issue()
    {
        var mint = gateway.MintFor("https://brief.example.com");
        mint.Payload.Remove("iat");

        var response = await gateway.Bearing(mint.WithClaim("exp", DateTimeOffset.UtcNow.ToUnixTimeSeconds() + 4_000_000)).GetAsync("/orders/1");

        await response.AssertRefusedAsync(401, "token_invalid");
    }

    [Fact]
    public async Task Type_outside_the_issuers_list_is_refused()
    {
        var mint = gateway.MintFor("https://strict.example.com");

        await (await gateway.Bearing(mint.WithHeader("typ", "JWT")).GetAsync("/orders/1")).AssertRefusedAsync(401, "token_invalid");
        await (await gateway.Bearing(mint.WithoutHeader("typ")).GetAsync("/orders/1")).AssertRefusedAsync(401, "token_invalid");
        Assert.Equal(HttpStatusCode.OK, (await gateway.Bearing(mint.WithHeader("typ", "at+jwt")).GetAsync("/orders/1")).StatusCode);
    }

    [Fact]
    public async Task Algorithm_outside_the_issuers_list_is_refused()
    {
        var token = gateway.MintFor("https://rsa.example.com").WithHeader("alg", "ES256");

        await (await gateway.Bearing(token).GetAsync("/orders/1")).AssertRefusedAsync(401, "token_invalid");
    }

    [Fact]
    public async Task Token_without_a_key_id_is_not_tried_on_every_key_of_its_issuer()
    {
        var mint = gateway.MintFor("https://rolling.example.com");

        await (await gateway.Bearing(mint.WithoutHeader("kid")).GetAsync("/orders/1")).AssertRefusedAsync(401, "token_invalid");
        Assert.Equal(HttpStatusCode.OK, (await gateway.Bearing(mint.WithClaim("x", 1)).GetAsync("/orders/1")).StatusCode);
    }
}
