using System.Net.Sockets;

namespace Gateway.IntegrationTests.Cli;

/// <summary>The verb that images run as their health check.</summary>
public sealed class HealthCommandTests : IDisposable
{
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("ready")]
    [InlineData("live", "--live")]
    public async Task Gateway_that_serves_is_well(string said, params string[] options)
    {
        await using var gateway = await TestGateway.StartAsync();

        var result = await AskAsync(gateway.ManagementUrl, options);

        Assert.StartsWith(said, result.AssertSucceeded().Output);
    }

    [Theory]
    [InlineData("http://*:{0}")]
    [InlineData("http://0.0.0.0:{0}")]
    [InlineData("http://[::]:{0}")]
    [InlineData("http://localhost:{0}")]
    [InlineData("http://somewhere.example:{0}")]
    public async Task Address_is_taken_from_the_configuration_as_a_listener_reads_it(string url)
    {
        await using var gateway = await TestGateway.StartAsync();
        var written = url.Replace("{0}", gateway.ManagementUrl.Port.ToString(System.Globalization.CultureInfo.InvariantCulture));

        (await CommandLine.RunAsync(["health"], folder: folder.Path, environment: ("Gateway__Management__Url", written))).AssertSucceeded();
    }

    // Whoever runs it in a container has not named the file that the gateway was started with.
    [Fact]
    public async Task Address_is_taken_from_the_file_in_the_working_directory()
    {
        await using var gateway = await TestGateway.StartAsync();
        folder.Write("appsettings.json", new SettingsFile().Set("Gateway:Management:Url", gateway.ManagementUrl.ToString()).Set("Gateway:Passwords:WorkFactor", 4).ToString());

        (await CommandLine.RunAsync(["health"], folder: folder.Path)).AssertSucceeded();
    }

    // It refuses such a file and serves on: an orchestrator that replaced it now could not start another.
    [Theory]
    [InlineData("{ half")]
    [InlineData(null)]
    public async Task Gateway_whose_file_has_gone_bad_is_well(string? content)
    {
        await using var gateway = await TestGateway.StartAsync();
        var file = folder.File("gateway.json");
        if (content is not null)
            folder.Write("gateway.json", content);

        (await CommandLine.RunAsync(["health", "--live", "--config", file], folder: folder.Path, environment: ("Gateway__Management__Url", gateway.ManagementUrl.ToString()))).AssertSucceeded();
    }

    // Another gateway may listen where it would by default.
    [Fact]
    public async Task Without_an_address_nobody_is_asked()
    {
        var result = await CommandLine.RunAsync(["health", "--config", folder.File("typo.json")], folder: folder.Path);

        Assert.Equal(2, result.ExitCode);
        result.AssertRefused("typo.json");
    }

    [Fact]
    public async Task Gateway_that_is_not_ready_is_alive_and_says_why_it_is_not_ready()
    {
        await using var gateway = await TestGateway.StartAsync();
        File.Move(gateway.DatabaseFile, gateway.DatabaseFile + ".away");

        var ready = await Eventually.IsAsync(() => AskAsync(gateway.ManagementUrl), result => result.ExitCode != 0);

        Assert.Equal(1, ready.ExitCode);
        Assert.Contains("not_ready", ready.Output);
        Assert.Contains("database: ", ready.Output);
        Assert.DoesNotContain("keys: ", ready.Output);
        (await AskAsync(gateway.ManagementUrl, "--live")).AssertSucceeded();
        File.Move(gateway.DatabaseFile + ".away", gateway.DatabaseFile);
    }

    [Fact]
    public async Task Where_nothing_listens_no_gateway_is_well()
    {
        using var port = new LoopbackPort();

        var result = await AskAsync(new($"http://127.0.0.1:{port}"));

        Assert.Equal(1, result.ExitCode);
        result.AssertRefused("No gateway answers", $"127.0.0.1:{port}", "refused", "Gateway:Management:Url");
    }

    [Fact]
    public async Task What_accepts_and_says_nothing_is_given_up()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();

        var result = await AskAsync(new($"http://{silent.LocalEndpoint}"));

        Assert.Equal(1, result.ExitCode);
        result.AssertRefused("No gateway answers", "within 4 s");
    }

    [Theory]
    [InlineData(200, "ready")]
    [InlineData(200, "{}")]
    [InlineData(503, "null")]
    [InlineData(404, "{\"status\":\"ready\",\"checks\":{}}")]
    [InlineData(302, "")]
    public async Task Another_program_at_that_port_is_not_taken_for_a_gateway(int status, string body)
    {
        await using var other = new RecordingBackend();
        other.Answer("/health/ready", $"HTTP/1.1 {status} Some\r\nLocation: /elsewhere\r\nContent-Length: {body.Length}\r\n\r\n{body}");

        var result = await AskAsync(other.Url);

        Assert.Equal(1, result.ExitCode);
        result.AssertRefused("No gateway answers");
    }

    // A proxy of the environment would be asked instead of the gateway, and answer for it.
    [Fact]
    public async Task Proxy_of_the_environment_is_not_asked()
    {
        await using var gateway = await TestGateway.StartAsync();

        (await CommandLine.RunAsync(["health", "--url", gateway.ManagementUrl.ToString()], folder: folder.Path, environment: ("http_proxy", "http://127.0.0.1:9"))).AssertSucceeded();
    }

    [Theory]
    [InlineData("8090")]
    [InlineData("127.0.0.1:8090")]
    [InlineData("https://127.0.0.1:8090")]
    [InlineData("http://127.0.0.1:8090/health/ready")]
    [InlineData("")]
    public async Task Address_that_is_none_is_refused_with_the_rule(string url)
    {
        var result = await CommandLine.RunAsync("health", "--url", url);

        Assert.Equal(2, result.ExitCode);
        result.AssertRefused("--url", $"'{url}' is not an address", "http://127.0.0.1:8090");
    }

    [Theory]
    [InlineData("http://127.0.0.1:0")]
    [InlineData("nonsense")]
    public async Task Configured_address_that_cannot_be_asked_is_refused_with_the_remedy(string url)
    {
        var result = await CommandLine.RunAsync(["health"], folder: folder.Path, environment: ("Gateway__Management__Url", url));

        Assert.Equal(2, result.ExitCode);
        result.AssertRefused("Gateway:Management:Url", url, "--url");
    }

    private Task<CliResult> AskAsync(Uri url, params string[] options) => CommandLine.RunAsync(["health", "--url", url.ToString(), .. options], folder: folder.Path);
}
