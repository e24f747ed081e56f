using System.Security.Cryptography;
using Gateway.Sessions;
using Gateway.Tokens;
using Microsoft.IdentityModel.Tokens;

namespace Gateway.UnitTests.Tokens;

/// <summary>Access tokens in the shapes of the identity providers that are met in the wild. Whoever trusts one names its role claim, and no more.</summary>
public sealed class ProviderTokenTests
{
    private const string Times = """ "iat":{now},"exp":{later} """;

    public static TheoryData<string> Good => [.. Shapes.Keys];

    private static readonly Dictionary<string, (string Type, string? RolesClaim, string Claims, string Subject, string[] Roles, string[] Scopes)> Shapes = new()
    {
        ["Keycloak"] = ("JWT", "realm_access.roles", """
            "auth_time":0,"jti":"onrtac:7d4b","aud":["orders","account"],"sub":"6f1d2c9a-5a3e-4a41-9d0e-0e2d7c1b8f66","typ":"Bearer","azp":"web","sid":"2b1c","acr":"1",
            "allowed-origins":["https://app.example.com"],"realm_access":{"roles":["clerk","offline_access"]},"resource_access":{"account":{"roles":["view-profile"]}},
            "scope":"openid email profile","email_verified":true,"name":"Petra Meier","preferred_username":"petra","given_name":"Petra","email":"petra@example.com"
            """, "6f1d2c9a-5a3e-4a41-9d0e-0e2d7c1b8f66", ["clerk", "offline_access"], ["openid", "email", "profile"]),
        ["Entra ID, version 2"] = ("JWT", null, """
            "aud":"orders","nbf":{now},"aio":"AWQAm/8","azp":"11111111-1111","azpacr":"1","name":"Petra Meier","oid":"22222222","preferred_username":"petra@example.com","rh":"0.AAA.",
            "roles":["Orders.Read","Orders.Write"],"scp":"access_as_user","sid":"00e2","sub":"AAAAAAAAAAAAAAAAAAAAAIkzqFVrSaSaFHy782bbtaQ","tid":"33333333","uti":"fqiB","ver":"2.0","idtyp":"user","xms_tcdt":1600000000
            """, "AAAAAAAAAAAAAAAAAAAAAIkzqFVrSaSaFHy782bbtaQ", ["Orders.Read", "Orders.Write"], ["access_as_user"]),
        ["Entra ID, version 1"] = ("JWT", null, """
            "aud":"orders","nbf":{now},"acr":"1","appid":"11111111","appidacr":"0","ipaddr":"192.0.2.1","roles":["Orders.Read"],"scp":"user_impersonation","sub":"l3_roISQU222bULS9yi2k0XpqpOiMz5H3ZACo1GeXA","unique_name":"petra@example.com","ver":"1.0"
            """, "l3_roISQU222bULS9yi2k0XpqpOiMz5H3ZACo1GeXA", ["Orders.Read"], ["user_impersonation"]),
        ["Auth0"] = ("JWT", "https://example.com/roles", """
            "https://example.com/roles":["clerk"],"https://example":{"com/roles":["admin"]},"sub":"auth0|5f7c8ec7c33c6c004bbafe82","aud":["orders","https://tenant.example.com/userinfo"],"azp":"my_client","scope":"openid profile","permissions":["read:orders"],"gty":"password"
            """, "auth0|5f7c8ec7c33c6c004bbafe82", ["clerk"], ["openid", "profile"]),
        ["Auth0, profile of RFC 9068"] = ("at+jwt", "https://example.com/roles", """
            "https://example.com/roles":["clerk"],"sub":"auth0|5f7c","aud":"orders","jti":"3nq","client_id":"my_client","scope":"openid"
            """, "auth0|5f7c", ["clerk"], ["openid"]),
        ["Okta"] = ("application/okta-internal-at+jwt", "groups", """
            "ver":1,"jti":"AT.0mP4JKAZX1iACIT4vbEDF7LpvDVjxypPMf0D7uX39RE","aud":"orders","cid":"0oab","uid":"00ub","scp":["openid","orders:read"],"auth_time":{now},"sub":"petra@example.com","groups":["Everyone","clerk"]
            """, "petra@example.com", ["Everyone", "clerk"], ["openid", "orders:read"]),
        ["Cognito, identity token"] = ("JWT", "cognito:groups", """
            "sub":"aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee","cognito:groups":["clerk"],"email_verified":true,"cognito:username":"petra","origin_jti":"o1","aud":"orders","event_id":"e1","token_use":"id","auth_time":{now},"jti":"j1","email":"petra@example.com"
            """, "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee", ["clerk"], []),
        ["Google, identity token"] = ("JWT", null, """
            "azp":"407408718192.apps.googleusercontent.com","aud":"orders","sub":"110169484474386276334","hd":"example.com","email":"petra@example.com","email_verified":true,"at_hash":"HK6E_P6Dh8Y93mRNtsDB1Q","name":"Petra Meier","picture":"https://example.com/photo.jpg","given_name":"Petra"
            """, "110169484474386276334", [], []),
        ["Spring Authorization Server"] = ("JWT", "authorities", """
            "sub":"petra","aud":"orders","nbf":{now},"scope":["orders.read","openid"],"jti":"a0","authorities":["ROLE_clerk"]
            """, "petra", ["ROLE_clerk"], ["orders.read", "openid"]),
    };

    [Theory]
    [MemberData(nameof(Good))]
    public async Task A_providers_token_is_believed_and_its_roles_are_found(string provider)
    {
        var (type, rolesClaim, claims, subject, roles, scopes) = Shapes[provider];

        var (issuer, read, refusal) = await VerifyAsync(type, claims, o => (o.RolesClaim, o.Types) = (rolesClaim, provider == "Okta" ? ["okta-internal-at+jwt"] : o.Types));

        Assert.Null(refusal);
        var identity = new Identity(CredentialKind.Bearer, "x", issuer!, read!, false, Made.Forever);
        Assert.Equal(subject, identity.Subject);
        Assert.Equal(roles, identity.Roles);
        Assert.Equal(scopes, read!.Scopes);
        Assert.False(identity.IsOwn);
    }

    [Theory]
    [InlineData(""" "sub":"aaaa","client_id":"orders","token_use":"access","scope":"openid","cognito:groups":["clerk"],"jti":"j1","username":"petra" """)] // Cognito's access tokens name no audience: any app of the pool could use them here
    [InlineData(""" "sub":"u1","aud":"https://graph.example.com" """)] // another service's
    [InlineData(""" "sub":110169484474386276334,"aud":"orders" """)] // a number is no name: 64 bits do not hold it
    [InlineData(""" "aud":"orders","client_id":"daemon" """)] // nobody's
    public async Task A_providers_token_that_is_not_meant_for_us_or_for_nobody_is_refused(string claims) =>
        Assert.Equal("token_invalid", (await VerifyAsync("JWT", claims)).Refusal?.Code);

    [Theory]
    [InlineData(null, true)]
    [InlineData("1.00:00:00", false)]
    public async Task A_providers_token_that_lives_for_years_is_believed_unless_there_is_a_longest_life(string? longest, bool believed)
    {
        var claims = """ "sub":"device-7","aud":"orders" """;

        var (_, _, refusal) = await VerifyAsync("JWT", claims, o => o.MaxLifetime = longest is null ? null : TimeSpan.Parse(longest, null), lifetime: 253402300799 - 1_800_000_000);

        Assert.Equal(believed, refusal is null);
    }

    [Theory]
    [InlineData("tenant", false)]
    [InlineData("address.formatted", false)]
    [InlineData("sub", true)]
    public async Task A_line_break_matters_only_where_it_could_leave(string spoken, bool believed)
    {
        var claims = """ "sub":"u1","aud":"orders","tenant":"a\nb","address":{"formatted":"1 Way\nTown"} """;

        var (_, _, refusal) = await VerifyAsync("JWT", claims, spoken: spoken);

        Assert.Equal(believed, refusal is null);
    }

    private static async Task<Verified> VerifyAsync(
        string type, string claims, Action<TrustedIssuerOptions>? configure = null, long lifetime = 3600, string spoken = "sub")
    {
        using var folder = new TempFolder();
        using var rsa = RSA.Create(2048);
        var key = rsa.ExportParameters(false);
        var trusted = new TrustedIssuerOptions
        {
            Issuer = Made.Issuer,
            Audiences = ["orders"],
            JwksFile = folder.Write("keys.jwks", $$"""{"keys":[{"kty":"RSA","kid":"r1","use":"sig","alg":"RS256","n":"{{Made.Base64(key.Modulus!)}}","e":"{{Made.Base64(key.Exponent!)}}"}]}"""),
        };
        configure?.Invoke(trusted);
        using var own = await OwnIssuer.StartAsync(null, trusted);

        var now = own.Clock.GetUtcNow().ToUnixTimeSeconds();
        var payload = $"{{\"iss\":\"{Made.Issuer}\",{claims},{Times}}}".Replace("{now}", $"{now}").Replace("{later}", $"{now + lifetime}");
        return await own.Verifier.VerifyAsync(own.Sign(payload, type, new RsaSecurityKey(rsa) { KeyId = "r1" }, "RS256"), 8192, own.Issuers.Trusting([trusted], new([spoken])), TestContext.Current.CancellationToken);
    }
}
