using Gateway.Platform;
using Gateway.Tokens;

namespace Gateway.UnitTests.Tokens;

public sealed class IssuerTests
{
    private const string Complete = """ "iat":100,"exp":400,"jti":"t","sid":"s","gen":0,"ver":1 """;

    [Fact]
    public void Our_own_token_is_accepted() => Assert.True(Own(Token()));

    [Theory]
    [InlineData("""{"alg":"RS256","kid":"k","typ":"at+jwt"}""")]
    [InlineData("""{"alg":"es256","kid":"k","typ":"at+jwt"}""")]
    [InlineData("""{"alg":"none","kid":"k","typ":"at+jwt"}""")]
    [InlineData("""{"alg":"HS256","kid":"k","typ":"at+jwt"}""")]
    [InlineData("""{"alg":"ES256","typ":"at+jwt"}""")]
    [InlineData("""{"alg":"ES256","kid":"k"}""")]
    [InlineData("""{"alg":"ES256","kid":"k","typ":"JWT"}""")]
    [InlineData("""{"alg":"ES256","kid":"k","typ":"id+jwt"}""")]
    [InlineData("""{"alg":"ES256","kid":"k","typ":"logout+jwt"}""")]
    [InlineData("""{"alg":"ES256","kid":"k","typ":""}""")]
    public void A_header_that_is_not_ours_is_refused(string header) => Assert.False(Own(Token(header: header)));

    [Theory]
    [InlineData("""{"alg":"ES256","kid":"k","typ":"at+jwt"}""")]
    [InlineData("""{"alg":"ES256","kid":"k","typ":"AT+JWT"}""")]
    public void The_type_is_a_media_type_whatever_its_case(string header) => Assert.True(Own(Token(header: header)));

    [Theory]
    [InlineData("\"orders\"")]
    [InlineData("\"Gateway\"")]
    [InlineData("\"gateway/\"")]
    [InlineData("\"gateway \"")]
    [InlineData("[\"orders\",\"other\"]")]
    public void A_token_for_somebody_else_is_refused(string audience) => Assert.False(Own(Token(audience: audience)));

    [Fact]
    public void A_token_for_several_is_for_us_too() => Assert.True(Own(Token(audience: """["orders","gateway"]""")));

    [Theory]
    [InlineData(""" "iat":100,"exp":400,"sid":"s","gen":0,"ver":1 """)]
    [InlineData(""" "iat":100,"exp":400,"jti":"t","gen":0,"ver":1 """)]
    [InlineData(""" "iat":100,"exp":400,"jti":"t","sid":"s","ver":1 """)]
    [InlineData(""" "iat":100,"exp":400,"jti":"t","sid":"s","gen":0 """)]
    [InlineData(""" "iat":100,"exp":400,"jti":"t","sid":"s","gen":0,"ver":"1" """)]
    [InlineData(""" "iat":100,"exp":400,"jti":"t","sid":"s","gen":0,"ver":1.5 """)]
    [InlineData(""" "iat":100,"exp":400,"jti":"t","sid":"s","gen":"0","ver":1 """)]
    [InlineData(""" "iat":100,"exp":400,"jti":"t","sid":1,"gen":0,"ver":1 """)]
    public void Our_own_token_can_always_be_revoked(string claims) => Assert.False(Own(Token(claims)));

    [Theory]
    [InlineData(100, 400, true)]
    [InlineData(100, 401, false)]
    [InlineData(100, 101, true)]
    [InlineData(100, 100, false)]
    [InlineData(100, 99, false)]
    [InlineData(0, 253402300799, false)]
    public void Our_own_token_lives_no_longer_than_its_revocation(long issued, long expires, bool accepted) =>
        Assert.Equal(accepted, Own(Token($""" "iat":{issued},"exp":{expires},"jti":"t","sid":"s","gen":0,"ver":1 """)));

    [Theory]
    [InlineData("""{"alg":"RS256"}""", true)]
    [InlineData("""{"alg":"RS256","typ":"JWT"}""", true)]
    [InlineData("""{"alg":"RS256","typ":"at+jwt"}""", true)]
    [InlineData("""{"alg":"RS256","typ":"id_token"}""", false)]
    [InlineData("""{"alg":"HS256"}""", false)]
    public void A_trusted_issuer_has_rules_of_its_own(string header, bool accepted) =>
        Assert.Equal(accepted, Trusted().Accepts(Token(""" "iat":100,"exp":99999 """, header)));

    [Fact]
    public void An_absent_type_counts_as_jwt()
    {
        var issuer = Trusted(o => o.Types = ["at+jwt"]);

        Assert.False(issuer.Accepts(Token(header: """{"alg":"RS256"}""")));
        Assert.True(issuer.Accepts(Token(header: """{"alg":"RS256","typ":"at+jwt"}""")));
    }

    [Fact]
    public void A_trusted_issuers_token_lives_no_longer_than_it_may()
    {
        var issuer = Trusted(o => o.MaxLifetime = TimeSpan.FromMinutes(10));

        Assert.True(issuer.Accepts(Token(""" "iat":100,"exp":700 """, """{"alg":"RS256"}""")));
        Assert.False(issuer.Accepts(Token(""" "iat":100,"exp":701 """, """{"alg":"RS256"}""")));
    }

    [Fact]
    public void Two_issuers_of_one_name_are_refused_at_the_start()
    {
        TrustedIssuerOptions[] trusted = [Named("https://a.example/"), Named("https://a.example/"), Named("http://localhost:8080")];

        Assert.Equal(
            [
                "Gateway:Tokens:TrustedIssuers:1:Issuer: 'https://a.example/' is there twice. Each issuer may be listed once.",
                "Gateway:Tokens:TrustedIssuers:2:Issuer: 'http://localhost:8080' is the gateway's own. A trusted issuer must be another one; remove the entry.",
            ],
            Issuers.Rule.Check(trusted, "http://localhost:8080"));
    }

    [Theory]
    [InlineData("", "cannot be used (")]
    [InlineData("garbage", "cannot be used (")]
    [InlineData("{}", "cannot be used (it holds no key). It must be a JWKS: {\"keys\": [...]}.")]
    [InlineData("""{"keys":[]}""", "cannot be used (it holds no key). It must be a JWKS: {\"keys\": [...]}.")]
    public void A_file_without_keys_is_refused_at_the_start(string text, string error)
    {
        using var folder = new TempFolder();
        var file = folder.Write("keys.jwks", text);
        var issuer = Named("https://a.example/");
        issuer.JwksFile = file;

        var errors = Issuers.Rule.Check([issuer], "http://localhost:8080");

        Assert.StartsWith($"Gateway:Tokens:TrustedIssuers:0:JwksFile: {file} {error}", Assert.Single(errors));
    }

    private static TrustedIssuerOptions Named(string name) => new() { Issuer = name, Audiences = ["x"] };

    private static bool Own(CompactToken token) => Made.Own.Accepts(token);

    private static Issuer Trusted(Action<TrustedIssuerOptions>? configure = null)
    {
        var options = new TrustedIssuerOptions { Issuer = Made.Issuer, Audiences = ["gateway"] };
        configure?.Invoke(options);
        return new(options.Issuer, Made.Own.Keys, options.Audiences, options.Algorithms, new TokenOptions()) { Trusted = options };
    }

    private static CompactToken Token(string claims = Complete, string header = """{"alg":"ES256","kid":"k","typ":"at+jwt"}""", string audience = "\"gateway\"") =>
        CompactToken.TryParse(Made.Token(header, "{\"iss\":\"i\",\"sub\":\"u\",\"aud\":" + audience + "," + claims + "}"))!;
}
