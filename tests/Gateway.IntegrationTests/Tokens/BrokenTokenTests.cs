using FsCheck;
using FsCheck.Fluent;

namespace Gateway.IntegrationTests.Tokens;

/// <summary>A token that is broken in any of its parts is 401 with a challenge, never 500, and the backend never hears of it.</summary>
public sealed class BrokenTokenTests(TestGateway gateway) : GatewayTests<TestGateway>(gateway)
{
    private const string Base64Url = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

    public static TheoryData<string> Tampered => [.. BrokenTokens.Tampered.Keys];

    public static TheoryData<string> Misissued => [.. BrokenTokens.Misissued.Keys, .. Ours.Keys];

    // What only our own tokens must have.
    private static readonly Dictionary<string, Func<Mint, string>> Ours = new()
    {
        ["the plain type of a JWT"] = mint => mint.WithHeader("typ", "JWT"),
        ["no type"] = mint => mint.WithoutHeader("typ"),
        ["no key id"] = mint => mint.WithoutHeader("kid"),
        ["no token id"] = mint => mint.WithoutClaim("jti"),
        ["no session"] = mint => mint.WithoutClaim("sid"),
        ["a number for a session"] = mint => mint.WithClaim("sid", 1),
        ["no version"] = mint => mint.WithoutClaim("ver"),
        ["a string for a version"] = mint => mint.WithClaim("ver", "1"),
        ["no generation"] = mint => mint.WithoutClaim("gen"),
        ["a string for a generation"] = mint => mint.WithClaim("gen", "1"),
        ["a longer life than ours have"] = mint => mint.WithClaim("exp", (long)mint.Payload["iat"]! + 301),
        ["a fraction for a version"] = mint => mint.WithClaim("ver", 1.5),
        ["a list for a session"] = mint => mint.WithClaim("sid", new JsonArray("s")),
    };

    [Theory]
    [MemberData(nameof(Tampered))]
    public async Task Tampered_token_is_refused(string what)
    {
        var good = (await gateway.KeptAsync("anna")).Session.AccessToken;

        var answer = await gateway.RawAsync("GET /orders/1", $"Authorization: Bearer {BrokenTokens.Tampered[what](good)}");

        answer.AssertRefused(401, "token_invalid");
        Assert.Empty(gateway.Backend.Requests);
    }

    [Fact]
    public async Task Token_made_by_hand_with_our_key_passes_so_that_those_below_fail_for_their_own_reason()
    {
        var mint = await MintAsync();

        var answer = await gateway.RawAsync("GET /orders/1", $"Authorization: Bearer {mint.Issuer.Sign(mint.Header, mint.Payload)}");

        Assert.Equal(200, answer.Status);
    }

    [Theory]
    [MemberData(nameof(Misissued))]
    public async Task Misissued_token_is_refused(string what)
    {
        var make = Ours.GetValueOrDefault(what) ?? BrokenTokens.Misissued[what];

        var answer = await gateway.RawAsync("GET /orders/1", $"Authorization: Bearer {make(await MintAsync())}");

        answer.AssertRefused(401, "token_invalid", "token_expired");
        Assert.Empty(gateway.Backend.Requests);
    }

    [Theory]
    [InlineData("no token at all")]
    [InlineData("algorithm none")]
    [InlineData("another subject under the same signature")]
    public async Task Tampered_token_is_refused_in_the_older_header_too(string what)
    {
        var good = (await gateway.KeptAsync("anna")).Session.AccessToken;

        var answer = await gateway.RawAsync("GET /orders/1", $"x-access-token: {BrokenTokens.Tampered[what](good)}");

        answer.AssertRefused(401, "token_invalid");
        Assert.Empty(gateway.Backend.Requests);
    }

    [Theory]
    [InlineData("no token at all")]
    [InlineData("algorithm none")]
    [InlineData("another subject under the same signature")]
    public async Task Tampered_token_is_refused_by_our_own_endpoints(string what)
    {
        var good = (await gateway.KeptAsync("anna")).Session.AccessToken;

        var answer = await gateway.RawAsync("GET /auth/me", $"Authorization: Bearer {BrokenTokens.Tampered[what](good)}");

        answer.AssertRefused(401, "token_invalid");
    }

    [Fact]
    public async Task No_other_character_in_any_place_makes_a_token_that_counts()
    {
        var good = (await gateway.KeptAsync("anna")).Session.AccessToken;
        var changes = from place in Gen.Choose(0, good.Length - 1) from letter in Gen.Elements(Base64Url.ToCharArray()) where good[place] != letter && good[place] != '.' select (place, letter);

        Prop.ForAll(changes.ToArbitrary(), change => gateway.RawAsync("GET /orders/1", $"Authorization: Bearer {good[..change.place]}{change.letter}{good[(change.place + 1)..]}").GetAwaiter().GetResult().Status == 401)
            .QuickCheckThrowOnFailure();

        Assert.Empty(gateway.Backend.Requests);
    }

    [Fact]
    public async Task Refresh_token_is_no_access_token()
    {
        var anna = await gateway.KeptAsync("anna");

        var response = await gateway.Bearing(anna.Session.RefreshToken).GetAsync("/orders/1");

        await response.AssertRefusedAsync(401, "token_invalid");
    }

    [Fact]
    public async Task Scheme_is_known_in_every_case()
    {
        var good = (await gateway.KeptAsync("anna")).Session.AccessToken;

        var answer = await gateway.RawAsync("GET /orders/1", $"authorization: bEARER {good}");

        Assert.Equal(200, answer.Status);
    }

    [Theory]
    [InlineData("Authorization: Bearer", "token_invalid")]
    [InlineData("Authorization: Bearer ", "token_invalid")]
    [InlineData("x-access-token:", "token_missing")]
    public async Task Empty_token_is_refused(string header, string code)
    {
        var answer = await gateway.RawAsync("GET /orders/1", header);

        answer.AssertRefused(401, code);
        Assert.Empty(gateway.Backend.Requests);
    }

    [Fact]
    public async Task Expired_token_is_refused_as_expired()
    {
        var clock = new TestClock();
        await using var other = await TestGateway.StartAsync(clock: clock);
        var anna = await other.SignInAsync("anna");
        await anna.GetAsync("/orders/1"); // remembered by now
        other.Backend.Forget();

        await clock.AdvanceAsync(TimeSpan.FromSeconds(300 + 5 + 1));

        await (await anna.GetAsync("/orders/1")).AssertRefusedAsync(401, "token_expired");
        await (await other.Bearing(anna.Session.AccessToken + "x").GetAsync("/orders/1")).AssertRefusedAsync(401, "token_invalid");
        Assert.Empty(other.Backend.Requests);
    }

    private async Task<Mint> MintAsync()
    {
        var good = (await gateway.KeptAsync("anna")).Session.AccessToken;
        return new(gateway.Impostor(), Jwt.Header(good), Jwt.Payload(good));
    }
}
