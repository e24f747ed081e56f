namespace Gateway.IntegrationTests.Sessions;

public sealed class RestartTests
{
    [Fact]
    public async Task Logged_out_token_stays_out_after_a_restart()
    {
        await using var gateway = await TestGateway.StartAsync();
        var anna = await gateway.SignUpAsync("anna");
        var browser = await gateway.SignInWithCookieAsync("anna");
        var kept = await gateway.SignInWithCookieAsync("anna");
        await anna.PostAsync("/auth/logout", null);
        await browser.PostAsync("/auth/logout", null);

        await gateway.RestartAsync();

        await (await gateway.Bearing(anna.Session.AccessToken).GetAsync("/orders/1")).AssertRefusedAsync(401, "token_revoked");
        await (await Caller.WithCookie(gateway.Url, browser.Cookie).GetAsync("/orders/1")).AssertRefusedAsync(401, "session_ended");
        Assert.Empty(gateway.Backend.Requests);
        Assert.Equal(HttpStatusCode.OK, (await Caller.WithCookie(gateway.Url, kept.Cookie).GetAsync("/orders/1")).StatusCode);
    }

    [Fact]
    public async Task Changes_made_while_the_server_was_down_hold_when_it_is_up()
    {
        await using var gateway = await TestGateway.StartAsync();
        var anna = await gateway.SignUpAsync("anna");
        await gateway.StopAsync();

        (await gateway.RunAsync(["users", "disable", "anna"])).AssertSucceeded();
        await gateway.RestartAsync();

        var response = await gateway.Bearing(anna.Session.AccessToken).GetAsync("/orders/1");
        await response.AssertRefusedAsync(403, "account_disabled");
    }
}
