using Microsoft.Extensions.Logging;

namespace Gateway.IntegrationTests.Platform;

/// <summary>What is allowed and yet worth a word at the start.</summary>
public sealed class StartWarningTests
{
    [Fact]
    public async Task Open_sign_up_beyond_this_machine_is_warned_of_once_with_the_routes_of_any_newcomer()
    {
        await using var gateway = await StartAsync(settings => settings.Set("Gateway:PublicUrl", "https://gateway.example.com"));

        var warning = Assert.Single(Warnings(gateway, "9101"));

        Assert.Contains("routes: members, orders.", warning);
    }

    [Fact]
    public async Task Sign_up_on_this_machine_alone_is_nothing_to_warn_of()
    {
        await using var gateway = await StartAsync();

        Assert.Empty(Warnings(gateway, "91"));
    }

    [Fact]
    public async Task Closed_sign_up_is_nothing_to_warn_of()
    {
        await using var gateway = await StartAsync(settings => settings.Set("Gateway:PublicUrl", "https://gateway.example.com").Set("Gateway:Accounts:Signup", "Closed"));

        Assert.Empty(Warnings(gateway, "91"));
    }

    [Fact]
    public async Task Unverified_addresses_that_are_forwarded_are_warned_of()
    {
        await using var gateway = await StartAsync(settings => settings.Set("Gateway:Accounts:ForwardUnverifiedEmail", true));
        var anna = await gateway.SignUpAsync("anna", "anna@example.com");

        await anna.GetAsync("/orders/1");

        Assert.Single(Warnings(gateway, "9102"));
        Assert.Equal("anna@example.com", gateway.Backend.Request.Headers["X-User-Email"]);
    }

    [Theory]
    [InlineData(null, true)]
    [InlineData("partner:", false)]
    public async Task Two_issuers_whose_subjects_may_be_one_are_warned_of(string? prefix, bool warned)
    {
        var issuer = new TestIssuer("https://id.example.com");
        await using var gateway = await StartAsync(settings =>
        {
            var entry = issuer.Entry();
            (entry["JwksUri"], entry["SubjectPrefix"]) = ("http://127.0.0.1:1/keys", prefix);
            settings.Trust(entry);
        });

        Assert.Equal(warned, Warnings(gateway, "9103").Any(entry => entry.Contains(issuer.Issuer)));
    }

    [Fact]
    public async Task Public_address_that_is_assumed_and_wrong_is_warned_of()
    {
        await using var gateway = await StartAsync(settings => settings.Remove("Gateway:PublicUrl"));

        Assert.Contains("http://localhost:8080", Assert.Single(Warnings(gateway, "9104")));
    }

    [Fact]
    public async Task Routes_that_give_up_protection_are_named_in_one_line()
    {
        await using var gateway = await StartAsync(settings => settings
            .Route("legacy", "/legacy/{**rest}", metadata: new() { ["Authorization"] = "forward", ["Credentials"] = "cookie,query" })
            .Route("cached", "/cached/{**rest}", metadata: new() { ["CacheControl"] = "backend" })
            .Route("programs", "/programs/{**rest}", metadata: new() { ["Credentials"] = "bearer", ["Identity"] = "grafana", ["Assertion"] = "true" }));

        Assert.Contains(": cached (CacheControl: backend), legacy (Credentials: cookie,query; Authorization: forward)", Assert.Single(Warnings(gateway, "9106")));
    }

    private static Task<TestGateway> StartAsync(Action<SettingsFile>? change = null) => TestGateway.StartAsync(settings =>
    {
        settings
            .Set("Gateway:Policies:members", new JsonObject { ["Roles"] = new JsonArray("user", "admin") })
            .Set("Gateway:Policies:admins", new JsonObject { ["Roles"] = new JsonArray("admin") })
            .Set("Gateway:Policies:welcome", new JsonObject { ["Anonymous"] = true })
            .Route("members", "/members/{**rest}", "members")
            .Route("admins", "/admins/{**rest}", "admins")
            .Route("welcome", "/welcome/{**rest}", "welcome");
        change?.Invoke(settings);
    });

    private static IEnumerable<string> Warnings(TestGateway gateway, string id) => gateway.Log.At(LogLevel.Warning).Where(entry => entry.Contains($"[{id}]", StringComparison.Ordinal));
}
