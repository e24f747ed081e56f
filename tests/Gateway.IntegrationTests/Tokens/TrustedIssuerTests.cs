namespace Gateway.IntegrationTests.Tokens;

/// <summary>A gateway that trusts one issuer per way of finding its keys.</summary>
public sealed class TrustingGateway : TestGateway
{
    private readonly RecordingBackend keyServer = new();
    private readonly RecordingBackend discoveryServer = new();

    public TestIssuer ByFile { get; } = new("https://file.example.com");

    public TestIssuer ByAddress { get; private set; } = new("https://address.example.com", "RS256");

    public TestIssuer ByDiscovery { get; private set; } = null!;

    public TestIssuer[] Issuers => [ByFile, ByAddress, ByDiscovery];

    protected override void Configure(SettingsFile settings)
    {
        ByDiscovery = new(discoveryServer.Url.ToString().TrimEnd('/'));
        ByDiscovery.PublishAt(discoveryServer);
        keyServer.AnswerJson("/keys", TestIssuer.Jwks(ByAddress));
        Folder.Write("file.jwks", TestIssuer.Jwks(ByFile));

        var (file, address, discovery) = (ByFile.Entry(), ByAddress.Entry(), ByDiscovery.Entry());
        file["JwksFile"] = "file.jwks"; // relative to the configuration
        address["JwksUri"] = new Uri(keyServer.Url, "/keys").ToString();
        settings.Trust(file).Trust(address).Trust(discovery);
    }

    /// <summary>The issuer behind JwksUri has a second key from now on.</summary>
    public void RotateByAddress()
    {
        var next = ByAddress.WithAnotherKey();
        keyServer.AnswerJson("/keys", TestIssuer.Jwks(ByAddress, next));
        ByAddress = next;
    }
}

public sealed class TrustedIssuerTests(TrustingGateway gateway) : GatewayTests<TrustingGateway>(gateway)
{
    public static TheoryData<string> Tampered => [.. BrokenTokens.Tampered.Keys];

    public static TheoryData<string> Misissued => [.. BrokenTokens.Misissued.Keys];

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Good_token_of_a_trusted_issuer_passes(int issuer)
    {
        var token = gateway.Issuers[issuer].Token(new() { ["sub"] = "u-7", ["preferred_username"] = "petra" });

        var response = await gateway.Bearing(token).GetAsync("/orders/1");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("u-7", gateway.Backend.Request.Headers["X-User-Id"]);
        Assert.Equal("petra", gateway.Backend.Request.Headers["X-User-Name"]);
    }

    [Theory]
    [MemberData(nameof(Tampered))]
    public async Task Tampered_token_of_a_trusted_issuer_is_refused(string what) => await AssertRefusedAsync(BrokenTokens.Tampered[what](gateway.ByFile.Token()));

    [Theory]
    [MemberData(nameof(Misissued))]
    public async Task Misissued_token_of_a_trusted_issuer_is_refused(string what) => await AssertRefusedAsync(BrokenTokens.Misissued[what](Mint.Of(gateway.ByFile)));

    [Theory]
    [MemberData(nameof(Misissued))]
    public async Task Misissued_RSA_token_is_refused(string what) => await AssertRefusedAsync(BrokenTokens.Misissued[what](Mint.Of(gateway.ByAddress)));

    [Fact]
    public async Task Key_of_one_issuer_does_not_sign_for_another()
    {
        var payload = gateway.ByDiscovery.Payload();

        await AssertRefusedAsync(gateway.ByFile.Sign(gateway.ByFile.Header(), payload));
        await AssertRefusedAsync(gateway.ByFile.Sign(gateway.ByDiscovery.Header(), payload));
    }

    [Fact]
    public async Task Trusted_issuer_cannot_speak_in_our_name()
    {
        var anna = await gateway.SignInAsync("anna");
        var ours = Jwt.Payload(anna.Session.AccessToken);

        await AssertRefusedAsync(gateway.ByFile.Sign(gateway.ByFile.Header(), ours));
        await AssertRefusedAsync(gateway.ByFile.Sign(Jwt.Header(anna.Session.AccessToken), ours));
    }

    [Theory]
    [InlineData("at+jwt")]
    [InlineData("AT+JWT")] // media types know no case
    [InlineData("application/at+jwt")]
    [InlineData("JWT")]
    [InlineData(null)]
    public async Task Usual_types_and_none_pass(string? type)
    {
        var header = gateway.ByFile.Header();
        header.Remove("typ");
        if (type is not null)
            header["typ"] = type;

        var response = await gateway.Bearing(gateway.ByFile.Sign(header, gateway.ByFile.Payload())).GetAsync("/orders/1");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task Audience_may_be_one_of_a_list()
    {
        var token = gateway.ByFile.Token(new() { ["aud"] = new JsonArray("billing", "orders") });

        Assert.Equal(HttpStatusCode.OK, (await gateway.Bearing(token).GetAsync("/orders/1")).StatusCode);
    }

    [Theory]
    [InlineData(253402300799)] // the last second of the year 9999: "never"
    [InlineData(32503680000)]
    public async Task Token_without_an_end_passes_where_no_longest_life_is_set(long expires)
    {
        var token = gateway.ByFile.Token(new() { ["exp"] = expires });

        Assert.Equal(HttpStatusCode.OK, (await gateway.Bearing(token).GetAsync("/orders/1")).StatusCode);
    }

    [Fact]
    public async Task Token_id_and_session_id_are_optional()
    {
        var payload = gateway.ByFile.Payload();
        payload.Remove("jti");

        var response = await gateway.Bearing(gateway.ByFile.Sign(gateway.ByFile.Header(), payload)).GetAsync("/orders/1");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.False(gateway.Backend.Request.Headers.Has("X-Token-Id"));
        Assert.False(gateway.Backend.Request.Headers.Has("X-Session-Id"));
    }

    [Theory]
    [InlineData("GET", "/auth/me")]
    [InlineData("GET", "/auth/sessions")]
    [InlineData("POST", "/auth/logout?scope=all")]
    [InlineData("DELETE", "/auth/sessions/1")]
    [InlineData("POST", "/auth/password")]
    public async Task Trusted_issuer_never_opens_our_own_endpoints(string method, string path)
    {
        var anna = await gateway.KeptAsync("anna");
        var posing = gateway.ByFile.Token(new() { ["sub"] = anna.Session.User.Id, ["sid"] = anna.Session.SessionId, ["roles"] = new JsonArray("admin") });

        var response = await gateway.Bearing(posing).SendAsync(new(new(method), path) { Content = JsonContent.Create(new { current_password = TestGateway.Password, new_password = "the issuer's choice" }) });

        await response.AssertRefusedAsync(response.StatusCode == HttpStatusCode.Forbidden ? 403 : 401, "token_invalid", "policy_denied");
        Assert.Equal(HttpStatusCode.OK, (await anna.GetAsync("/auth/me")).StatusCode);
    }

    [Fact]
    public async Task New_key_of_an_issuer_is_found_by_itself()
    {
        var old = gateway.ByAddress.Token();
        Assert.Equal(HttpStatusCode.OK, (await gateway.Bearing(old).GetAsync("/orders/1")).StatusCode);
        gateway.RotateByAddress();
        var token = gateway.ByAddress.Token();

        await Eventually.IsAsync(() => gateway.Bearing(token).GetAsync("/orders/1"), response => response.StatusCode == HttpStatusCode.OK);

        Assert.Equal(HttpStatusCode.OK, (await gateway.Bearing(gateway.ByAddress.Token()).GetAsync("/orders/1")).StatusCode);
    }

    private async Task AssertRefusedAsync(string token)
    {
        var answer = await gateway.RawAsync("GET /orders/1", $"Authorization: Bearer {token}");

        answer.AssertRefused(401, "token_invalid", "token_expired");
        Assert.Empty(gateway.Backend.Requests);
    }
}
