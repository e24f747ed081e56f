namespace Gateway.IntegrationTests.Sessions;

public abstract class RestartTests(TestStore store)
{
    [Fact]
    public async Task Logged_out_token_stays_out_after_a_restart()
    {
        await using var gateway = await StartAsync();
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
        await using var gateway = await StartAsync();
        var anna = await gateway.SignUpAsync("anna");
        await gateway.StopAsync();

        (await gateway.RunAsync(["users", "disable", "anna"])).AssertSucceeded();
        await gateway.RestartAsync();

        var response = await gateway.Bearing(anna.Session.AccessToken).GetAsync("/orders/1");
        await response.AssertRefusedAsync(403, "account_disabled");
    }

    [Fact]
    public async Task Logged_out_token_stays_out_though_the_wall_clock_was_wrong_for_a_while()
    {
        var clock = new TestClock();
        await using var gateway = await StartAsync(clock: clock);
        var anna = await gateway.SignUpAsync("anna");
        Assert.Equal(HttpStatusCode.NoContent, (await anna.PostAsync("/auth/logout", null)).StatusCode);

        clock.WallError = TimeSpan.FromHours(1);
        await clock.AdvanceAsync(TimeSpan.FromMinutes(2)); // housekeeping
        clock.WallError = TimeSpan.Zero;
        await gateway.RestartAsync();

        await (await gateway.Bearing(anna.Session.AccessToken).GetAsync("/orders/1")).AssertRefusedAsync(401, "token_revoked");
    }

    [Theory]
    [InlineData("this")]
    [InlineData("others")]
    [InlineData("all")]
    public async Task Acknowledged_logout_holds_though_the_gateway_is_killed_at_once(string scope)
    {
        await using var gateway = await StartAsync();
        var (anna, other) = (await gateway.SignUpAsync("anna"), await gateway.LogInAsync("anna"));
        await gateway.StopAsync();

        await using (var process = await ServerProcess.StartAsync(CommandLine.Serve(gateway.Folder.File("gateway.json"), gateway.Folder.Path)))
        {
            var response = await Caller.Bearing(process.Url, anna.Session.AccessToken).PostAsync("/auth/logout?scope=" + scope, null);
            Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        } // SIGKILL

        await gateway.RestartAsync();

        foreach (var ended in scope switch { "this" => [anna], "others" => [other], _ => (Caller[])[anna, other] })
        {
            await (await gateway.Bearing(ended.Session.AccessToken).GetAsync("/orders/1")).AssertRefusedAsync(401, "token_revoked");
            var refresh = await gateway.Anonymous().PostAsJsonAsync("/auth/refresh", new { refresh_token = ended.Session.RefreshToken });
            await refresh.AssertRefusedAsync(401, "session_ended");
        }
    }

    private Task<TestGateway> StartAsync(Action<SettingsFile>? change = null, TimeProvider? clock = null) => TestGateway.StartAsync(change, clock, store: store);
}

public sealed class RestartOnSqliteTests() : RestartTests(TestStore.Sqlite);

public sealed class RestartOnPostgresTests() : RestartTests(TestStore.Postgres);
