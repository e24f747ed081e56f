using System.Buffers.Text;
using System.Security.Cryptography;

namespace Gateway.IntegrationTests.Tokens;

public sealed class KeyPublicationTests(TestGateway gateway) : GatewayTests<TestGateway>(gateway)
{
    [Fact]
    public async Task Published_key_verifies_our_token_without_our_code()
    {
        var token = (await gateway.SignInAsync("anna")).Session.AccessToken;

        var jwk = await KeyOfAsync(token);

        Assert.Equal(("EC", "P-256", "ES256", "sig"), ((string)jwk["kty"]!, (string)jwk["crv"]!, (string)jwk["alg"]!, (string)jwk["use"]!));
        using var key = ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = new() { X = Bytes(jwk["x"]), Y = Bytes(jwk["y"]) } });
        Assert.True(key.VerifyData(Jwt.SignedBytes(token), Jwt.Signature(token), HashAlgorithmName.SHA256));
    }

    [Fact]
    public async Task Published_keys_have_no_private_part()
    {
        var nobody = gateway.Anonymous();

        var keys = await (await nobody.GetAsync("/.well-known/jwks.json")).ReadJsonAsync();

        string[] members = ["alg", "crv", "kid", "kty", "use", "x", "y"];
        Assert.NotEmpty(keys["keys"]!.AsArray());
        Assert.All(keys["keys"]!.AsArray(), key => Assert.Equal(members, key!.AsObject().Select(member => member.Key).Order()));
    }

    [Fact]
    public async Task Both_metadata_documents_are_one_and_lead_to_the_keys()
    {
        var nobody = gateway.Anonymous();

        var oauth = await (await nobody.GetAsync("/.well-known/oauth-authorization-server")).ReadJsonAsync();
        var openid = await (await nobody.GetAsync("/.well-known/openid-configuration")).ReadJsonAsync();

        Assert.Equal(oauth.ToJsonString(), openid.ToJsonString());
        Assert.Equal("http://localhost:8080", (string)oauth["issuer"]!);
        Assert.Equal("http://localhost:8080/.well-known/jwks.json", (string)oauth["jwks_uri"]!);
    }

    [Fact]
    public async Task Metadata_path_that_a_route_claims_is_the_backends()
    {
        await using var other = await TestGateway.StartAsync(settings => settings.Route("discovery", "/.well-known/openid-configuration", "anonymous"));
        var nobody = other.Anonymous();

        var claimed = await nobody.GetStringAsync("/.well-known/openid-configuration");
        var ours = await (await nobody.GetAsync("/.well-known/oauth-authorization-server")).ReadJsonAsync();

        Assert.Equal("ok", claimed);
        Assert.Equal("/.well-known/openid-configuration", other.Backend.Request.Target);
        Assert.Equal("http://localhost:8080", (string)ours["issuer"]!);
    }

    [Fact]
    public async Task Issuer_may_have_a_name_of_its_own()
    {
        await using var other = await TestGateway.StartAsync(settings => settings.Set("Gateway:Tokens:Issuer", "https://id.example.com").Set("Gateway:Tokens:Audience", "shop"));
        var anna = await other.SignInAsync("anna");

        var metadata = await (await anna.GetAsync("/.well-known/oauth-authorization-server")).ReadJsonAsync();

        Assert.Equal("https://id.example.com", (string)metadata["issuer"]!);
        Assert.Equal("https://id.example.com", (string)Jwt.Payload(anna.Session.AccessToken)["iss"]!);
        Assert.Contains("shop", Jwt.Payload(anna.Session.AccessToken)["aud"]!.ToJsonString());
        Assert.Equal(HttpStatusCode.OK, (await anna.GetAsync("/orders/1")).StatusCode);
    }

    [Fact]
    public async Task Every_address_in_the_metadata_is_ours_and_answers()
    {
        await using var other = await TestGateway.StartAsync(settings => settings.Set("Gateway:Path", "/id").Set("Gateway:PublicUrl", "https://gateway.example.com"));
        var metadata = await (await other.Anonymous().GetAsync("/.well-known/oauth-authorization-server")).ReadJsonAsync();

        var addresses = metadata.Where(m => m.Key.EndsWith("_uri", StringComparison.Ordinal) || m.Key.EndsWith("_endpoint", StringComparison.Ordinal)).Select(m => new Uri((string)m.Value!)).ToArray();

        Assert.NotEmpty(addresses);
        Assert.All(addresses, address => Assert.Equal("https://gateway.example.com", address.GetLeftPart(UriPartial.Authority)));
        foreach (var address in addresses)
            Assert.NotEqual(HttpStatusCode.NotFound, (await other.Anonymous().GetAsync(address.PathAndQuery)).StatusCode);
        Assert.All(["response_types_supported", "grant_types_supported", "subject_types_supported", "id_token_signing_alg_values_supported"], member => Assert.IsType<JsonArray>(metadata[member])); // RFC 8414, OpenID Discovery
    }

    [Theory]
    [InlineData("/auth/introspect")]
    [InlineData("/auth/revoke")]
    public async Task Nobody_may_introspect_or_revoke_while_no_client_is_configured(string path)
    {
        var anna = await gateway.SignInAsync("anna");
        var form = new FormUrlEncodedContent([KeyValuePair.Create("token", anna.Session.AccessToken)]);

        var response = await anna.PostAsync(path, form);

        await response.AssertRefusedAsync(401, "invalid_credentials");
        Assert.StartsWith("Basic", response.Headers.WwwAuthenticate.ToString());
        Assert.Equal(HttpStatusCode.OK, (await anna.GetAsync("/auth/me")).StatusCode);
    }

    [Theory]
    [InlineData("RS256")]
    [InlineData("PS256")]
    public async Task RSA_by_configuration_is_published_and_verifiable(string algorithm)
    {
        var padding = algorithm == "RS256" ? RSASignaturePadding.Pkcs1 : RSASignaturePadding.Pss;
        await using var other = await TestGateway.StartAsync(settings => settings.Set("Gateway:Tokens:Algorithm", algorithm));
        var anna = await other.SignInAsync("anna");
        var token = anna.Session.AccessToken;

        var keys = await (await anna.GetAsync("/.well-known/jwks.json")).ReadJsonAsync();

        var jwk = Assert.Single(keys["keys"]!.AsArray())!.AsObject();
        Assert.All(["d", "p", "q", "dp", "dq", "qi"], secret => Assert.False(jwk.ContainsKey(secret)));
        Assert.Equal([algorithm, algorithm], [(string)jwk["alg"]!, (string)Jwt.Header(token)["alg"]!]);
        using var key = RSA.Create(new RSAParameters { Modulus = Bytes(jwk["n"]), Exponent = Bytes(jwk["e"]) });
        Assert.True(key.KeySize >= 2048);
        Assert.True(key.VerifyData(Jwt.SignedBytes(token), Jwt.Signature(token), HashAlgorithmName.SHA256, padding));
        Assert.Equal(HttpStatusCode.OK, (await anna.GetAsync("/orders/1")).StatusCode);
    }

    [Fact]
    public async Task HS256_by_configuration_works_and_publishes_nothing()
    {
        await using var other = await TestGateway.StartAsync(settings => settings.Set("Gateway:Tokens:Algorithm", "HS256"));
        var anna = await other.SignInAsync("anna");

        var keys = await (await anna.GetAsync("/.well-known/jwks.json")).ReadJsonAsync();

        Assert.Empty(keys["keys"]!.AsArray());
        Assert.Equal("HS256", (string)Jwt.Header(anna.Session.AccessToken)["alg"]!);
        Assert.Equal(HttpStatusCode.OK, (await anna.GetAsync("/orders/1")).StatusCode);
    }

    private async Task<JsonObject> KeyOfAsync(string token)
    {
        var nobody = gateway.Anonymous();
        var keys = await (await nobody.GetAsync("/.well-known/jwks.json")).ReadJsonAsync();
        return Assert.Single(keys["keys"]!.AsArray(), key => (string)key!["kid"]! == (string)Jwt.Header(token)["kid"]!)!.AsObject();
    }

    private static byte[] Bytes(JsonNode? value) => Base64Url.DecodeFromChars((string)value!);
}
