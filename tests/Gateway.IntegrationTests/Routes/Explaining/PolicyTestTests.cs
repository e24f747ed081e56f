namespace Gateway.IntegrationTests.Routes.Explaining;

/// <summary>A configuration that breaks a test of its own neither starts, nor comes into force, nor passes the check; and explain says why.</summary>
public sealed class PolicyTestTests : IDisposable
{
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task All_tests_that_do_not_hold_end_the_start_together()
    {
        var refusal = await TestGateway.RefusedStartAsync(settings => settings.Set("Gateway:PolicyTests", Tests(("GET /open/1", 401), ("GET /orders/1", 401), ("GET /orders/2", 200))));

        Assert.Equal(2, refusal.Errors.Count);
        refusal.AssertSays("Gateway:PolicyTests:0: GET /open/1 as nobody: expected 401, got 200 (passes) by route open, policy anonymous", "gateway.json, line ");
        refusal.AssertSays("Gateway:PolicyTests:2: GET /orders/2 as nobody: expected 200, got 401 token_missing by route orders");
        Assert.Equal(["gateway.json"], refusal.Files);
    }

    [Fact]
    public async Task A_change_that_breaks_a_test_is_refused_in_full()
    {
        await using var gateway = await ReloadingGateway.StartAsync(settings => settings.Set("Gateway:PolicyTests", Tests(("GET /orders/1", 401))));
        using var anybody = gateway.Anonymous();

        var errors = await gateway.RefusedAsync(() => gateway.WriteWhole(gateway.Settings
            .Set("ReverseProxy:Routes:orders:AuthorizationPolicy", "anonymous").Route("new", "/new", "anonymous").ToString()));

        Assert.StartsWith("Gateway:PolicyTests:0: GET /orders/1 as nobody: expected 401, got 200 (passes) by route orders, policy anonymous", Assert.Single(errors));
        await (await anybody.GetAsync("/orders/1")).AssertRefusedAsync(401, "token_missing");
        await (await anybody.GetAsync("/new")).AssertRefusedAsync(404, "route_not_found");

        await gateway.ChangeAsync(settings => settings.Set("Gateway:PolicyTests", Tests(("GET /orders/1", 200))));
        Assert.Equal(HttpStatusCode.OK, (await anybody.GetAsync("/orders/1")).StatusCode);
    }

    [Fact]
    public async Task Check_counts_and_names_what_no_test_touches()
    {
        var result = await CommandLine.RunAsync("check", "--coverage", "--config", Write(("GET /orders/1", 401)));

        Assert.Equal(
            """
            The configuration is valid: 2 routes, 1 policy, 1 policy test passed.
            Policy tests touch 1 of 2 routes (50 %).
            No test touches the routes: staff
            Policy tests touch 0 of 1 policies (0 %).
            No test touches the policies: staff

            """, result.AssertSucceeded().Output);
        Assert.Equal(["gateway.json"], folder.Names());
    }

    [Fact]
    public async Task Check_refuses_and_explain_says_why()
    {
        var file = Write(("GET /staff/1", 404));

        (await CommandLine.RunAsync("check", "--config", file)).AssertRefused("Gateway:PolicyTests:0: GET /staff/1 as nobody: expected 404, got 401 token_missing by route staff, policy staff: Nobody is signed in.");
        var told = await CommandLine.RunAsync("explain", "GET", "/staff/1", "--as", "roles=guest", "scope=x", "--json", "--config", file);

        Assert.Equal((1, ""), (told.ExitCode, told.Errors));
        var json = JsonNode.Parse(told.Output)!;
        Assert.Equal(("refused", 403, "policy_denied", "staff", "role: staff"), ((string?)json["outcome"], (int)json["status"]!, (string?)json["code"], (string?)json["route"], (string?)json["requirement"]));
        Assert.Equal(["gateway.json"], folder.Names());
    }

    [Theory]
    [InlineData(0, "Passes. role: staff is met.", "GET", "/staff/1", "--as", "roles=staff", "user=anna")]
    [InlineData(2, "--as sub: must be a text, and not empty.", "GET", "/staff/1", "--as", "roles=staff", "sub=")]
    [InlineData(2, "each say who asks", "GET", "/staff/1", "--as", "roles=staff", "--user", "anna")]
    public async Task Explain_ends_with_a_code_for_scripts(int code, string words, params string[] asked)
    {
        var told = await CommandLine.RunAsync(["explain", .. asked, "--config", Write()]);

        Assert.Contains(words, told.All);
        Assert.Equal(code, told.ExitCode);
    }

    private string Write(params (string Request, int Expect)[] tests) => folder.Write("gateway.json", new SettingsFile()
        .Set("Gateway:Database:ConnectionString", "Data Source=gateway.db")
        .Set("Gateway:Policies:staff", new JsonObject { ["Roles"] = new JsonArray("staff") })
        .Set("Gateway:PolicyTests", Tests(tests))
        .Route("orders", "/orders/{**rest}").Route("staff", "/staff/{**rest}", "staff")
        .Destination("backend", new("http://127.0.0.1:9/"))
        .ToString());

    private static JsonArray Tests(params (string Request, int Expect)[] tests) =>
        new([.. tests.Select(test => new JsonObject { ["Request"] = test.Request, ["Expect"] = test.Expect })]);
}
