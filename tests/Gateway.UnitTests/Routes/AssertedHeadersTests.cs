using System.Buffers.Text;
using System.Text.Json;
using Gateway.Routes;
using Gateway.Sessions;
using Gateway.Tokens;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.UnitTests.Routes;

/// <summary>An assertion is signed seldom, and never says what holds no longer.</summary>
public sealed class AssertedHeadersTests
{
    [Fact]
    public async Task Assertion_is_sent_again_until_half_its_life_is_over()
    {
        using var issuer = await OwnIssuer.StartAsync();
        var headers = HeadersOf(issuer);
        var anna = Made.Identity();

        var first = Tell(headers, anna, "orders");
        issuer.Clock.Advance(TimeSpan.FromSeconds(30));
        var again = Tell(headers, anna, "orders");
        issuer.Clock.Advance(TimeSpan.FromSeconds(1));
        var renewed = Tell(headers, anna, "orders");

        Assert.Equal(first, again);
        Assert.NotEqual(first, renewed);
        Assert.Equal(60, Number(renewed, "exp") - Number(renewed, "iat"));
        Assert.NotEqual(Claim(first, "jti"), Claim(renewed, "jti"));
    }

    [Fact]
    public async Task Each_cluster_gets_one_of_its_own_and_a_renewal_disturbs_no_other()
    {
        using var issuer = await OwnIssuer.StartAsync();
        var headers = HeadersOf(issuer);
        var anna = Made.Identity();

        var orders = Tell(headers, anna, "orders");
        issuer.Clock.Advance(TimeSpan.FromSeconds(20));
        var stock = Tell(headers, anna, "stock");
        issuer.Clock.Advance(TimeSpan.FromSeconds(20));

        Assert.NotEqual(orders, Tell(headers, anna, "orders"));
        Assert.Equal(stock, Tell(headers, anna, "stock"));
        Assert.Equal(("orders", "stock"), (Claim(orders, "aud"), Claim(stock, "aud")));
    }

    [Fact]
    public async Task Assertion_never_outlives_the_identity()
    {
        using var issuer = await OwnIssuer.StartAsync();
        var headers = HeadersOf(issuer);
        var until = issuer.Clock.GetUtcNow().AddSeconds(45.5);
        var anna = Made.Identity(validUntil: until);

        for (var second = 0; second < 45; second++)
        {
            Assert.True(Number(Tell(headers, anna, "orders"), "exp") <= until.ToUnixTimeSeconds());
            issuer.Clock.Advance(TimeSpan.FromSeconds(1));
        }
    }

    [Fact]
    public async Task Keys_that_change_bring_a_new_assertion()
    {
        using var issuer = await OwnIssuer.StartAsync();
        var headers = HeadersOf(issuer);
        var anna = Made.Identity();
        var before = Tell(headers, anna, "orders");

        await issuer.Keys.RemoveAsync(issuer.Keys.Current.Row.Id, _ => { }, TestContext.Current.CancellationToken);
        await issuer.Keys.LoadAsync(TestContext.Current.CancellationToken);

        Assert.NotEqual(before, Tell(headers, anna, "orders"));
    }

    [Fact]
    public async Task Assertion_is_no_access_token()
    {
        using var issuer = await OwnIssuer.StartAsync();

        var assertion = Tell(HeadersOf(issuer), Made.Identity(""" "jti":"t1","sid":"s1","ver":1,"gen":0 """), issuer.Options.Audience);

        Assert.Equal("token_invalid", (await issuer.VerifyAsync(assertion)).Refusal?.Code);
    }

    // A cluster may bear the name of our own audience; what else an access token of ours must have is not in it either.
    [Fact]
    public async Task Assertion_says_what_it_should_and_no_more()
    {
        using var issuer = await OwnIssuer.StartAsync();

        var assertion = Tell(HeadersOf(issuer), Made.Identity(""" "sid":"s1","roles":["staff"],"preferred_username":"anna","email":"anna@example.com","tenant":"acme" """), "orders");

        Assert.Equal(["iss", "aud", "jti", "iat", "exp", "sub", "preferred_username", "roles", "sid"], Part(assertion, 1).EnumerateObject().Select(member => member.Name));
        Assert.Equal(("gateway-assertion+jwt", "ES256"), (Part(assertion, 0).GetProperty("typ").GetString(), Part(assertion, 0).GetProperty("alg").GetString()));
    }

    [Theory]
    [InlineData(3000, 200, true)]
    [InlineData(4097, 200, false)]
    [InlineData(6400, 431, false)]      // too long for an assertion as well
    public async Task What_is_too_much_for_a_header_is_in_the_assertion_alone(int letters, int status, bool inHeaders)
    {
        using var issuer = await OwnIssuer.StartAsync();
        var http = new DefaultHttpContext();
        var anna = Made.Identity($"\"sid\":\"s1\",\"roles\":[\"{new string('r', letters)}\"]");

        var refusal = HeadersOf(issuer).Write(http.Request, PolicyOf("orders"), anna);

        Assert.Equal(status, refusal?.Status ?? 200);
        Assert.Equal(inHeaders, http.Request.Headers.ContainsKey("X-User-Roles"));
        Assert.Equal(inHeaders, http.Request.Headers.ContainsKey("X-User-Id"));
        Assert.Equal(status is 200, http.Request.Headers.ContainsKey("X-Gateway-Assertion"));
    }

    private static IdentityHeaders HeadersOf(OwnIssuer issuer) => new(new(), new AssertionIssuer(issuer.Keys, issuer.Issuers, issuer.Clock), NullLogger<IdentityHeaders>.Instance);

    private static RoutePolicy PolicyOf(string cluster) => new() { Name = "test", Speech = Speech.Default with { Audience = cluster } };

    private static string Tell(IdentityHeaders headers, Identity identity, string cluster)
    {
        var http = new DefaultHttpContext();
        Assert.Null(headers.Write(http.Request, PolicyOf(cluster), identity));
        return Assert.Single(http.Request.Headers["X-Gateway-Assertion"])!;
    }

    private static JsonElement Part(string token, int part) => JsonDocument.Parse(Base64Url.DecodeFromChars(token.Split('.')[part])).RootElement;

    private static string Claim(string token, string name) => Part(token, 1).GetProperty(name).GetString()!;

    private static long Number(string token, string name) => Part(token, 1).GetProperty(name).GetInt64();
}
