namespace Gateway.IntegrationTests.Sessions;

/// <summary>A service ends a token (RFC 7009): an access token alone, a refresh token with its session; nothing else, and nobody else's.</summary>
public sealed class TokenRevocationTests(ClientGateway gateway) : GatewayTests<ClientGateway>(gateway)
{
    [Theory]
    [InlineData(null)]
    [InlineData("access_token")]
    [InlineData("refresh_token")]
    [InlineData("something_new")]
    public async Task Revoked_access_token_ends_alone(string? hint)
    {
        var anna = await gateway.SignInAsync("anna");
        Assert.Equal(HttpStatusCode.OK, (await anna.GetAsync("/orders/1")).StatusCode);

        await gateway.RevokeAsync(anna.Session.AccessToken, hint);

        await anna.AssertEndedAsync();
        await (await anna.PostAsync("/auth/logout", null)).AssertRefusedAsync(401, "token_revoked"); // its session lives: nobody may be told that it has ended
        Assert.Equal("""{"active":false}""", await gateway.IntrospectAsync(anna.Session.AccessToken));
        Assert.Equal(HttpStatusCode.OK, (await (await anna.RefreshAsync()).GetAsync("/orders/1")).StatusCode);
    }

    [Fact]
    public async Task Revoked_refresh_token_ends_the_session_and_its_access_tokens()
    {
        var (anna, elsewhere) = (await gateway.SignInAsync("anna"), await gateway.SignInAsync("anna"));

        await gateway.RevokeAsync(anna.Session.RefreshToken);

        await anna.AssertEndedAsync();
        await (await anna.PostAsJsonAsync("/auth/refresh", new { refresh_token = anna.Session.RefreshToken })).AssertRefusedAsync(401, "session_ended");
        Assert.Equal(HttpStatusCode.OK, (await elsewhere.GetAsync("/orders/1")).StatusCode);
    }

    [Fact]
    public async Task What_is_no_token_of_ours_or_has_ended_is_no_trouble_and_ends_nothing()
    {
        var anna = await gateway.SignInAsync("anna");
        var foreign = gateway.Foreign.Token();
        var before = await gateway.CountAsync("revocations");

        foreach (var token in (string[])["nonsense", "a.b.c", foreign, anna.Session.AccessToken[..^4] + "AAAA", anna.Session.RefreshToken[..^4] + "AAAA"])
            await gateway.RevokeAsync(token);

        Assert.Equal(before, await gateway.CountAsync("revocations"));
        Assert.Equal(HttpStatusCode.OK, (await anna.GetAsync("/orders/1")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await gateway.Bearing(foreign).GetAsync("/orders/1")).StatusCode);
    }

    [Fact]
    public async Task Token_that_is_revoked_again_and_again_is_written_once()
    {
        var anna = await gateway.SignInAsync("anna");
        await gateway.RevokeAsync(anna.Session.AccessToken);
        var before = await gateway.CountAsync("revocations");

        for (var i = 0; i < 3; i++)
            await gateway.RevokeAsync(anna.Session.AccessToken);

        Assert.Equal(before, await gateway.CountAsync("revocations"));
    }
}
