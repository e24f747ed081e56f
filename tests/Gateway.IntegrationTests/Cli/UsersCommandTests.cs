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

    [Theory]
    [InlineData("correct horse battery\n")]
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
    [InlineData("\n", "password")]
    [InlineData("", "password")]
    public async Task Weak_or_missing_password_adds_nobody(string stdin, string word)
    {
        var result = await gateway.RunAsync(["users", "add", "dora", "--password-stdin"], stdin);

        result.AssertRefused(word);
        Assert.DoesNotContain("dora", (await gateway.RunAsync(["users", "list"])).AssertSucceeded().Output);
    }

    [Theory]
    [InlineData("a b")]
    [InlineData("ab")]
    [InlineData("josé")]
    public async Task Name_outside_the_rule_adds_nobody(string name)
    {
        var result = await gateway.RunAsync(["users", "add", name, "--password-stdin"], Password + "\n");

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
    public async Task Enabled_user_is_back()
    {
        await gateway.SignUpAsync("ida");
        (await gateway.RunAsync(["users", "disable", "ida"])).AssertSucceeded();

        (await gateway.RunAsync(["users", "set", "ida", "--enable"])).AssertSucceeded();

        await gateway.LogInAsync("ida");
    }

    [Theory]
    [InlineData("users")]
    [InlineData("users", "add")]
    [InlineData("users", "remove", "x")]
    [InlineData("users", "add", "x", "--rolle", "admin")]
    [InlineData("keys", "burn")]
    [InlineData("sevre")]
    public async Task Unknown_verb_or_option_is_refused(params string[] verb)
    {
        var result = await gateway.RunAsync(verb);

        result.AssertRefused();
    }
}
