using System.Net.Security;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;

namespace Gateway.IntegrationTests.Protocols;

/// <summary>Whatever version of HTTP a client speaks, and however it was agreed on, the same gate stands there.</summary>
public sealed class ClientVersionTests : GatewayTests<ProtocolGateway>
{
    private readonly ProtocolGateway gateway;

    public ClientVersionTests(ProtocolGateway gateway) : base(gateway)
    {
        this.gateway = gateway;
        foreach (var server in new[] { gateway.Server, gateway.HttpTwoServer })
        {
            foreach (var path in new[] { "/server/whoami", "/server2/whoami" })
                server.Answer(path, http => http.Response.WriteAsync($"{http.Request.Headers["X-User-Name"]} {http.Request.Query["n"]} {http.Request.Protocol}"));
        }
    }

    public static TheoryData<string, string, string> Ways => new()
    {
        { "tls", "1.1", "/server/whoami" }, { "tls", "2.0", "/server/whoami" }, { "h2c", "2.0", "/server/whoami" }, { "plain", "1.1", "/server/whoami" },
        { "tls", "1.1", "/server2/whoami" }, { "tls", "2.0", "/server2/whoami" }, { "h2c", "2.0", "/server2/whoami" }, { "plain", "1.1", "/server2/whoami" },
    };

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Signed_in_user_is_told_to_the_backend(string endpoint, string version, string path)
    {
        var anna = await gateway.KeptAsync("anna");
        using var client = ProtocolGateway.Client(UrlOf(endpoint), Version.Parse(version), anna.Session.AccessToken);

        var response = await client.GetAsync(path + "?n=1");

        Assert.Equal(Version.Parse(version), response.Version);
        Assert.Equal($"anna 1 {(path.StartsWith("/server2", StringComparison.Ordinal) ? "HTTP/2" : "HTTP/1.1")}", await response.Content.ReadAsStringAsync());
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Nobody_is_refused(string endpoint, string version, string path)
    {
        using var client = ProtocolGateway.Client(UrlOf(endpoint), Version.Parse(version));

        var response = await client.GetAsync(path);

        Assert.Equal(Version.Parse(version), response.Version);
        await response.AssertRefusedAsync(401, "token_missing");
    }

    [Theory]
    [InlineData("tls")]
    [InlineData("h2c")]
    public async Task Path_that_two_could_read_differently_is_refused(string endpoint)
    {
        using var client = ProtocolGateway.Client(UrlOf(endpoint), HttpVersion.Version20);

        var response = await client.GetAsync("/server//whoami");

        await response.AssertRefusedAsync(400, "request_refused");
    }

    [Theory]
    [InlineData("h2", "h2")]
    [InlineData("http/1.1", "http/1.1")]
    [InlineData("http/1.1 h2", "h2")] // the server's choice
    public async Task Version_is_agreed_on_by_alpn(string offered, string agreed)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, gateway.TlsUrl.Port);
        await using var tls = new SslStream(client.GetStream(), leaveInnerStreamOpen: false, ProtocolGateway.IsOurs);

        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "localhost", ApplicationProtocols = [.. offered.Split(' ').Select(name => new SslApplicationProtocol(name))] });

        Assert.Equal(agreed, tls.NegotiatedApplicationProtocol.ToString());
    }

    [Theory]
    [InlineData("tls", "/server/whoami", "HTTP/1.1")]
    [InlineData("h2c", "/server/whoami", "HTTP/1.1")]
    [InlineData("h2c", "/server2/whoami", "HTTP/2")]
    public async Task Users_that_share_one_connection_are_never_mixed_up(string endpoint, string path, string spoken)
    {
        const int Requests = 1000;
        string[] names = ["anna", "berta", "cleo", "dora"];
        var tokens = new List<string>();
        foreach (var name in names)
            tokens.Add((await gateway.KeptAsync(name)).Session.AccessToken);
        using var client = ProtocolGateway.Client(UrlOf(endpoint), HttpVersion.Version20); // one connection: more are opt-in

        var answers = await Task.WhenAll(Enumerable.Range(0, Requests).Select(async n =>
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"{path}?n={n}") { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
            if (n % 5 < names.Length)
                request.Headers.Add("Authorization", "Bearer " + tokens[n % 5]);
            using var response = await client.SendAsync(request);
            return response.IsSuccessStatusCode ? await response.Content.ReadAsStringAsync() : "refused";
        }));

        Assert.Equal(Enumerable.Range(0, Requests).Select(n => n % 5 < names.Length ? $"{names[n % 5]} {n} {spoken}" : "refused"), answers);
    }

    [Fact]
    public async Task Prior_knowledge_on_an_endpoint_of_http_1_is_no_way_in()
    {
        using var client = ProtocolGateway.Client(gateway.Url, HttpVersion.Version20);

        await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync("/free/1"));
    }

    private Uri UrlOf(string endpoint) => endpoint switch { "tls" => gateway.TlsUrl, "h2c" => gateway.HttpTwoUrl, _ => gateway.Url };
}
