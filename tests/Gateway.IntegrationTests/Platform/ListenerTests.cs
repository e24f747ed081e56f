using System.Net.Sockets;

namespace Gateway.IntegrationTests.Platform;

public sealed class ListenerTests(TestGateway gateway) : GatewayTests<TestGateway>(gateway)
{
    [Theory]
    [InlineData("/health/live")]
    [InlineData("/health/ready")]
    public async Task Health_is_open_on_the_management_listener(string path)
    {
        foreach (var method in (HttpMethod[])[HttpMethod.Get, HttpMethod.Head])
        {
            var response = await Caller.Anonymous(gateway.ManagementUrl).SendAsync(new(method, path));

            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }
    }

    [Theory]
    [InlineData("/health/live")]
    [InlineData("/health/ready")]
    [InlineData("/metrics")]
    [InlineData("/admin/users")]
    public async Task Management_is_not_on_the_public_listener(string path)
    {
        var response = await gateway.Anonymous().GetAsync(path);

        await response.AssertRefusedAsync(404, "route_not_found");
    }

    [Theory]
    [InlineData("/auth/me")]
    [InlineData("/orders/1")]
    [InlineData("/open/1")]
    public async Task Public_paths_are_not_on_the_management_listener(string path)
    {
        var response = await Caller.Anonymous(gateway.ManagementUrl).GetAsync(path);

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Empty(gateway.Backend.Requests);
    }

    // DNS rebinding: a page in the operator's browser asks for its own name, which now leads here.
    [Theory]
    [InlineData("evil.example")]
    [InlineData("evil.example:8090")]
    [InlineData("127.0.0.1.evil.example")]
    [InlineData("localhost.evil.example")]
    [InlineData("10.0.0.1")]
    public async Task Management_refuses_dns_rebinding(string host)
    {
        var answer = await RawHttp.SendAsync(gateway.ManagementUrl, $"GET /health/ready HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");

        answer.AssertRefused(400, "request_refused");
    }

    [Theory]
    [InlineData("localhost")]
    [InlineData("localhost:8090")]
    [InlineData("LOCALHOST")]
    [InlineData("127.0.0.1")]
    [InlineData("[::1]:8090")]
    public async Task Management_answers_to_loopback_names(string host)
    {
        var answer = await RawHttp.SendAsync(gateway.ManagementUrl, $"GET /health/ready HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");

        Assert.Equal(200, answer.Status);
    }

    [Fact]
    public async Task Management_answers_to_a_listed_name()
    {
        await using var other = await TestGateway.StartAsync(settings => settings.Set("Gateway:Management:Hosts", new JsonArray("gateway-admin.internal")));

        var answer = await RawHttp.SendAsync(other.ManagementUrl, "GET /health/ready HTTP/1.1\r\nHost: gateway-admin.internal\r\nConnection: close\r\n\r\n");

        Assert.Equal(200, answer.Status);
    }

    [Fact]
    public async Task Taken_public_port_is_said()
    {
        var refusal = await TestGateway.RefusedStartAsync(settings => settings.Set("Gateway:Secret", new string('s', 40)), gateway.Url.ToString());

        refusal.AssertSays(gateway.Url.Port.ToString(System.Globalization.CultureInfo.InvariantCulture));
    }

    [Fact]
    public async Task Taken_management_port_is_said()
    {
        var refusal = await TestGateway.RefusedStartAsync(settings => settings.Set("Gateway:Management:Url", gateway.ManagementUrl.ToString()));

        refusal.AssertSays(gateway.ManagementUrl.Port.ToString(System.Globalization.CultureInfo.InvariantCulture));
    }

    [Fact]
    public async Task Refused_start_ends_the_process_with_all_errors_and_no_stack()
    {
        using var folder = new TempFolder();
        var file = folder.Write("gateway.json", """{ "Gateway": { "Passwords": { "WorkFactor": 4 }, "Colour": "blue" } }""");

        var result = await CommandLine.RunAsync("serve", "--config", file, "--urls", "http://127.0.0.1:0");

        result.AssertRefused("Gateway:Passwords:WorkFactor", "Gateway:Colour");
        Assert.Contains("Gateway:Colour", result.Errors); // what went wrong is on stderr
        Assert.Equal(["gateway.json"], folder.Names());
    }

    [Fact]
    public async Task Public_listener_may_be_a_unix_socket()
    {
        using var folder = new TempFolder();
        await using var backend = new RecordingBackend();
        var socket = folder.File("public.sock");
        var file = folder.Write("gateway.json", SettingsFile.Alone(backend.Url).Set("Urls", "http://unix:" + socket)
            .Set("Gateway:Database:ConnectionString", "Data Source=" + folder.File("gateway.db")).Route("open", "/open/{**rest}", "anonymous").ToString());

        await using var host = await GatewayHost.StartAsync(["--config", file], ct: TestContext.Current.CancellationToken);

        Assert.Equal("unix:" + socket, host.Url.ToString());
        using var client = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (_, ct) =>
            {
                var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await connection.ConnectAsync(new UnixDomainSocketEndPoint(socket), ct);
                return new NetworkStream(connection, ownsSocket: true);
            },
        });
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(new Uri("http://a.example/open/1"), TestContext.Current.CancellationToken)).StatusCode);
    }
}
