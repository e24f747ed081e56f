namespace Gateway.IntegrationTests.Routes;

public sealed class DialectGateway : TestGateway
{
    public static readonly string[] Words = ["gateway", "forwarded", "remote-user", "x-remote-user", "grafana", "jenkins", "userinfo"];

    public TestIssuer Issuer { get; } = new("https://id.example.com");

    protected override void Configure(SettingsFile settings)
    {
        Folder.Write("id.jwks", TestIssuer.Jwks(Issuer));
        var entry = Issuer.Entry();
        (entry["JwksFile"], entry["RolesClaim"]) = ("id.jwks", "roles");
        settings.Trust(entry)
            .Set("Gateway:Identity:Dialect", "remote-user")
            .Set("Gateway:Identity:Headers", new JsonObject { ["X-Tenant"] = "tenant", ["X-Forwarded-Email"] = "mail" });
        foreach (var word in Words)
            settings.Route(word, $"/{word}/{{**rest}}", metadata: new() { ["Identity"] = word });
    }
}

/// <summary>A backend that was set up for another gateway hears what that one would have said.</summary>
public sealed class DialectTests(DialectGateway gateway) : GatewayTests<DialectGateway>(gateway)
{
    private static readonly JsonObject Dora = new()
    {
        ["sub"] = "u-9", ["sid"] = "s-9", ["jti"] = "t-9", ["preferred_username"] = "dora", ["name"] = "Dora D", ["email"] = "dora@example.com", ["roles"] = new JsonArray("clerk", "a|b,c"), ["tenant"] = "acme", ["mail"] = "other@example.com",
    };

    [Theory]
    [InlineData("gateway", "X-User-Id: u-9|X-User-Name: dora|X-User-Email: dora@example.com|X-User-Roles: clerk,a{bar}b%2Cc|X-Session-Id: s-9|X-Token-Id: t-9")]
    [InlineData("forwarded", "X-Forwarded-User: dora|X-Forwarded-Preferred-Username: dora|X-Forwarded-Groups: clerk,a{bar}b%2Cc")]      // and the e-mail as the configuration has it
    [InlineData("remote-user", "Remote-User: dora|Remote-Groups: clerk,a{bar}b%2Cc|Remote-Name: Dora D|Remote-Email: dora@example.com")]
    [InlineData("x-remote-user", "X-Remote-User: dora")]
    [InlineData("grafana", "X-WEBAUTH-USER: dora|X-WEBAUTH-NAME: Dora D|X-WEBAUTH-EMAIL: dora@example.com|X-WEBAUTH-GROUPS: clerk,a{bar}b%2Cc")]
    [InlineData("jenkins", "X-Forwarded-User: dora|X-Forwarded-Groups: clerk{bar}a%7Cb,c")]
    public async Task Route_speaks_its_dialect_and_no_other(string word, string headers)
    {
        await gateway.RawAsync($"GET /{word}/1", $"Authorization: Bearer {gateway.Issuer.Token(Dora)}");

        var told = headers.Split('|').Select(header => header.Replace("{bar}", "|")).Append("X-Tenant: acme").Append("X-Forwarded-Email: other@example.com");
        Assert.Equal(told.Order(), Told());
    }

    [Fact]
    public async Task Userinfo_is_the_identity_as_json()
    {
        await gateway.RawAsync("GET /userinfo/1", $"Authorization: Bearer {gateway.Issuer.Token(Dora)}");

        var header = gateway.Backend.Request.Headers["X-Userinfo"]!;
        Assert.Equal("""{"sub":"u-9","preferred_username":"dora","email":"dora@example.com","roles":["clerk","a|b,c"],"sid":"s-9"}""", Encoding.UTF8.GetString(System.Buffers.Text.Base64Url.DecodeFromChars(header)));
        Assert.Equal(["X-Forwarded-Email: other@example.com", "X-Tenant: acme", $"X-Userinfo: {header}"], Told());
    }

    [Fact]
    public async Task Route_that_says_nothing_speaks_the_dialect_of_all()
    {
        await gateway.RawAsync("GET /orders/1", $"Authorization: Bearer {gateway.Issuer.Token(new() { ["sub"] = "u-8" })}");

        Assert.Equal(["Remote-Name: u-8", "Remote-User: u-8"], Told());
    }

    // One identity, remembered, on one route after the other: what was said on one must not be said on the next.
    [Fact]
    public async Task One_user_is_told_in_every_dialect_in_turn()
    {
        var token = gateway.Issuer.Token(Dora);

        foreach (var word in (string[])[.. DialectGateway.Words, .. DialectGateway.Words.Reverse()])
        {
            gateway.Backend.Forget();
            await gateway.RawAsync($"GET /{word}/1", $"Authorization: Bearer {token}");
            Assert.Equal((word is "grafana", word is "userinfo", word is "gateway"), (gateway.Backend.Request.Headers.Has("X-WEBAUTH-USER"), gateway.Backend.Request.Headers.Has("X-Userinfo"), gateway.Backend.Request.Headers.Has("X-User-Id")));
        }
    }

    private IEnumerable<string> Told() => gateway.Backend.Request.Headers.All
        .Where(header => header.Name is not ("Host" or "Accept" or "X-Forwarded-For" or "X-Forwarded-Proto" or "X-Forwarded-Host" or "traceparent"))
        .Select(header => $"{header.Name}: {header.Value}").Order();
}
