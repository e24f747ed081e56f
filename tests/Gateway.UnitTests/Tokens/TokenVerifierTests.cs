using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Gateway.Platform;
using Gateway.Platform.Configuration;
using Gateway.Tokens;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Gateway.UnitTests.Tokens;

public sealed class TokenVerifierTests
{
    [Theory]
    [InlineData("ES256")]
    [InlineData("RS256")]
    [InlineData("PS256")]
    [InlineData("HS256")]
    public async Task What_we_issued_is_believed(string algorithm)
    {
        using var own = await OwnIssuer.StartAsync(o => o.Algorithm = algorithm);

        var (issuer, claims, refusal) = await own.VerifyAsync(own.Issue(OwnIssuer.Bob(roles: ["user", "clerk"])));

        Assert.Null(refusal);
        Assert.Same(own.Issuers.Own, issuer);
        Assert.Equal(("u1", "s1", "bob"), (claims!.Subject, claims.SessionId, claims.Name));
        Assert.Equal(["user", "clerk"], claims.Values("roles"));
    }

    [Fact]
    public async Task An_access_token_says_what_the_contract_says()
    {
        using var own = await OwnIssuer.StartAsync();

        var token = new JsonWebToken(own.Issue());
        var claims = JsonDocument.Parse(Base64UrlEncoder.Decode(token.EncodedPayload)).RootElement;

        Assert.Equal(("at+jwt", "ES256", own.Keys.Current.Row.Id), (token.Typ, token.Alg, token.Kid));
        Assert.Equal(
            ["iss", "aud", "sub", "jti", "sid", "gen", "iat", "exp", "auth_time", "amr", "preferred_username", "email", "email_verified", "roles", "scope", "ver"],
            claims.EnumerateObject().Select(c => c.Name));
        Assert.Equal(300, claims.GetProperty("exp").GetInt64() - claims.GetProperty("iat").GetInt64());
        Assert.Equal(own.Clock.GetUtcNow().ToUnixTimeSeconds(), claims.GetProperty("iat").GetInt64());
    }

    [Fact]
    public async Task Each_token_has_an_id_of_its_own()
    {
        using var own = await OwnIssuer.StartAsync();

        Assert.NotEqual(new JsonWebToken(own.Issue()).Id, new JsonWebToken(own.Issue()).Id);
    }

    [Fact]
    public async Task Every_changed_character_of_a_signature_is_refused()
    {
        using var own = await OwnIssuer.StartAsync();
        var token = own.Issue();

        for (var i = token.LastIndexOf('.') + 1; i < token.Length; i++)
        {
            var changed = token[..i] + (token[i] == 'A' ? 'B' : 'A') + token[(i + 1)..];
            Assert.Equal(Problems.TokenInvalid, (await own.VerifyAsync(changed)).Refusal);
        }
    }

    [Fact]
    public async Task Claims_that_were_changed_are_refused()
    {
        using var own = await OwnIssuer.StartAsync();
        var parts = own.Issue(OwnIssuer.Bob(roles: "user")).Split('.');

        var payload = Base64UrlEncoder.Decode(parts[1]).Replace("\"user\"", "\"admin\"", StringComparison.Ordinal);

        Assert.Equal(Problems.TokenInvalid, (await own.VerifyAsync($"{parts[0]}.{Made.Base64(payload)}.{parts[2]}")).Refusal);
    }

    [Theory]
    [InlineData("""{"alg":"none","typ":"at+jwt"}""", "")]
    [InlineData("""{"alg":"none","typ":"at+jwt","kid":"{kid}"}""", "AA")]
    [InlineData("""{"alg":"NONE","typ":"at+jwt","kid":"{kid}"}""", "AA")]
    [InlineData("""{"alg":"ES256","typ":"at+jwt","kid":"{kid}"}""", "AA")]
    [InlineData("""{"alg":"ES256","typ":"at+jwt","kid":"{kid}"}""", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public async Task A_token_without_a_signature_is_refused(string header, string signature)
    {
        using var own = await OwnIssuer.StartAsync();
        var payload = own.Issue().Split('.')[1];

        var token = $"{Made.Base64(header.Replace("{kid}", own.Keys.Current.Row.Id, StringComparison.Ordinal))}.{payload}.{signature}";

        Assert.Equal(Problems.TokenInvalid, (await own.VerifyAsync(token)).Refusal);
    }

    [Fact]
    public async Task Our_public_key_is_no_hmac_secret()
    {
        using var own = await OwnIssuer.StartAsync(o => o.Algorithm = "RS256");
        var payload = Base64UrlEncoder.Decode(own.Issue().Split('.')[1]);
        var rsa = ((RsaSecurityKey)own.Keys.Current.Security).Rsa;

        foreach (var known in new[] { rsa.ExportSubjectPublicKeyInfo(), rsa.ExportRSAPublicKey(), Encoding.ASCII.GetBytes(rsa.ExportSubjectPublicKeyInfoPem()), rsa.ExportParameters(false).Modulus! })
        {
            var forged = own.Sign(payload, key: new SymmetricSecurityKey(known) { KeyId = own.Keys.Current.Row.Id }, algorithm: "HS256");
            Assert.Equal(Problems.TokenInvalid, (await own.VerifyAsync(forged)).Refusal);
        }
    }

    [Fact]
    public async Task Another_key_under_our_key_id_is_refused()
    {
        using var own = await OwnIssuer.StartAsync();
        var payload = Base64UrlEncoder.Decode(own.Issue().Split('.')[1]);

        var forged = own.Sign(payload, key: new ECDsaSecurityKey(ECDsa.Create(ECCurve.NamedCurves.nistP256)) { KeyId = own.Keys.Current.Row.Id });

        Assert.Equal(Problems.TokenInvalid, (await own.VerifyAsync(forged)).Refusal);
    }

    [Fact]
    public async Task An_unknown_key_id_is_refused_although_the_signature_is_right()
    {
        using var own = await OwnIssuer.StartAsync();
        var payload = Base64UrlEncoder.Decode(own.Issue().Split('.')[1]);
        var key = new ECDsaSecurityKey(((ECDsaSecurityKey)own.Keys.Current.Security).ECDsa) { KeyId = "another" };

        Assert.Equal(Problems.TokenInvalid, (await own.VerifyAsync(own.Sign(payload, key: key))).Refusal);
    }

    [Theory]
    [InlineData("JWT")]
    [InlineData("id+jwt")]
    public async Task A_token_of_ours_of_another_type_is_no_access_token(string type)
    {
        using var own = await OwnIssuer.StartAsync();
        var payload = Base64UrlEncoder.Decode(own.Issue().Split('.')[1]);

        Assert.Null((await own.VerifyAsync(own.Sign(payload))).Refusal);
        Assert.Equal(Problems.TokenInvalid, (await own.VerifyAsync(own.Sign(payload, type))).Refusal);
    }

    [Theory]
    [InlineData("\"http://localhost:8080\"", "\"http://localhost:8080/\"")]
    [InlineData("\"http://localhost:8080\"", "\"HTTP://localhost:8080\"")]
    [InlineData("\"http://localhost:8080\"", "\"https://evil.example\"")]
    [InlineData("\"gateway\"", "\"gateway/\"")]
    [InlineData("\"gateway\"", "\"orders\"")]
    public async Task Issuer_and_audience_are_compared_exactly(string right, string wrong)
    {
        using var own = await OwnIssuer.StartAsync();
        var payload = Base64UrlEncoder.Decode(own.Issue().Split('.')[1]);

        Assert.Equal(Problems.TokenInvalid, (await own.VerifyAsync(own.Sign(payload.Replace(right, wrong, StringComparison.Ordinal)))).Refusal);
    }

    [Theory]
    [InlineData(299, null)]
    [InlineData(304, null)]
    [InlineData(305, "token_expired")]
    [InlineData(100_000, "token_expired")]
    public async Task A_token_expires_with_the_skew(int seconds, string? code)
    {
        using var own = await OwnIssuer.StartAsync();
        var token = own.Issue();

        own.Clock.Advance(TimeSpan.FromSeconds(seconds));

        Assert.Equal(code, (await own.VerifyAsync(token)).Refusal?.Code);
    }

    [Theory]
    [InlineData(5, null)]
    [InlineData(6, "token_invalid")]
    public async Task A_token_from_the_future_is_not_valid_yet(int seconds, string? code)
    {
        using var own = await OwnIssuer.StartAsync();
        var now = own.Clock.GetUtcNow().ToUnixTimeSeconds();
        var payload = Base64UrlEncoder.Decode(own.Issue().Split('.')[1]).TrimEnd('}');

        Assert.Equal(code, (await own.VerifyAsync(own.Sign($"{payload},\"nbf\":{now + seconds}}}"))).Refusal?.Code);
        Assert.Equal(code, (await own.VerifyAsync(own.Sign($"{payload}}}".Replace($"\"iat\":{now}", $"\"iat\":{now + seconds}", StringComparison.Ordinal)))).Refusal?.Code);
    }

    [Fact]
    public async Task A_token_longer_than_allowed_is_not_even_read()
    {
        using var own = await OwnIssuer.StartAsync();
        var token = own.Issue();

        Assert.Null((await own.VerifyAsync(token, token.Length)).Refusal);
        Assert.Equal(Problems.TokenInvalid, (await own.VerifyAsync(token, token.Length - 1)).Refusal);
    }

    [Fact]
    public async Task A_rotated_key_verifies_until_the_last_token_it_signed_has_died()
    {
        using var own = await OwnIssuer.StartAsync();
        var first = own.Keys.Current.Row.Id;
        var (second, created) = await own.Keys.RotateAsync(TestContext.Current.CancellationToken);
        await own.Keys.LoadAsync(TestContext.Current.CancellationToken);
        Assert.True(created);
        Assert.Equal(first, own.Keys.Current.Row.Id);
        Assert.Equal([first, second.Id], own.Keys.Published.Select(k => k.Row.Id));

        own.Clock.Advance(SigningKeys.PublishDelay - TimeSpan.FromSeconds(1));
        var last = own.Issue();
        own.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(second.Id, own.Keys.Current.Row.Id);

        own.Clock.Advance(TimeSpan.FromSeconds(303));
        Assert.Null((await own.VerifyAsync(last)).Refusal);
        own.Clock.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal([second.Id], own.Keys.Published.Select(k => k.Row.Id));
        Assert.Equal(Problems.TokenInvalid, (await own.VerifyAsync(last)).Refusal);
    }

    [Fact]
    public async Task A_retired_key_stays_retired_when_the_one_after_it_is_removed()
    {
        using var own = await OwnIssuer.StartAsync();
        var retired = own.Keys.Current;
        var (second, _) = await own.Keys.RotateAsync(TestContext.Current.CancellationToken);
        own.Clock.Advance(SigningKeys.PublishDelay + TimeSpan.FromMinutes(10));

        Assert.True(await own.Keys.RemoveAsync(second.Id, _ => { }, TestContext.Current.CancellationToken));
        Assert.Equal([retired.Row.Id], await own.Keys.LoadAsync(TestContext.Current.CancellationToken));

        var forged = own.Sign(Base64UrlEncoder.Decode(own.Issue().Split('.')[1]), key: retired.Security);
        Assert.Equal(Problems.TokenInvalid, (await own.VerifyAsync(forged)).Refusal);
    }

    [Fact]
    public async Task A_key_that_another_Secret_seals_is_our_trouble_and_keeps_no_removed_one_in_force()
    {
        using var own = await OwnIssuer.StartAsync();
        var (first, token) = (own.Keys.Current.Row.Id, own.Issue());
        var theirs = OfAnotherSecret(own);

        Assert.True(await theirs.RemoveAsync(first, _ => { }, TestContext.Current.CancellationToken));
        await theirs.LoadAsync(TestContext.Current.CancellationToken);

        Assert.Equal([first], await own.Keys.LoadAsync(TestContext.Current.CancellationToken));
        Assert.Equal([], await own.Keys.LoadAsync(TestContext.Current.CancellationToken));
        Assert.Equal(Problems.TokenInvalid, (await own.VerifyAsync(token)).Refusal);
        Assert.Equal(Problems.StoreUnavailable, (await own.VerifyAsync(new AccessTokenIssuer(theirs, own.Issuers, own.Options, own.Clock).Issue(OwnIssuer.Bob()))).Refusal);
        await Assert.ThrowsAsync<StartRefusedException>(() => own.Keys.EnsureAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Nothing_is_signed_with_a_key_that_has_retired()
    {
        using var own = await OwnIssuer.StartAsync();
        var first = own.Keys.Current.Row.Id;

        await OfAnotherSecret(own).RotateAsync(TestContext.Current.CancellationToken);
        await own.Keys.LoadAsync(TestContext.Current.CancellationToken);
        Assert.Equal(first, own.Keys.Current.Row.Id);

        own.Clock.Advance(SigningKeys.PublishDelay + TimeSpan.FromMinutes(10));
        Assert.Throws<InvalidOperationException>(() => own.Keys.Current);
    }

    /// <summary>A gateway at the same database whose operator has changed the Secret.</summary>
    private static SigningKeys OfAnotherSecret(OwnIssuer own)
    {
        var secrets = new Secrets();
        secrets.Use([new("another secret of thirty-two bytes"), own.Secrets.Current]);
        return new(own.Database.Store, own.Database, own.Transactions, secrets, own.Options, own.Clock, NullLogger<SigningKeys>.Instance);
    }

    [Fact]
    public async Task Two_rotations_at_once_make_one_key()
    {
        using var own = await OwnIssuer.StartAsync();

        var (first, created) = await own.Keys.RotateAsync(TestContext.Current.CancellationToken);
        var (second, again) = await own.Keys.RotateAsync(TestContext.Current.CancellationToken);

        Assert.Equal((true, false, first.Id), (created, again, second.Id));
    }

    [Fact]
    public async Task A_trusted_issuers_token_is_believed_by_its_own_keys()
    {
        using var folder = new TempFolder();
        using var rsa = RSA.Create(2048);
        using var own = await OwnIssuer.StartAsync(null, Trusted(folder, rsa));
        var now = own.Clock.GetUtcNow().ToUnixTimeSeconds();
        var payload = $$"""{"iss":"{{Made.Issuer}}","sub":"u9","aud":"orders","iat":{{now}},"exp":{{now + 3600}}}""";

        var (issuer, claims, refusal) = await own.VerifyAsync(own.Sign(payload, "JWT", new RsaSecurityKey(rsa) { KeyId = "r1" }, "RS256"));
        var byOurKey = await own.VerifyAsync(own.Sign(payload, "JWT"));
        var ours = await own.VerifyAsync(own.Sign(Base64UrlEncoder.Decode(own.Issue().Split('.')[1]), key: new RsaSecurityKey(rsa) { KeyId = "r1" }, algorithm: "RS256"));

        Assert.Null(refusal);
        Assert.NotNull(issuer!.Trusted);
        Assert.Equal("u9", claims!.Subject);
        Assert.Equal(Problems.TokenInvalid, byOurKey.Refusal);
        Assert.Equal(Problems.TokenInvalid, ours.Refusal);
    }

    [Theory]
    [InlineData(""" "kid":"r1","use":"sig","alg":"RS256" """, "r1", true)]
    [InlineData(""" "kid":"r1" """, "r1", true)]
    [InlineData(""" "kid":"r1" """, null, true)]
    [InlineData(""" "kid":"r2" """, "r1", false)]
    [InlineData(""" "kid":"r1","use":"enc" """, "r1", false)]
    [InlineData(""" "kid":"r1","alg":"RS512" """, "r1", false)]
    [InlineData(""" "kid":"r1","alg":"PS256" """, "r1", false)]
    [InlineData(""" "kid":"r1","key_ops":["verify"] """, "r1", true)]
    [InlineData(""" "kid":"r1","key_ops":["encrypt"] """, "r1", false)]
    public async Task A_published_key_is_used_only_for_what_it_is_published_for(string members, string? keyId, bool found)
    {
        using var folder = new TempFolder();
        using var rsa = RSA.Create(2048);
        using var own = await OwnIssuer.StartAsync(null, Trusted(folder, rsa, members));

        var (key, _) = await own.Issuers.Current.Find(Made.Issuer)!.Keys.FindAsync(keyId, "RS256", TestContext.Current.CancellationToken);

        Assert.Equal(found, key is not null);
    }

    [Theory]
    [InlineData("ES256", """{"kty":"EC","kid":"k","crv":"P-256","x":"AA","y":"AA"}""", true)]
    [InlineData("ES256", """{"kty":"EC","kid":"k","crv":"P-384","x":"AA","y":"AA"}""", false)]
    [InlineData("ES384", """{"kty":"EC","kid":"k","crv":"P-384","x":"AA","y":"AA"}""", true)]
    [InlineData("ES512", """{"kty":"EC","kid":"k","crv":"P-521","x":"AA","y":"AA"}""", true)]
    [InlineData("RS256", """{"kty":"RSA","kid":"k","e":"AQAB","n":"{256}"}""", true)]
    [InlineData("RS256", """{"kty":"RSA","kid":"k","e":"AQAB","n":"{128}"}""", false)] // 1,024 bits
    [InlineData("PS512", """{"kty":"RSA","kid":"k","e":"AQAB","n":"{255}"}""", false)]
    [InlineData("HS256", """{"kty":"oct","kid":"k","k":"{32}"}""", true)]
    [InlineData("HS256", """{"kty":"oct","kid":"k","k":"{31}"}""", false)]
    [InlineData("HS512", """{"kty":"oct","kid":"k","k":"{32}"}""", false)]
    [InlineData("RS256", """{"kty":"EC","kid":"k","crv":"P-256","x":"AA","y":"AA"}""", false)]
    [InlineData("HS256", """{"kty":"RSA","kid":"k","e":"AQAB","n":"{256}"}""", false)]
    public async Task A_published_key_is_of_the_kind_and_the_strength_that_its_algorithm_wants(string algorithm, string jwk, bool found)
    {
        using var folder = new TempFolder();
        foreach (var bytes in (int[])[31, 32, 128, 255, 256])
            jwk = jwk.Replace($"{{{bytes}}}", Made.Base64(Enumerable.Repeat((byte)0xC5, bytes).ToArray()));
        var trusted = new TrustedIssuerOptions { Issuer = Made.Issuer, Audiences = ["orders"], Algorithms = [algorithm], JwksFile = folder.Write("keys.jwks", $$"""{"keys":[{{jwk}}]}""") };
        using var own = await OwnIssuer.StartAsync(null, trusted);

        var (key, _) = await own.Issuers.Current.Find(Made.Issuer)!.Keys.FindAsync("k", algorithm, TestContext.Current.CancellationToken);

        Assert.Equal(found, key is not null);
    }

    [Fact]
    public async Task No_token_made_of_pieces_makes_it_throw()
    {
        using var own = await OwnIssuer.StartAsync();
        var parts = own.Issue().Split('.');
        var pieces = Gen.OneOf(
            Gen.Elements(parts), Gen.Elements("", "AA", "e30", "bnVsbA", "W10"), Law.TextOf("ABCdef123-_=. ", 20),
            from part in Gen.Elements(parts) from at in Gen.Choose(0, 30) select part[..Math.Min(at, part.Length)]);

        Law.Holds(Gen.ArrayOf(pieces, 3), made =>
        {
            var token = string.Join('.', made);
            var verified = own.Verifier.VerifyAsync(token, 8192, own.Issuers.Current, default).AsTask();
            Assert.True(verified.IsCompletedSuccessfully);
            Assert.True(token == string.Join('.', parts) || verified.Result.Refusal == Problems.TokenInvalid);
        });
    }

    private static TrustedIssuerOptions Trusted(TempFolder folder, RSA rsa, string members = """ "kid":"r1" """)
    {
        var key = rsa.ExportParameters(false);
        return new()
        {
            Issuer = Made.Issuer,
            Audiences = ["orders"],
            JwksFile = folder.Write("keys.jwks", $$"""{"keys":[{"kty":"RSA","n":"{{Made.Base64(key.Modulus!)}}","e":"{{Made.Base64(key.Exponent!)}}",{{members}}}]}"""),
        };
    }
}
