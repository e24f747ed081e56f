using Gateway.Platform.Configuration;

namespace Gateway.IntegrationTests.Platform;

/// <summary>What ASP.NET, Kestrel and the logging library read by themselves, and throw at: said by the check, and by the start in the same words.</summary>
public sealed class BadSettingTests : IDisposable
{
    private const string Several = """
        {
          "Urls": "nonsense",
          "Logging": { "LogLevel": { "Default": "Loud" } },
          "Gateway": { "Path": "auth", "Database": { "ConnectionString": "Data Source=gateway.db" } },
          "ReverseProxy": { "Clusters": { "c": { "HttpClient": { "MaxConnectionsPerServer": "many" }, "HttpRequest": { "Version": "two" } } } }
        }
        """;

    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Ports_for_http_and_https_are_both_listened_on_and_so_both_checked()
    {
        var file = folder.Write("gateway.json", new SettingsFile().Set("Http_Ports", "18080").Set("Https_Ports", "18090").Set("Gateway:Management:Url", "http://127.0.0.1:18090").ToString());

        var result = await CommandLine.RunAsync("check", "--config", file);

        result.AssertRefused("Https_Ports", "18090");
    }

    [Theory]
    [InlineData("Urls", "nonsense")]
    [InlineData("Urls", "http://127.0.0.1:0;http://localhost:many")]
    [InlineData("Urls", "ftp://localhost:8080")]
    [InlineData("Urls", "http://localhost:8080/app")]
    [InlineData("Urls", "http://localhost:0")]
    [InlineData("Urls", "http://127.0.0.1:65536")]
    [InlineData("Http_Ports", "many")]
    [InlineData("Https_Ports", "8443;x")]
    [InlineData("Kestrel:Endpoints:a:Url", "nonsense")]
    [InlineData("Kestrel:Endpoints:a:Protocols", "Http2", "Kestrel:Endpoints:a:Url")]
    [InlineData("Kestrel:Certificates:Default:Path", "nowhere.pfx", "Kestrel", "nowhere.pfx")]
    [InlineData("Logging:LogLevel:Default", "Loud")]
    [InlineData("Logging:Console:LogLevel:Gateway", "Wrning", "did you mean 'Warning'")]
    [InlineData("Logging:LogLevel", "Warning")]
    [InlineData("Gateway:Management:Url", "http://localhost:0")]
    public async Task Setting_of_the_libraries_is_checked_as_ours_are(string key, string value, params string[] said)
    {
        string[] arguments = ["--config", folder.Write("gateway.json", new SettingsFile().Set("Gateway:Management:Url", "http://127.0.0.1:0").Set(key, value).ToString())];

        var checking = await Assert.ThrowsAsync<StartRefusedException>(() => GatewayHost.BuildAsync(arguments));
        var starting = await Assert.ThrowsAsync<StartRefusedException>(() => GatewayHost.StartAsync(arguments));

        Assert.All(said.DefaultIfEmpty(key), word => Assert.Contains(word, Assert.Single(checking.Errors)));
        Assert.Equal(checking.Errors, starting.Errors);
        Assert.Equal(["gateway.json"], folder.Names());
    }

    [Theory]
    [InlineData("http://127.0.0.1:18090", "http://127.0.0.1:18090")]
    [InlineData("http://127.0.0.1:18090", "http://localhost:18090")]
    [InlineData("http://*:18090", "http://127.0.0.1:18090")]
    [InlineData("http://127.0.0.1:0;https://[::1]:18090", "http://localhost:18090")]
    public async Task Two_listeners_on_one_address_are_refused(string urls, string management)
    {
        var refusal = await TestGateway.RefusedStartAsync(settings => settings.Set("Gateway:Management:Url", management), urls);

        refusal.AssertSays("Gateway:Management:Url", management, "Urls");
    }

    [Fact]
    public async Task Endpoints_of_kestrel_are_opened_in_place_of_urls()
    {
        await using var gateway = await TestGateway.StartAsync(settings => settings.Set("Kestrel:Endpoints:a:Url", "http://127.0.0.1:0"));

        Assert.Equal(HttpStatusCode.OK, (await gateway.Anonymous().GetAsync("/open/1")).StatusCode);
    }

    [Theory]
    [InlineData("check")]
    [InlineData("serve")]
    public async Task All_of_them_are_said_at_once_without_a_stack(string verb)
    {
        var result = await CommandLine.RunAsync(verb, "--config", folder.Write("gateway.json", Several));

        result.AssertRefused("Urls: 'nonsense'", "Logging:LogLevel:Default: 'Loud'", "Gateway:Path: 'auth'", "HttpClient:MaxConnectionsPerServer: 'many'", "HttpRequest:Version: 'two'", "5 errors.");
        Assert.Equal(2, result.ExitCode);
        Assert.Equal(["gateway.json"], folder.Names());
    }

    // Nobody can foresee all that libraries throw at.
    [Fact]
    public async Task Setting_that_only_a_library_understands_ends_in_a_sentence_all_the_same()
    {
        var result = await CommandLine.RunAsync("serve", "--config", folder.Write("gateway.json", """{ "Logging": { "Console": { "FormatterOptions": { "IncludeScopes": "maybe" } } } }"""));

        result.AssertRefused("maybe");
        Assert.Equal(2, result.ExitCode);
    }
}
