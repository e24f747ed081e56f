namespace Gateway.IntegrationTests.Cli;

public sealed class UsersCommandTests(TestGateway gateway) : GatewayTests<TestGateway>(gateway)
{
    private const string Password = TestGateway.Password;

    [Fact]
    public async Task Added_user_logs_in_with_the_roles_and_the_email_that_were_given()
    {
        (await gateway.RunAsync(["users", "add", "Anna", "--role", "admin", "--role", "staff", "--email", "anna@example.com", "--password-stdin"], Password + "\n")).AssertSucceeded();

        var user = (await gateway.LogInAsync("anna")).Session.User;

        Assert.Equal("anna", user.Username);
        Assert.Equal("anna@example.com", user.Email);
        Assert.Equal(["admin", "staff"], user.Roles.Order());
    }

    [Fact]
    public async Task Added_user_without_a_role_has_the_default_ones()
    {
        (await gateway.RunAsync(["users", "add", "benno", "--password-stdin"], Password + "\n")).AssertSucceeded();

        var user = (await gateway.LogInAsync("benno")).Session.User;

        Assert.Equal(["user"], user.Roles);
    }

    [Fact]
    public async Task Change_of_nothing_is_refused_and_changes_nothing()
    {
        var ludwig = await gateway.SignInAsync("ludwig");

        var result = await gateway.RunAsync(["users", "set", "ludwig"]);

        result.AssertRefused("--role", "--enable");
        Assert.Equal(HttpStatusCode.OK, (await ludwig.GetAsync("/orders/1")).StatusCode);
    }

    [Theory]
    [InlineData("correct horse battery\r\n")]
    [InlineData("correct horse battery")]
    public async Task Password_is_the_line_without_its_end(string stdin)
    {
        var name = "carla" + stdin.Length;
        (await gateway.RunAsync(["users", "add", name, "--password-stdin"], stdin)).AssertSucceeded();

        await gateway.LogInAsync(name);
    }

    [Theory]
    [InlineData("short\n", "8")]
    [InlineData("", "password")]
    public async Task Weak_or_missing_password_adds_nobody(string stdin, string word)
    {
        var name = "dora" + stdin.Length;

        var result = await gateway.RunAsync(["users", "add", name, "--password-stdin"], stdin);

        result.AssertRefused(word);
        await gateway.SignUpAsync(name); // the name is free
    }

    [Fact]
    public async Task Name_outside_the_rule_adds_nobody()
    {
        var result = await gateway.RunAsync(["users", "add", "a b", "--password-stdin"], Password + "\n");

        result.AssertRefused("name");
    }

    [Fact]
    public async Task Taken_name_is_refused_and_left_as_it_was()
    {
        await gateway.SignUpAsync("emil");

        var result = await gateway.RunAsync(["users", "add", "EMIL", "--role", "admin", "--password-stdin"], "another password\n");

        result.AssertRefused("taken");
        Assert.Equal(["user"], (await gateway.LogInAsync("emil")).Session.User.Roles);
    }

    [Fact]
    public async Task Roles_that_are_given_replace_all()
    {
        await gateway.SignUpAsync("frida");

        (await gateway.RunAsync(["users", "set", "frida", "--role", "clerk"])).AssertSucceeded();
        var first = (await gateway.LogInAsync("frida")).Session.User.Roles;
        (await gateway.RunAsync(["users", "set", "frida", "--no-role", "clerk"])).AssertSucceeded();
        var second = (await gateway.LogInAsync("frida")).Session.User.Roles;

        Assert.Equal(["clerk"], first);
        Assert.Empty(second);
    }

    [Theory]
    [InlineData("Admin")]
    [InlineData("admni")]
    public async Task Role_to_take_away_that_is_not_there_is_said_and_changes_nothing(string role)
    {
        await gateway.SignInAsync("fritz");
        (await gateway.RunAsync(["users", "set", "fritz", "--role", "admin"])).AssertSucceeded();

        (await gateway.RunAsync(["users", "set", "fritz", "--no-role", role])).AssertRefused(role, "admin");

        Assert.Equal(["admin"], (await gateway.LogInAsync("fritz")).Session.User.Roles);
        (await gateway.RunAsync(["users", "set", "fritz", "--role", "clerk", "--no-role", "admin"])).AssertSucceeded();
        Assert.Equal(["clerk"], (await gateway.LogInAsync("fritz")).Session.User.Roles);
    }

    [Theory]
    [InlineData("set", "--role", "x")]
    [InlineData("disable")]
    public async Task Unknown_user_is_said(string verb, params string[] options)
    {
        var result = await gateway.RunAsync(["users", verb, "no-such-user", .. options]);

        result.AssertRefused("no-such-user");
    }

    [Fact]
    public async Task List_shows_names_and_roles_and_who_is_disabled_and_no_secret()
    {
        await gateway.SignUpAsync("gerda");
        (await gateway.RunAsync(["users", "add", "hugo", "--role", "admin", "--password-stdin"], Password + "\n")).AssertSucceeded();
        (await gateway.RunAsync(["users", "disable", "gerda"])).AssertSucceeded();

        var lines = (await gateway.RunAsync(["users", "list"])).AssertSucceeded().Output.Split('\n');

        Assert.Contains("disabled", Assert.Single(lines, line => line.Contains("gerda")));
        var hugo = Assert.Single(lines, line => line.Contains("hugo"));
        Assert.Contains("admin", hugo);
        Assert.DoesNotContain("disabled", hugo);
        Assert.DoesNotContain(lines, line => line.Contains("$2") || line.Contains(Password));
    }

    [Fact]
    public async Task Misspelt_option_of_a_new_account_makes_none()
    {
        var result = await gateway.RunAsync(["users", "add", "irma", "--rolle", "admin", "--password-stdin"], Password + "\n");

        result.AssertRefused("--rolle");
        await gateway.SignUpAsync("irma"); // the name is free
    }

    [Theory]
    [InlineData("users")]
    [InlineData("users", "add")]
    [InlineData("users", "remove", "x")]
    [InlineData("users", "set", "x", "--rolle=admin")]
    [InlineData("keys", "burn")]
    [InlineData("sevre")]
    [InlineData("serve", "--url", "http://127.0.0.1:0")]
    public async Task Unknown_verb_or_option_is_refused(params string[] verb)
    {
        var result = await gateway.RunAsync(verb);

        result.AssertRefused(verb[^1].Contains('=') ? "--rolle" : "");
    }
}
