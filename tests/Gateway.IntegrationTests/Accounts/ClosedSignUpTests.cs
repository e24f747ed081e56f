namespace Gateway.IntegrationTests.Accounts;

public sealed class ClosedGateway : TestGateway
{
    protected override void Configure(SettingsFile settings) => settings.Set("Gateway:Accounts:Signup", "Closed");
}

public sealed class ClosedSignUpTests(ClosedGateway gateway) : GatewayTests<ClosedGateway>(gateway)
{
    [Fact]
    public async Task Closed_sign_up_takes_nobody()
    {
        var caller = gateway.Anonymous();

        var response = await caller.PostAsJsonAsync("/auth/signup", new { username = "mallory", password = TestGateway.Password });

        await response.AssertRefusedAsync(403, "policy_denied");
        var login = await caller.PostAsJsonAsync("/auth/login", new { username = "mallory", password = TestGateway.Password });
        await login.AssertRefusedAsync(401, "invalid_credentials");
    }

    [Fact]
    public async Task Closed_sign_up_leaves_the_login_of_those_whom_the_operator_added()
    {
        (await gateway.RunAsync(["users", "add", "olivia", "--role", "admin", "--password-stdin"], TestGateway.Password + "\n")).AssertSucceeded();

        var olivia = await gateway.LogInAsync("olivia");

        Assert.Equal(["admin"], olivia.Session.User.Roles);
    }
}
