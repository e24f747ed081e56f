namespace Gateway.IntegrationTests.Accounts;

public abstract class PasswordChangeTests<TGateway>(TGateway gateway) : GatewayTests<TGateway>(gateway) where TGateway : TestGateway
{
    private const string New = "a good new password";

    [Fact]
    public async Task Password_change_ends_every_other_session_and_keeps_this_one()
    {
        var here = await gateway.SignUpAsync("alma");
        var elsewhere = await gateway.LogInAsync("alma");
        var browser = await gateway.SignInWithCookieAsync("alma");
        await browser.GetAsync("/orders/1"); // remembered by now
        gateway.Backend.Forget();

        var changed = await ChangeAsync(here, TestGateway.Password, New);

        Assert.Equal(HttpStatusCode.NoContent, changed.StatusCode);
        await elsewhere.AssertEndedAsync();
        await browser.AssertEndedAsync();
        Assert.Empty(gateway.Backend.Requests);
        Assert.Equal(HttpStatusCode.OK, (await here.GetAsync("/orders/1")).StatusCode);
        var next = await here.RefreshAsync();
        Assert.Equal(HttpStatusCode.OK, (await next.GetAsync("/orders/1")).StatusCode);
    }

    [Fact]
    public async Task Password_change_in_a_browser_keeps_this_browser()
    {
        var program = await gateway.SignUpAsync("albert");
        var here = await gateway.SignInWithCookieAsync("albert");

        var changed = await ChangeAsync(here, TestGateway.Password, New);

        Assert.Equal(HttpStatusCode.NoContent, changed.StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await here.GetAsync("/orders/1")).StatusCode);
        await program.AssertEndedAsync();
    }

    [Fact]
    public async Task Old_password_no_longer_logs_in()
    {
        var bert = await gateway.SignUpAsync("bert");

        await ChangeAsync(bert, TestGateway.Password, New);

        var old = await bert.PostAsJsonAsync("/auth/login", new { username = "bert", password = TestGateway.Password });
        await old.AssertRefusedAsync(401, "invalid_credentials");
        await gateway.LogInAsync("bert", New);
    }

    [Fact]
    public async Task Stolen_token_alone_cannot_change_the_password()
    {
        var cleo = await gateway.SignUpAsync("cleo");

        var response = await ChangeAsync(cleo, "a guessed password", New);

        await response.AssertRefusedAsync(401, "invalid_credentials");
        await gateway.LogInAsync("cleo");
    }

    [Fact]
    public async Task Weak_new_password_changes_nothing()
    {
        var dina = await gateway.SignUpAsync("dina");

        var response = await ChangeAsync(dina, TestGateway.Password, "1234567");

        await response.AssertRefusedAsync(400, "weak_password");
        await gateway.LogInAsync("dina");
    }

    [Fact]
    public async Task Password_change_needs_a_credential()
    {
        var nobody = gateway.Anonymous();

        var response = await ChangeAsync(nobody, TestGateway.Password, New);

        await response.AssertRefusedAsync(401, "token_missing");
    }

    private static Task<HttpResponseMessage> ChangeAsync(Caller caller, string current, string next) =>
        caller.PostAsJsonAsync("/auth/password", new { current_password = current, new_password = next });
}

public sealed class PasswordChangeTests(TestGateway gateway) : PasswordChangeTests<TestGateway>(gateway);

public sealed class PasswordChangeOnPostgresTests(PostgresGateway gateway) : PasswordChangeTests<PostgresGateway>(gateway);
