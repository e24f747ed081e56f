using System.Net.WebSockets;

namespace Gateway.IntegrationTests.Protocols;

/// <summary>A backend that misbehaves in every way that TCP and HTTP allow; a second one behind the same gateway is well.</summary>
public sealed class FaultyGateway : ProtocolGateway
{
    public FaultyGateway() => (Bad, AtAccept) = (new(ServeAsync), new(connection =>
    {
        connection.Reset();
        return Task.CompletedTask;
    }));

    internal RawBackend Bad { get; }

    internal RawBackend AtAccept { get; }

    protected override void Configure(SettingsFile settings)
    {
        base.Configure(settings);
        foreach (var (name, url) in new[] { ("bad", Bad.Url), ("accept", AtAccept.Url) })
        {
            settings.Destination(name, url)
                .Set($"ReverseProxy:Clusters:{name}:HttpRequest:ActivityTimeout", "00:00:01")
                .Route(name, $"/{name}/{{**rest}}", "anonymous").Set($"ReverseProxy:Routes:{name}:ClusterId", name);
        }
    }

    private static async Task ServeAsync(RawConnection connection)
    {
        if (await connection.ReadHeadAsync() is not { } head)
            return;

        var fault = Uri.UnescapeDataString(head[0].Split(' ')[1].Split('/')[^1]);
        await connection.SendAsync(fault.Split(", ")[0] switch
        {
            "half a head" => "HTTP/1.1 200 OK\r\nX-Half: ",
            "half a status line" => "HTTP/1.1 2",
            "part of a length" => "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhello",
            "none of a length" => "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n",
            "more than a length" => "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello and more",
            "half a chunk" => "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n100\r\nhello",
            "no last chunk" => "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
            "half a last chunk" => "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n",
            "nonsense for a chunk" => "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\n",
            "body to the end" => "HTTP/1.1 200 OK\r\n\r\nhello",
            "upgrade not asked for" => "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
            "plain answer" => "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello",
            "wrong protocol" => "HTTP/1.1 101 Switching Protocols\r\nUpgrade: chess\r\nConnection: Upgrade\r\n\r\n",
            "wrong accept" => "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: bm9uc2Vuc2U=\r\n\r\n",
            "half a frame" => Sockets.Accept(new(head[1..])) + "\u0081\u0020hello",
            "a frame" => Sockets.Accept(new(head[1..])) + "\u0081\u0005hello",
            _ => "",
        });

        switch (fault.Split(", ").Last())
        {
            case "reset":
                await Task.Delay(50); // so that what was sent is read first
                connection.Reset();
                break;
            case "closed":
                connection.Dispose();
                break;
        }
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await Bad.DisposeAsync();
        await AtAccept.DisposeAsync();
        GC.SuppressFinalize(this);
    }
}

/// <summary>Whatever a backend does, its client learns the truth, the gateway goes on, and nothing stays open.</summary>
public sealed class BackendFaultTests(FaultyGateway gateway) : GatewayTests<FaultyGateway>(gateway)
{
    private static readonly string[] Clients = ["HTTP/1.0", "HTTP/1.1", "HTTP/2"];
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    public static MatrixTheoryData<string, string> BeforeTheBody => new(
        ["nothing, reset", "nothing, closed", "half a status line, closed", "half a head, reset", "half a head, closed", "upgrade not asked for", "nothing, stalled", "half a head, stalled"], Clients);

    public static MatrixTheoryData<string, string> WithinTheBody => new(
        ["part of a length, reset", "part of a length, closed", "part of a length, stalled", "none of a length, reset", "none of a length, closed",
        "half a chunk, reset", "half a chunk, closed", "half a chunk, stalled", "no last chunk, reset", "no last chunk, closed", "no last chunk, stalled",
        "half a last chunk, reset", "nonsense for a chunk, stalled", "body to the end, reset", "body to the end, stalled"], Clients);

    [Theory]
    [MemberData(nameof(BeforeTheBody))]
    public async Task Without_an_answer_the_trouble_is_the_backends(string fault, string client)
    {
        using var request = Ask("/bad/" + fault, client);

        if (client == "HTTP/1.0")
            Assert.Equal(fault.EndsWith("stalled", StringComparison.Ordinal) ? 504 : 502, (await RawAsync("/bad/" + fault, client))?.Status);
        else if (fault.EndsWith("stalled", StringComparison.Ordinal))
            await (await SendAsync(request)).AssertRefusedAsync(504, "backend_timeout");
        else
            await (await SendAsync(request)).AssertRefusedAsync(502, "backend_unreachable");

        await AssertGoesOnAsync();
    }

    [Theory]
    [InlineData("HTTP/1.0")]
    [InlineData("HTTP/1.1")]
    [InlineData("HTTP/2")]
    public async Task Backend_that_resets_whoever_connects_is_unreachable(string client)
    {
        using var request = Ask("/accept/1", client);

        await (await SendAsync(request)).AssertRefusedAsync(502, "backend_unreachable");

        await AssertGoesOnAsync();
    }

    [Theory]
    [MemberData(nameof(WithinTheBody))]
    public async Task Truncated_body_never_looks_whole(string fault, string client)
    {
        if (client == "HTTP/2")
        {
            using var request = Ask("/bad/" + fault, client);
            var response = await Record.ExceptionAsync(async () =>
            {
                using var answer = await SendAsync(request);
                if (answer.StatusCode is not HttpStatusCode.BadGateway)     // nothing had been sent yet
                    await answer.Content.CopyToAsync(Stream.Null);
                else
                    throw new HttpRequestException("refused");
            });
            Assert.True(response is HttpRequestException or IOException, $"{response}");
        }
        else
        {
            var answer = await RawAsync("/bad/" + fault, client);
            Assert.True(answer is null or { Status: 502 } or not { End: BodyEnd.Whole }, $"{answer}");
        }

        await AssertGoesOnAsync();
    }

    [Theory]
    [InlineData("HTTP/1.0")]
    [InlineData("HTTP/1.1")]
    [InlineData("HTTP/2")]
    public async Task What_exceeds_the_announced_length_is_not_passed_on(string client)
    {
        using var request = Ask("/bad/more than a length", client);

        var response = await SendAsync(request);

        Assert.Equal("hello", await response.Content.ReadAsStringAsync());
        await AssertGoesOnAsync();
    }

    [Theory]
    [InlineData("HTTP/1.0")]
    [InlineData("HTTP/1.1")]
    [InlineData("HTTP/2")]
    public async Task Body_that_ends_with_its_connection_is_whole(string client)
    {
        using var request = Ask("/bad/body to the end, closed", client);

        var response = await SendAsync(request);

        Assert.Equal("hello", await response.Content.ReadAsStringAsync());
        await AssertGoesOnAsync();
    }

    [Theory]
    [InlineData(1, "plain answer")]
    [InlineData(2, "plain answer")]
    [InlineData(2, "wrong accept")]
    [InlineData(1, "nothing, reset")]
    [InlineData(2, "nothing, reset")]
    [InlineData(1, "nothing, stalled")]
    [InlineData(2, "nothing, stalled")]
    [InlineData(1, "wrong protocol")]
    [InlineData(2, "wrong protocol")]
    public async Task Websocket_that_the_backend_did_not_open_is_none(int version, string fault)
    {
        await Assert.ThrowsAsync<WebSocketException>(() => OpenAsync(version, fault));

        await AssertGoesOnAsync();
    }

    [Theory]
    [InlineData(1, "half a frame, closed")]
    [InlineData(2, "half a frame, closed")]
    [InlineData(1, "half a frame, reset")]
    [InlineData(2, "half a frame, reset")]
    [InlineData(1, "a frame, closed")]
    [InlineData(2, "a frame, closed")]
    [InlineData(1, "a frame, reset")]
    [InlineData(2, "a frame, reset")]
    public async Task Websocket_that_the_backend_drops_is_dropped(int version, string fault)
    {
        using var socket = await OpenAsync(version, fault);

        if (fault.StartsWith("a frame", StringComparison.Ordinal))
            Assert.Equal("hello", await socket.ReceiveTextAsync().WaitAsync(Patience));
        await Assert.ThrowsAsync<WebSocketException>(() => socket.ReceiveTextAsync().WaitAsync(Patience)); // no close that nobody sent

        await AssertGoesOnAsync();
    }

    private Task<ClientWebSocket> OpenAsync(int version, string fault) =>
        Sockets.OpenAsync(gateway.UrlFor(version), "/bad/" + fault, WebSocketTests.Over(version)).WaitAsync(Patience);

    private async Task AssertGoesOnAsync()
    {
        await gateway.Bad.AssertReleasedAsync();
        Assert.Equal("ok", await gateway.Anonymous().GetStringAsync("/open/1"));
    }

    private Task<WireAnswer?> RawAsync(string path, string version) =>
        WireAnswer.AskAsync(gateway.Url, $"GET {Uri.EscapeDataString(path).Replace("%2F", "/")} {version}\r\nHost: {gateway.Url.Authority}\r\nConnection: close\r\n\r\n");

    private HttpRequestMessage Ask(string path, string version) => new(HttpMethod.Get, new Uri(version == "HTTP/2" ? gateway.HttpTwoUrl : gateway.Url, path))
    {
        Version = version == "HTTP/2" ? HttpVersion.Version20 : Version.Parse(version[5..]),
        VersionPolicy = HttpVersionPolicy.RequestVersionExact,
    };

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request) =>
        await gateway.Anonymous().SendAsync(request, HttpCompletionOption.ResponseHeadersRead).WaitAsync(Patience);
}
