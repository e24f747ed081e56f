using System.Net.Sockets;
using System.Net.WebSockets;

namespace Gateway.IntegrationTests.Platform;

/// <summary>A gateway that was told to leave, and has its delay before it: one for all tests, with connections from before.</summary>
public sealed class InDelay : IAsyncLifetime
{
    private int connections;

    internal LeavingGateway Gateway { get; private set; } = null!;

    internal Caller Anna { get; private set; } = null!;

    /// <summary>From before, HTTP/1.1.</summary>
    internal KeptConnection Kept { get; private set; } = null!;

    /// <summary>From before, HTTP/2.</summary>
    public HttpClient HttpTwo { get; private set; } = null!;

    /// <summary>How many connections that client has made.</summary>
    public int Connections => Volatile.Read(ref connections);

    public async ValueTask InitializeAsync()
    {
        Gateway = await LeavingGateway.StartAsync();
        Anna = await Gateway.SignUpAsync("anna");
        Kept = await KeptConnection.OpenAsync(Gateway.Url);
        Assert.Equal(200, (await Kept.AskAsync("GET /open/1")).Status);
        HttpTwo = new(new SocketsHttpHandler { ConnectCallback = ConnectAsync })
        {
            BaseAddress = Gateway.HttpTwoUrl,
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        Assert.Equal("ok", await HttpTwo.GetStringAsync("/open/1"));
        Assert.Equal("ok", await HttpTwo.GetStringAsync("/open/1"));
        Assert.Equal(1, Connections);

        await Gateway.TellAsync();
    }

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken ct)
    {
        Interlocked.Increment(ref connections);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(context.DnsEndPoint, ct);
        return new NetworkStream(socket, ownsSocket: true);
    }

    public async ValueTask DisposeAsync()
    {
        HttpTwo?.Dispose();
        Kept?.Dispose();
        if (Gateway is not null)
            await Gateway.DisposeAsync();
    }
}

/// <summary>From SIGTERM until the balancer has looked elsewhere: everybody is served, and told to connect elsewhere the next time.</summary>
public sealed class DrainDelayTests(InDelay fixture) : IClassFixture<InDelay>
{
    private readonly LeavingGateway gateway = fixture.Gateway;

    [Fact]
    public async Task Balancer_is_told_and_nobody_restarts_it()
    {
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await gateway.HealthAsync("ready"));
        Assert.Equal(HttpStatusCode.OK, await gateway.HealthAsync("live"));
    }

    [Fact]
    public async Task Kept_connection_is_answered_once_more_and_told_to_close()
    {
        var answer = await fixture.Kept.AskAsync("GET /open/1");

        Assert.Equal((200, "close"), (answer.Status, answer.Headers["Connection"]));
        await Assert.ThrowsAsync<EndOfStreamException>(fixture.Kept.AnswerAsync);
    }

    [Theory]
    [InlineData("GET /open/1", 200)]
    [InlineData("GET /orders/1", 401)]
    [InlineData("GET /nowhere", 404)]
    [InlineData("PUT /auth/login", 405)]
    [InlineData("GET /open/a%2Fb", 400)]
    [InlineData("GET /broken/1", 502)]      // written after what the backend said was cleared away
    [InlineData("POST /auth/login", 200, """{"username":"anna","password":"correct horse battery"}""")]
    public async Task New_connection_is_answered_and_told_to_close(string line, int status, string? json = null)
    {
        using var connection = await KeptConnection.OpenAsync(gateway.Url);

        var answer = await connection.AskAsync(line, json);

        Assert.Equal((status, "close"), (answer.Status, answer.Headers["Connection"]));
    }

    [Fact]
    public async Task Websocket_that_is_opened_meanwhile_is_an_upgrade_and_works()
    {
        var handshake = await RawHttp.SendAsync(gateway.Url, $"""
            GET /open/ws HTTP/1.1
            Host: {gateway.Url.Authority}
            Upgrade: websocket
            Connection: Upgrade
            Sec-WebSocket-Version: 13
            Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==


            """.ReplaceLineEndings("\r\n"));

        Assert.Equal((101, "Upgrade"), (handshake.Status, handshake.Headers["Connection"]));
        await AssertEchoedAsync(gateway.Url, HttpVersion.Version11, "/orders/ws");
    }

    [Fact]
    public Task Websocket_over_http_2_that_is_opened_meanwhile_works() => AssertEchoedAsync(gateway.HttpTwoUrl, HttpVersion.Version20, "/orders/ws");

    [Fact]
    public async Task Client_of_http_2_moves_to_another_connection_and_no_request_fails()
    {
        await Eventually.IsAsync(
            async () =>
            {
                Assert.All(await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => fixture.HttpTwo.GetStringAsync("/open/1"))), text => Assert.Equal("ok", text));
                return fixture.Connections;
            },
            connections => connections > 2);
    }

    [Fact]
    public async Task Logout_is_answered_and_holds()
    {
        var berta = await gateway.SignUpAsync("berta");

        Assert.Equal(HttpStatusCode.NoContent, (await berta.PostAsync("/auth/logout", null)).StatusCode);

        await (await berta.GetAsync("/orders/1")).AssertRefusedAsync(401, "token_revoked");
    }

    private async Task AssertEchoedAsync(Uri server, Version version, string path)
    {
        using var socket = new ClientWebSocket { Options = { HttpVersion = version, HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact } };
        socket.Options.SetRequestHeader("Authorization", "Bearer " + fixture.Anna.Session.AccessToken);
        using var handler = new HttpMessageInvoker(new SocketsHttpHandler { UseCookies = false });
        await socket.ConnectAsync(new UriBuilder(server) { Scheme = "ws", Path = path }.Uri, handler, default);

        await socket.SendAsync("hello"u8.ToArray(), WebSocketMessageType.Text, endOfMessage: true, default);
        var buffer = new byte[16];
        var message = await socket.ReceiveAsync(buffer, default);

        Assert.Equal("hello", Encoding.UTF8.GetString(buffer, 0, message.Count));
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, default);
    }
}
