namespace Gateway.IntegrationTests.Sessions;

/// <summary>What an operator does on the command line reaches the server that runs beside it.</summary>
public abstract class OtherProcessTests<TGateway>(TGateway gateway) : GatewayTests<TGateway>(gateway) where TGateway : TestGateway
{
    [Fact]
    public async Task Disabled_user_is_out_everywhere()
    {
        var program = await gateway.SignInAsync("anna");
        var browser = await gateway.SignInWithCookieAsync("anna");
        var somebody = await gateway.SignInAsync("arno");
        await Task.WhenAll(program.GetAsync("/orders/1"), browser.GetAsync("/orders/1"), somebody.GetAsync("/orders/1")); // remembered by now

        (await gateway.RunAsync(["users", "disable", "anna"])).AssertSucceeded();

        var refused = await Eventually.IsAsync(() => program.GetAsync("/orders/1"), IsRefused);
        await refused.AssertRefusedAsync(403, "account_disabled");
        await (await browser.GetAsync("/orders/1")).AssertRefusedAsync(403, "account_disabled");
        var refresh = await program.PostAsJsonAsync("/auth/refresh", new { refresh_token = program.Session.RefreshToken });
        await refresh.AssertRefusedAsync(403, "account_disabled");
        Assert.Equal(HttpStatusCode.OK, (await somebody.GetAsync("/orders/1")).StatusCode);
    }

    // The unit that serves may have an address over its file; the shell beside it has not.
    [Fact]
    public async Task Disabled_user_is_out_though_the_verb_believes_in_another_address_of_ours()
    {
        var emma = await gateway.SignInAsync("emma");
        await emma.GetAsync("/orders/1"); // remembered by now

        (await gateway.RunAsync(["users", "disable", "emma", "--Gateway:PublicUrl=https://elsewhere.example"])).AssertSucceeded();

        await Eventually.IsAsync(() => emma.GetAsync("/orders/1"), IsRefused);
    }

    [Fact]
    public async Task Enabled_user_logs_in_again_and_the_old_tokens_stay_out()
    {
        var old = await gateway.SignInAsync("bella");
        (await gateway.RunAsync(["users", "disable", "bella"])).AssertSucceeded();
        await Eventually.IsAsync(() => old.GetAsync("/orders/1"), IsRefused);

        (await gateway.RunAsync(["users", "set", "bella", "--enable"])).AssertSucceeded();

        var again = await gateway.LogInAsync("bella");
        Assert.Equal(HttpStatusCode.OK, (await again.GetAsync("/orders/1")).StatusCode);
        var refused = await Eventually.IsAsync(() => old.GetAsync("/orders/1"), response => response.StatusCode is HttpStatusCode.Unauthorized); // no longer "disabled"
        await refused.AssertRefusedAsync(401, "token_revoked");
    }

    [Fact]
    public async Task New_roles_reach_the_browser_by_themselves_and_the_program_by_a_refresh()
    {
        var program = await gateway.SignInAsync("carla");
        var browser = await gateway.SignInWithCookieAsync("carla");
        await Task.WhenAll(program.GetAsync("/orders/1"), browser.GetAsync("/orders/1"));

        (await gateway.RunAsync(["users", "set", "carla", "--role", "clerk", "--role", "staff"])).AssertSucceeded();

        await Eventually.IsAsync(() => RolesAsync(browser), roles => roles is "clerk,staff" or "staff,clerk");
        var refused = await Eventually.IsAsync(() => program.GetAsync("/orders/1"), IsRefused);
        await refused.AssertRefusedAsync(401, "token_revoked");
        var next = await program.RefreshAsync();
        Assert.Equal(["clerk", "staff"], next.Session.User.Roles.Order());
        Assert.Contains(await RolesAsync(next), (string[])["clerk,staff", "staff,clerk"]);
    }

    [Fact]
    public async Task New_password_set_by_the_operator_ends_the_sessions()
    {
        var daniel = await gateway.SignInAsync("daniel");

        (await gateway.RunAsync(["users", "set", "daniel", "--password-stdin"], "an operator's new password\n")).AssertSucceeded();

        await Eventually.IsAsync(() => daniel.GetAsync("/orders/1"), IsRefused);
        await gateway.LogInAsync("daniel", "an operator's new password");
    }

    private async Task<string?> RolesAsync(Caller caller)
    {
        gateway.Backend.Forget();
        await caller.GetAsync("/orders/1");
        return gateway.Backend.Request.Headers["X-User-Roles"];
    }

    private static bool IsRefused(HttpResponseMessage response) => response.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden;
}

public sealed class OtherProcessTests(TestGateway gateway) : OtherProcessTests<TestGateway>(gateway);

public sealed class OtherProcessOnPostgresTests(PostgresGateway gateway) : OtherProcessTests<PostgresGateway>(gateway);
