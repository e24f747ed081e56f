using RevocationKind = Gateway.Sessions.RevocationKind;

namespace Gateway.IntegrationTests.Tokens;

/// <summary>A key that others may have is taken away: what it signed ends, and nobody's session does.</summary>
public sealed class KeyRemovalTests(TestGateway gateway) : GatewayTests<TestGateway>(gateway)
{
    [Fact]
    public async Task Tokens_of_a_removed_key_end_and_a_refresh_brings_one_of_the_next()
    {
        var (anna, browser) = (await gateway.SignInAsync("anna"), await gateway.SignInWithCookieAsync("anna"));
        await Task.WhenAll(anna.GetAsync("/orders/1"), browser.GetAsync("/orders/1")); // remembered by now

        (await gateway.RunAsync(["keys", "remove", KeyOf(anna)])).AssertSucceeded();

        Assert.Equal(1, Database.Count(gateway.DatabaseFile, $"revocations WHERE Kind = {(int)RevocationKind.Key} AND Value = '{KeyOf(anna)}'")); // for who hears of Redis alone
        var refused = await Eventually.IsAsync(() => anna.GetAsync("/orders/1"), answer => answer.StatusCode is HttpStatusCode.Unauthorized);
        await refused.AssertRefusedAsync(401, "token_revoked");
        await (await anna.PostAsync("/auth/logout", null)).AssertRefusedAsync(401, "token_revoked"); // its session lives
        var next = await anna.RefreshAsync();
        Assert.NotEqual(KeyOf(anna), KeyOf(next));
        Assert.Equal(HttpStatusCode.OK, (await next.GetAsync("/orders/1")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await browser.GetAsync("/orders/1")).StatusCode);
        Assert.DoesNotContain(KeyOf(anna), await gateway.Anonymous().GetStringAsync("/.well-known/jwks.json"));
    }

    [Fact]
    public async Task Gateway_whose_keys_were_all_deleted_makes_a_new_one()
    {
        var berta = await gateway.SignInAsync("berta");
        await berta.GetAsync("/orders/1");

        Database.Execute(gateway.DatabaseFile, "DELETE FROM signing_keys");

        await Eventually.IsAsync(() => berta.GetAsync("/orders/1"), answer => answer.StatusCode is HttpStatusCode.Unauthorized);
        var next = await Eventually.IsAsync(() => berta.PostAsJsonAsync("/auth/refresh", new { refresh_token = berta.Session.RefreshToken }), answer => answer.StatusCode is HttpStatusCode.OK);
        Assert.Equal(HttpStatusCode.OK, (await gateway.Bearing((await next.ReadAsync<Session>(HttpStatusCode.OK)).AccessToken).GetAsync("/orders/1")).StatusCode);
        gateway.Log.Forget(); // a login in between would have been our trouble
    }

    [Fact]
    public async Task Unknown_key_is_named() => (await gateway.RunAsync(["keys", "remove", "nobody"])).AssertRefused("nobody", "keys list");

    private static string KeyOf(Caller caller) => Jwt.Header(caller.Session.AccessToken)["kid"]!.GetValue<string>();
}
