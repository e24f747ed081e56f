using Gateway.Sessions;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.IntegrationTests.Sessions;

/// <summary>Does a token of ours hold at this moment (RFC 7662)? Whatever does not, or is not ours, is answered in the same few bytes.</summary>
public sealed class IntrospectionTests(ClientGateway gateway) : GatewayTests<ClientGateway>(gateway)
{
    private const string Inactive = """{"active":false}""";
    private static readonly string[] OfRefreshToken = ["active", "exp", "iss", "sid", "sub", "username"];

    [Theory]
    [InlineData(null)]
    [InlineData("access_token")]
    [InlineData("refresh_token")] // the hint is wrong, the search goes on (RFC 7662 section 2.1)
    [InlineData("something_new")]
    public async Task Token_in_force_is_active_and_says_what_it_says(string? hint)
    {
        var session = (await gateway.KeptAsync("anna")).Session;

        var answer = JsonNode.Parse(await gateway.IntrospectAsync(session.AccessToken, hint))!.AsObject();

        var claims = Jwt.Payload(session.AccessToken);
        Assert.True((bool)answer["active"]!);
        Assert.Equal(("Bearer", "anna"), ((string)answer["token_type"]!, (string)answer["username"]!));
        Assert.All(["iss", "sub", "aud", "exp", "iat", "jti", "sid", "roles"], name => Assert.True(JsonNode.DeepEquals(claims[name], answer[name]), name));
    }

    [Fact]
    public async Task Refresh_token_in_force_is_active_and_says_nothing_that_an_access_token_is_asked_for()
    {
        var session = (await gateway.KeptAsync("anna")).Session;

        var answer = JsonNode.Parse(await gateway.IntrospectAsync(session.RefreshToken))!.AsObject();

        Assert.Equal(OfRefreshToken, answer.Select(member => member.Key).Order());
        Assert.Equal(session.SessionId, (string)answer["sid"]!);
    }

    public static TheoryData<string> Lifeless => [.. Inactives.Keys];

    private static readonly Dictionary<string, Func<ClientGateway, Task<string>>> Inactives = new()
    {
        ["nonsense"] = _ => Task.FromResult("nonsense"),
        ["something in three parts"] = _ => Task.FromResult("a.b.c"),
        ["a good token of another issuer that we trust"] = gateway => Task.FromResult(gateway.Foreign.Token()),
        ["a token of an issuer that nobody knows"] = _ => Task.FromResult(new TestIssuer("https://evil.example").Token()),
        ["ours under a stranger's signature"] = async gateway => BrokenSignature((await gateway.KeptAsync("anna")).Session.AccessToken),
        ["ours of another type"] = async gateway =>
        {
            var good = (await gateway.KeptAsync("anna")).Session.AccessToken;
            return new Tokens.Mint(gateway.Impostor(), Jwt.Header(good), Jwt.Payload(good)).WithHeader("typ", "id+jwt");
        },
        ["more than 8 KB"] = async gateway => (await gateway.KeptAsync("anna")).Session.AccessToken + new string('A', 8 * 1024),
        ["a session's cookie"] = async gateway => (await gateway.KeptWithCookieAsync("anna")).Cookie.Split('=')[1],
        ["a token whose session was logged out"] = async gateway =>
        {
            var gone = await gateway.SignInAsync("bert");
            await gone.PostAsync("/auth/logout", null);
            return gone.Session.AccessToken;
        },
        ["the refresh token of a session that was logged out"] = async gateway =>
        {
            var gone = await gateway.SignInAsync("bert");
            await gone.PostAsync("/auth/logout", null);
            return gone.Session.RefreshToken;
        },
        ["a refresh token that has been exchanged"] = async gateway =>
        {
            var old = await gateway.SignInAsync("bert");
            await old.RefreshAsync();
            return old.Session.RefreshToken;
        },
    };

    [Theory]
    [MemberData(nameof(Lifeless))]
    public async Task What_does_not_hold_is_told_apart_from_nothing(string what) =>
        Assert.Equal(Inactive, await gateway.IntrospectAsync(await Inactives[what](gateway)));

    [Fact]
    public async Task Token_that_was_looked_at_before_is_inactive_as_soon_as_it_is_revoked()
    {
        var carl = await gateway.SignInAsync("carl");
        Assert.NotEqual(Inactive, await gateway.IntrospectAsync(carl.Session.AccessToken));

        (await gateway.RunAsync(["users", "set", "carl", "--role", "clerk"])).AssertSucceeded();

        await Eventually.IsAsync(() => gateway.IntrospectAsync(carl.Session.AccessToken), answer => answer == Inactive);
        Assert.NotEqual(Inactive, await gateway.IntrospectAsync(carl.Session.RefreshToken)); // it brings the new roles
        (await gateway.RunAsync(["users", "disable", "carl"])).AssertSucceeded();
        await Eventually.IsAsync(() => gateway.IntrospectAsync(carl.Session.RefreshToken), answer => answer == Inactive);
    }

    [Fact]
    public async Task Old_news_of_revocations_is_no_verdict_though_routes_may_go_on_and_an_expired_token_is_inactive()
    {
        var clock = new TestClock();
        await using var own = await TestGateway.StartAsync(settings => settings
            .Set("Gateway:Revocation:OnStale", "Allow")
            .Set("Gateway:Clients", new JsonArray(new JsonObject { ["Id"] = ClientGateway.Id, ["SecretHash"] = "sha256:" + Convert.ToHexString(ClientGateway.Hash(ClientGateway.Secret)) })), clock);
        var anna = await own.SignInAsync("anna");

        await clock.AdvanceAsync(TimeSpan.FromSeconds(306));
        var expired = await AskAsync("/auth/introspect");
        own.Services.GetRequiredService<Freshness>().Lose();
        var stale = await AskAsync("/auth/introspect");

        Assert.Equal(Inactive, await expired.Content.ReadAsStringAsync());
        await stale.AssertRefusedAsync(503, "revocation_stale");
        await (await AskAsync("/auth/revoke")).AssertRefusedAsync(503, "revocation_stale");

        Task<HttpResponseMessage> AskAsync(string path)
        {
            var caller = own.Anonymous();
            caller.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", ClientGateway.Basic(ClientGateway.Id, ClientGateway.Secret));
            return caller.PostAsync(path, new FormUrlEncodedContent(new Dictionary<string, string> { ["token"] = anna.Session.AccessToken }));
        }
    }

    private static string BrokenSignature(string token) => token[..(token.LastIndexOf('.') + 1)] + Jwt.Encode(new byte[64]);
}
