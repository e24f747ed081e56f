namespace Gateway.IntegrationTests.Cli;

/// <summary>Verbs that stand alone: no server runs beside them.</summary>
public sealed class VerbTests : IDisposable
{
    private readonly TempFolder folder = new();
    private readonly string file;

    public VerbTests() => file = folder.Write("gateway.json", new SettingsFile()
        .Set("Gateway:Database:ConnectionString", "Data Source=gateway.db")
        .Set("Gateway:Management:Url", "http://127.0.0.1:0")
        .Set("Gateway:Passwords:WorkFactor", 10)
        .Route("orders", "/orders/{**rest}")
        .Destination("backend", new("http://127.0.0.1:9/"))
        .ToString());

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Check_of_a_good_file_touches_neither_database_nor_secret()
    {
        var result = await CommandLine.RunAsync("check", "--config", file);

        result.AssertSucceeded();
        Assert.Equal(["gateway.json"], folder.Names());
    }

    [Fact]
    public async Task Check_says_all_errors_and_touches_nothing()
    {
        var broken = folder.Write("broken.json", """
            { "Gateway": { "Passwords": { "WorkFactor": 4 }, "Policies": { "staff": {} } },
              "ReverseProxy": { "Routes": { "orders": { "ClusterId": "nowhere", "Match": { "Path": "/orders" }, "AuthorizationPolicy": "staf" } } } }
            """);

        var result = await CommandLine.RunAsync("check", "--config", broken);

        result.AssertRefused("Gateway:Passwords:WorkFactor", "Gateway:Policies:staff", "'staf'", "nowhere");
        Assert.Equal(["broken.json", "gateway.json"], folder.Names());
    }

    [Theory]
    [InlineData("--confg")]
    [InlineData("--Config-File")]
    public async Task Check_of_a_misspelt_option_does_not_pass_for_a_check_of_the_file(string option)
    {
        var result = await CommandLine.RunAsync("check", option, file);

        result.AssertRefused(option);
    }

    [Theory]
    [InlineData]
    [InlineData("check")]
    [InlineData("users", "list")]
    [InlineData("keys", "rotate")]
    [InlineData("migrate")]
    public async Task Without_any_configuration_no_verb_begins_with_one_of_its_own(params string[] verb)
    {
        using var empty = new TempFolder();

        var result = await CommandLine.RunAsync(verb, folder: empty.Path);

        result.AssertRefused("No configuration was found", "--config", "appsettings.json");
        Assert.Empty(empty.Names());
    }

    [Fact]
    public async Task Configuration_by_the_environment_or_the_command_line_alone_is_one()
    {
        using var empty = new TempFolder();

        (await CommandLine.RunAsync(["check"], folder: empty.Path, environment: ("Gateway__Path", "/id"))).AssertSucceeded();
        (await CommandLine.RunAsync(["check", "--Gateway:Path", "/id"], folder: empty.Path)).AssertSucceeded();
    }

    // Or a container that was given no file would serve, with no route and open sign-up.
    [Fact]
    public async Task Defaults_that_an_image_brings_are_no_configuration()
    {
        using var empty = new TempFolder();

        var result = await CommandLine.RunAsync(["check"], folder: empty.Path, environment: ("ASPNETCORE_Gateway__Management__Url", "http://127.0.0.1:8090"));

        result.AssertRefused("No configuration was found");
    }

    // Slim images turn ICU off by this variable; then "é" typed on one machine is another password than "é" typed on the next.
    [Theory]
    [InlineData("check")]
    [InlineData("users", "add", "chloe", "--password-stdin")]
    public async Task Runtime_that_takes_one_password_for_two_is_refused(params string[] verb)
    {
        var result = await CommandLine.RunAsync([.. verb, "--config", file], "correct horse battery\n", environment: ("DOTNET_SYSTEM_GLOBALIZATION_INVARIANT", "1"));

        result.AssertRefused("DOTNET_SYSTEM_GLOBALIZATION_INVARIANT", "ICU");
        Assert.Equal(["gateway.json"], folder.Names());
    }

    [Fact]
    public async Task Check_does_not_mind_a_secret_that_is_elsewhere()
    {
        await using var gateway = await TestGateway.StartAsync();
        File.Delete(gateway.SecretFile);

        var result = await gateway.RunAsync(["check"]);

        result.AssertSucceeded();
        Assert.False(File.Exists(gateway.SecretFile));
    }

    [Fact]
    public async Task First_admin_is_made_before_the_first_start()
    {
        (await CommandLine.RunAsync(["users", "add", "root", "--role", "admin", "--password-stdin", "--config", file], "correct horse battery\n")).AssertSucceeded();
        await using var host = await GatewayHost.StartAsync(["--config", file, "--urls", "http://127.0.0.1:0"]);

        var response = await Caller.Anonymous(host.Url).PostAsJsonAsync("/auth/login", new { username = "root", password = "correct horse battery" });

        Assert.Equal(["admin"], (await response.ReadAsync<Session>(HttpStatusCode.OK)).User.Roles);
    }

    [Fact]
    public async Task Migrate_makes_the_database_that_serve_then_takes_as_it_is()
    {
        (await CommandLine.RunAsync("migrate", "--config", file)).AssertSucceeded();
        (await CommandLine.RunAsync("migrate", "--config", file)).AssertSucceeded(); // nothing left to do

        await using var host = await GatewayHost.StartAsync(["--config", file, "--urls", "http://127.0.0.1:0", "--Gateway:Database:Migrate", "false"]);

        Assert.True(File.Exists(folder.File("gateway.db")));
    }

    [Fact]
    public async Task Rotation_adds_a_key_to_the_list_and_shows_no_private_part()
    {
        await using (await GatewayHost.StartAsync(["--config", file, "--urls", "http://127.0.0.1:0"])) { }

        var before = (await CommandLine.RunAsync("keys", "list", "--config", file)).AssertSucceeded().Output;
        (await CommandLine.RunAsync("keys", "rotate", "--config", file)).AssertSucceeded();
        var after = (await CommandLine.RunAsync("keys", "list", "--config", file)).AssertSucceeded().Output;

        Assert.Equal(1, Lines(before));
        Assert.Equal(2, Lines(after));
        Assert.DoesNotContain("PRIVATE", after);

        static int Lines(string output) => output.Split('\n').Count(line => line.Contains("ES256"));
    }

    [Fact]
    public async Task Wrong_secret_is_refused_by_every_verb_that_opens_the_database()
    {
        await using (await GatewayHost.StartAsync(["--config", file, "--urls", "http://127.0.0.1:0"])) { }

        foreach (var verb in (string[][])[["users", "list"], ["keys", "rotate"]])
        {
            var result = await CommandLine.RunAsync([.. verb, "--config", file, "--Gateway:Secret=another secret of at least thirty-two bytes"], "correct horse battery\n");
            result.AssertRefused("Gateway:Secret");
        }
    }

    [Fact]
    public async Task Verb_on_a_foreign_database_leaves_it_alone()
    {
        folder.Write("gateway.db", "somebody's notes");

        var result = await CommandLine.RunAsync("migrate", "--config", file);

        result.AssertRefused("gateway.db");
        Assert.Equal("somebody's notes", File.ReadAllText(folder.File("gateway.db")));
    }

    [Fact]
    public async Task Help_names_every_verb()
    {
        var result = (await CommandLine.RunAsync("--help")).AssertSucceeded();

        Assert.All(["serve", "check", "users", "keys", "migrate", "health"], verb => Assert.Contains(verb, result.Output));
    }
}
