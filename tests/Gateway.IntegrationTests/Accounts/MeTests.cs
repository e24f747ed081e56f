namespace Gateway.IntegrationTests.Accounts;

public sealed class MeTests(TestGateway gateway) : GatewayTests<TestGateway>(gateway)
{
    [Fact]
    public async Task Me_says_who_is_signed_in_and_for_how_long()
    {
        var anton = await gateway.SignUpAsync("anton");

        var me = await (await anton.GetAsync("/auth/me")).ReadJsonAsync();

        var text = me.ToJsonString();
        Assert.Contains(anton.Session.User.Id, text);
        Assert.Contains("\"anton\"", text);
        Assert.Contains(anton.Session.SessionId, text);
        Assert.Contains("\"roles\":[\"user\"]", text);
        Assert.InRange((int)me["expires_in"]!, 1, 300);
    }

    [Fact]
    public async Task Me_knows_the_browser_too()
    {
        var berta = await gateway.SignInWithCookieAsync("berta");

        var me = await (await berta.GetAsync("/auth/me")).ReadJsonAsync();

        Assert.Contains(berta.Session.SessionId, me.ToJsonString());
    }

    [Fact]
    public async Task Me_is_nobody_without_a_credential()
    {
        var nobody = gateway.Anonymous();

        var response = await nobody.GetAsync("/auth/me");

        await response.AssertRefusedAsync(401, "token_missing");
    }
}
