using FsCheck;
using FsCheck.Fluent;

namespace Gateway.IntegrationTests.Routes;

public sealed class HeaderGateway : TestGateway
{
    public TestIssuer Issuer { get; } = new("https://id.example.com");

    protected override void Configure(SettingsFile settings)
    {
        Folder.Write("id.jwks", TestIssuer.Jwks(Issuer));
        var entry = Issuer.Entry();
        (entry["JwksFile"], entry["RolesClaim"]) = ("id.jwks", "roles");
        settings.Trust(entry)
            .Set("Gateway:Identity:Headers", new JsonObject { ["X-Tenant"] = "tenant", ["X-Region_Code"] = "region", ["X-Mail"] = "email" })
            .Set("Gateway:Policies:mailed", new JsonObject { ["Claims"] = new JsonObject { ["email"] = new JsonArray("boss@example.com") } })
            .Route("mailed", "/mailed/{**rest}", "mailed");
    }

    public Caller As(JsonObject claims) => Bearing(Issuer.Token(claims));
}

/// <summary>What an unmodified backend is told about who is there.</summary>
public sealed class IdentityHeaderTests(HeaderGateway gateway) : GatewayTests<HeaderGateway>(gateway)
{
    // Every header of every dialect (design section 7), and those of this gateway's configuration.
    private static readonly string[] Known =
    [
        "X-User-Id", "X-User-Name", "X-User-Email", "X-User-Roles", "X-Session-Id", "X-Token-Id", "X-Gateway-Assertion",
        "X-Forwarded-User", "X-Forwarded-Preferred-Username", "X-Forwarded-Email", "X-Forwarded-Groups",
        "Remote-User", "Remote-Groups", "Remote-Name", "Remote-Email", "X-Remote-User",
        "X-WEBAUTH-USER", "X-WEBAUTH-NAME", "X-WEBAUTH-EMAIL", "X-WEBAUTH-GROUPS", "X-Userinfo",
        "X-Tenant", "X-Region_Code", "X-Mail",
    ];

    // What a header's name may contain beside letters and digits (RFC 9110 section 5.6.2).
    private static readonly string[] Separators = [.. "!#$%&'*+-.^_`|~".Select(letter => letter.ToString()), "--", "-_", "__", "..", "_-_", "-.-"];

    [Fact]
    public async Task Backend_is_told_the_claims_of_our_own_user()
    {
        var anna = await gateway.SignInAsync("anna");

        await anna.GetAsync("/orders/1");

        var headers = gateway.Backend.Request.Headers;
        Assert.Equal(anna.Session.User.Id, headers["X-User-Id"]);
        Assert.Equal("anna", headers["X-User-Name"]);
        Assert.Equal("user", headers["X-User-Roles"]);
        Assert.Equal(anna.Session.SessionId, headers["X-Session-Id"]);
        Assert.Equal((string)Jwt.Payload(anna.Session.AccessToken)["jti"]!, headers["X-Token-Id"]);
    }

    [Fact]
    public async Task Backend_is_told_any_claim_by_configuration()
    {
        await gateway.As(new() { ["tenant"] = "acme", ["region"] = "eu" }).GetAsync("/orders/1");

        Assert.Equal("acme", gateway.Backend.Request.Headers["X-Tenant"]);
        Assert.Equal("eu", gateway.Backend.Request.Headers["X-Region_Code"]);
    }

    [Fact]
    public async Task Absent_claim_is_an_absent_header()
    {
        await gateway.As([]).GetAsync("/orders/1");

        var headers = gateway.Backend.Request.Headers;
        Assert.All(["X-Tenant", "X-Region_Code", "X-User-Roles", "X-User-Email", "X-Session-Id"], name => Assert.False(headers.Has(name), name));
    }

    [Fact]
    public async Task Name_is_the_subject_where_the_issuer_gives_none()
    {
        await gateway.As(new() { ["sub"] = "u-8" }).GetAsync("/orders/1");

        Assert.Equal("u-8", gateway.Backend.Request.Headers["X-User-Name"]);
    }

    [Fact]
    public async Task Unverified_email_is_not_told()
    {
        var anna = await gateway.SignUpAsync("annabel", "annabel@example.com");

        await anna.GetAsync("/orders/1");

        Assert.DoesNotContain("annabel@", gateway.Backend.Request.Headers.ToString());
    }

    // Whoever signs up with the boss's address must not be the boss.
    [Fact]
    public async Task Unverified_email_meets_no_policy()
    {
        var anna = await gateway.SignUpAsync("impostor", "boss@example.com");

        var response = await anna.GetAsync("/mailed/1");

        await response.AssertRefusedAsync(403, "policy_denied");
        Assert.Empty(gateway.Backend.Requests);
    }

    [Fact]
    public async Task Verified_email_is_told()
    {
        (await gateway.RunAsync(["users", "add", "boris", "--email", "boris@example.com", "--password-stdin"], TestGateway.Password + "\n")).AssertSucceeded();
        var boris = await gateway.LogInAsync("boris");

        await boris.GetAsync("/orders/1");

        Assert.Equal("boris@example.com", gateway.Backend.Request.Headers["X-User-Email"]);
    }

    [Theory]
    [InlineData("{}", true)]
    [InlineData("""{"email_verified":true}""", true)]
    [InlineData("""{"email_verified":false}""", false)]
    [InlineData("""{"email_verified":"false"}""", false)]
    public async Task Email_of_a_trusted_issuer_is_told_unless_it_says_otherwise(string claims, bool told)
    {
        var all = JsonNode.Parse(claims)!.AsObject();
        all["email"] = "carl@example.com";

        await gateway.As(all).GetAsync("/orders/1");

        Assert.Equal(told ? "carl@example.com" : null, gateway.Backend.Request.Headers["X-User-Email"]);
    }

    [Theory]
    [InlineData("José", "Jos%C3%A9")]
    [InlineData("名前", "%E5%90%8D%E5%89%8D")]
    [InlineData("100%", "100%25")]
    [InlineData("%41", "%2541")]
    [InlineData("Anna Maria", "Anna Maria")]
    [InlineData(" lead", "%20lead")]
    [InlineData("trail ", "trail%20")]
    public async Task Name_reaches_the_backend_percent_encoded(string name, string header)
    {
        var response = await gateway.As(new() { ["preferred_username"] = name }).GetAsync("/orders/1");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(header, gateway.Backend.Request.Headers["X-User-Name"]);
        Assert.False(gateway.Backend.Request.Headers.Has("X-User-Roles"));
    }

    [Theory]
    [InlineData("a\r\nX-User-Roles: admin")]
    [InlineData("tab\there")]
    [InlineData("nul\0")]
    [InlineData("del\u007f")]
    [InlineData("next\u0085line")]
    public async Task Name_with_a_control_character_reaches_nobody(string name)
    {
        var response = await gateway.As(new() { ["preferred_username"] = name }).GetAsync("/orders/1");

        await response.AssertRefusedAsync(401, "token_invalid");
        Assert.Empty(gateway.Backend.Requests);
    }

    [Fact]
    public async Task Separator_within_a_role_cannot_make_two()
    {
        await gateway.As(new() { ["roles"] = new JsonArray("clerk,admin", "staff") }).GetAsync("/orders/1");

        Assert.Equal("clerk%2Cadmin,staff", gateway.Backend.Request.Headers["X-User-Roles"]);
    }

    [Theory]
    [InlineData("""["a,b"]""", "a%2Cb")]
    [InlineData("\"a,b\"", "a%2Cb")]
    [InlineData("""["a","b"]""", "a,b")]
    public async Task Separator_within_a_claim_that_may_be_a_list_cannot_make_two(string claim, string header)
    {
        await gateway.As(new() { ["tenant"] = JsonNode.Parse(claim) }).GetAsync("/orders/1");

        Assert.Equal(header, gateway.Backend.Request.Headers["X-Tenant"]);
    }

    [Fact]
    public void Every_name_reaches_the_backend_as_printable_ascii_that_decodes_to_itself()
    {
        var names = ArbMap.Default.GeneratorFor<NonEmptyString>().Select(s => s.Get).Where(s => s.Length < 200 && IsWellFormed(s));

        Prop.ForAll(names.ToArbitrary(), name => TellAsync(name).GetAwaiter().GetResult()).QuickCheckThrowOnFailure();

        async Task<bool> TellAsync(string name)
        {
            gateway.Backend.Forget();
            var response = await gateway.As(new() { ["preferred_username"] = name, ["tenant"] = name, ["roles"] = new JsonArray(name) }).GetAsync("/orders/1");
            if (name.Any(char.IsControl))
                return response.StatusCode is HttpStatusCode.Unauthorized && gateway.Backend.Requests.Count == 0;

            var headers = gateway.Backend.Request.Headers;
            return ((string[])["X-User-Name", "X-Tenant", "X-User-Roles"]).All(header =>
                headers[header] is { } value && value.All(letter => letter is >= ' ' and <= '~') && Uri.UnescapeDataString(value) == name);
        }
    }

    // A list that was cut would make another person of him.
    [Theory]
    [InlineData(1365, 200)]
    [InlineData(1366, 431)]
    public async Task More_than_a_header_holds_is_refused_and_never_cut(int letters, int status)
    {
        var response = await gateway.As(new() { ["roles"] = new JsonArray(new string(',', letters)) }).GetAsync("/orders/1");

        Assert.Equal(status, (int)response.StatusCode);
        if (status == 431)
            await response.AssertRefusedAsync(431, "request_refused");
        Assert.Equal(status == 200 ? 1 : 0, gateway.Backend.Requests.Count);
    }

    [Theory]
    [InlineData("/open/1")]
    [InlineData("/orders/1")]
    public async Task Known_identity_header_of_a_client_is_stripped(string path)
    {
        var token = gateway.Issuer.Token();
        var spoofed = Known.SelectMany(name => (string[])[$"{name}: spoofed", $"{name.ToUpperInvariant()}: spoofed"]);

        var answer = await gateway.RawAsync("GET " + path, [$"Authorization: Bearer {token}", .. spoofed]);

        Assert.Equal(200, answer.Status);
        Assert.DoesNotContain("spoofed", gateway.Backend.Request.Headers.ToString());
    }

    [Theory]
    [InlineData("/open/1")]
    [InlineData("/orders/1")]
    public void Spoofed_identity_header_is_stripped_in_every_spelling(string path)
    {
        var token = gateway.Issuer.Token();

        Prop.ForAll(Spellings.ListOf(20).ToArbitrary(), spellings => StripAsync(spellings).GetAwaiter().GetResult()).QuickCheckThrowOnFailure();

        async Task<bool> StripAsync(IEnumerable<string> spellings)
        {
            gateway.Backend.Forget();
            var answer = await gateway.RawAsync("GET " + path, [$"Authorization: Bearer {token}", .. spellings.Select(name => $"{name}: spoofed")]);
            return answer.Status == 200 && !gateway.Backend.Request.Headers.ToString().Contains("spoofed", StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("X-User")]
    [InlineData("X-User-Ids")]
    [InlineData("X-UserId")]
    [InlineData("User-Id")]
    [InlineData("X-Tenants")]
    [InlineData("X-Request-Id")]
    public async Task Header_that_only_resembles_one_of_ours_is_forwarded(string name)
    {
        await gateway.RawAsync("GET /open/1", $"{name}: kept");

        Assert.Equal("kept", gateway.Backend.Request.Headers[name]);
    }

    [Fact]
    public async Task Identity_header_named_in_connection_is_not_lost()
    {
        var token = gateway.Issuer.Token(new() { ["preferred_username"] = "dora" });

        // Hop-by-hop abuse: a proxy that drops what Connection names would drop the identity as well.
        await RawHttp.SendAsync(gateway.Url, $"GET /orders/1 HTTP/1.1\r\nHost: {gateway.Url.Authority}\r\nAuthorization: Bearer {token}\r\nConnection: close, X-User-Id, X-User-Name\r\n\r\n");

        Assert.Equal("u-1", gateway.Backend.Request.Headers["X-User-Id"]);
        Assert.Equal("dora", gateway.Backend.Request.Headers["X-User-Name"]);
        Assert.DoesNotContain("X-User", gateway.Backend.Request.Headers["Connection"] ?? "");
    }

    [Fact]
    public async Task Two_names_that_differ_look_different_to_the_backend()
    {
        await gateway.As(new() { ["preferred_username"] = "José" }).GetAsync("/orders/1");
        await gateway.As(new() { ["preferred_username"] = "Jos%C3%A9" }).GetAsync("/orders/1");

        Assert.Equal(2, gateway.Backend.Requests.Select(request => request.Headers["X-User-Name"]).Distinct().Count());
    }

    // X-User-Id as x_uSER..iD: any case, and any run of other characters where the name has one.
    private static Gen<string> Spellings =>
        from name in Gen.Elements(Known)
        from separators in Gen.Elements(Separators).ArrayOf(8)
        from upper in ArbMap.Default.GeneratorFor<bool>().ArrayOf(64)
        select string.Concat(name.Split('-', '_').Select((part, i) => (i == 0 ? "" : separators[i]) + string.Concat(part.Select((letter, j) => upper[(i * 7 + j) % 64] ? char.ToUpperInvariant(letter) : char.ToLowerInvariant(letter)))));

    private static bool IsWellFormed(string text) => !text.EnumerateRunes().Any(rune => rune == Rune.ReplacementChar) && text == Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));
}
