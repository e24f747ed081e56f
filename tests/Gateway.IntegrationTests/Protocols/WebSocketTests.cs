using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Security.Cryptography;

namespace Gateway.IntegrationTests.Protocols;

/// <summary>A WebSocket passes whole, whichever way it was opened: the gateway adds nothing, loses nothing and changes nothing.</summary>
public sealed class WebSocketTests(ProtocolGateway gateway) : GatewayTests<ProtocolGateway>(gateway)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Large_and_fragmented_messages_arrive_as_they_were_cut(int version)
    {
        var parts = new ConcurrentQueue<(int Count, bool Last)>();
        gateway.Server.Socket($"/server/parts{version}", async socket =>
        {
            var buffer = new byte[4 * 1024 * 1024];
            while (await socket.ReceiveAsync(buffer, default) is { MessageType: not WebSocketMessageType.Close } part)
            {
                parts.Enqueue((part.Count, part.EndOfMessage));
                await socket.SendAsync(buffer.AsMemory(0, part.Count), part.MessageType, part.EndOfMessage, default);
            }
        });
        using var anna = await OpenAsync(version, $"/server/parts{version}");
        byte[][] sent = [.. new[] { 1, 125, 126, 65_535, 65_536, 3_000_000, 0 }.Select(RandomNumberGenerator.GetBytes)];

        var sending = Task.Run(async () =>
        {
            foreach (var (i, part) in sent.Index())
                await anna.SendAsync(part, WebSocketMessageType.Binary, i == sent.Length - 1, default);
        });
        using var received = new MemoryStream();
        var buffer = new byte[64 * 1024];
        WebSocketReceiveResult last;
        do
        {
            last = await anna.ReceiveAsync(buffer, default).WaitAsync(Patience);
            received.Write(buffer, 0, last.Count);
        }
        while (!last.EndOfMessage);
        await sending;

        Assert.True(sent.SelectMany(part => part).SequenceEqual(received.ToArray()));
        Assert.Single(parts, part => part.Last);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Subprotocol_of_the_backends_choice_is_agreed_on(int version)
    {
        gateway.Server.Answer("/server/choice", async http =>
        {
            Assert.Equal(["chat.v1", "chat.v2"], http.WebSockets.WebSocketRequestedProtocols);
            using var socket = await http.WebSockets.AcceptWebSocketAsync("chat.v2");
            await Sockets.EchoAsync(socket);
        });

        using var anna = await OpenAsync(version, "/server/choice", options =>
        {
            options.AddSubProtocol("chat.v1");
            options.AddSubProtocol("chat.v2");
        });

        Assert.Equal("chat.v2", anna.SubProtocol);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Closing_by_the_client_arrives_with_its_code_and_reason(int version)
    {
        var closed = new TaskCompletionSource<string>();
        gateway.Server.Socket($"/server/closed{version}", async socket =>
        {
            closed.SetResult(await socket.ReceiveTextAsync());
            await socket.CloseOutputAsync((WebSocketCloseStatus)4002, "and so am I", default);
        });
        using var anna = await OpenAsync(version, $"/server/closed{version}");

        await anna.CloseAsync((WebSocketCloseStatus)4001, "I am done", default).WaitAsync(Patience);

        Assert.Equal("close 4001 I am done", await closed.Task.WaitAsync(Patience));
        Assert.Equal((4002, "and so am I"), ((int)anna.CloseStatus!, anna.CloseStatusDescription));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Closing_by_the_backend_arrives_with_its_code_and_reason(int version)
    {
        var answered = new TaskCompletionSource<string>();
        gateway.Server.Socket($"/server/closes{version}", async socket =>
        {
            await socket.SendTextAsync("first this");
            await socket.CloseOutputAsync((WebSocketCloseStatus)4003, "no more", default);
            answered.SetResult(await socket.ReceiveTextAsync());
        });
        using var anna = await OpenAsync(version, $"/server/closes{version}");

        var (message, close) = (await anna.ReceiveTextAsync(), await anna.ReceiveTextAsync());
        await anna.CloseOutputAsync((WebSocketCloseStatus)4004, "bye", default);

        Assert.Equal(("first this", "close 4003 no more"), (message, close));
        Assert.Equal("close 4004 bye", await answered.Task.WaitAsync(Patience));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Pings_of_the_client_are_answered_by_the_backend(int version)
    {
        gateway.Server.Socket("/server/pinged", Sockets.EchoAsync);

        // Without a pong in time it would give up.
        using var anna = await OpenAsync(version, "/server/pinged", options => (options.KeepAliveInterval, options.KeepAliveTimeout) = (TimeSpan.FromMilliseconds(20), TimeSpan.FromSeconds(10)));
        for (var i = 0; i < 20; i++)
        {
            await Task.Delay(20);
            await anna.SendTextAsync("still here");
            Assert.Equal("still here", await anna.ReceiveTextAsync().WaitAsync(Patience));
        }
    }

    [Fact]
    public async Task Frames_pass_byte_for_byte()
    {
        byte[] toClient = [0x89, 2, (byte)'h', (byte)'i', 0x01, 1, (byte)'a', 0x8A, 0, 0x80, 1, (byte)'b', 0xC2, 1, 7];
        byte[] toBackend = [.. Sockets.ClientFrame(0x89, "ping"), .. Sockets.ClientFrame(0x01, "x"), .. Sockets.ClientFrame(0x8A, ""), .. Sockets.ClientFrame(0x80, "y")];
        var arrived = new TaskCompletionSource<byte[]>();
        gateway.Backend.Answer("/orders/bytes", async (_, stream) =>
        {
            await stream.WriteAsync("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"u8.ToArray());
            await stream.WriteAsync(toClient);
            var bytes = new byte[toBackend.Length];
            await stream.ReadExactlyAsync(bytes);
            arrived.SetResult(bytes);
        });
        var anna = await gateway.KeptAsync("anna");
        using var client = await RawConnection.OpenAsync(gateway.Url);

        await client.SendAsync($"GET /orders/bytes HTTP/1.1\r\nHost: {gateway.Url.Authority}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nAuthorization: Bearer {anna.Session.AccessToken}\r\n\r\n");
        var head = new byte[4096];
        var read = 0;
        while (!Encoding.Latin1.GetString(head, 0, read).Contains("\r\n\r\n"))
            read += await client.Stream.ReadAsync(head.AsMemory(read));
        var end = Encoding.Latin1.GetString(head, 0, read).IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4;
        var rest = new byte[toClient.Length];
        head.AsSpan(end, read - end).CopyTo(rest);
        await client.Stream.ReadExactlyAsync(rest.AsMemory(read - end));
        await client.SendAsync(toBackend);

        Assert.StartsWith("HTTP/1.1 101", Encoding.Latin1.GetString(head));
        Assert.Equal(toClient, rest);
        Assert.Equal(toBackend, await arrived.Task.WaitAsync(Patience));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_thousand_at_once_are_never_mixed_up(int version)
    {
        const int Count = 1000;
        var path = $"/server/thousand{version}";
        gateway.Server.Answer(path, async http =>
        {
            using var socket = await http.WebSockets.AcceptWebSocketAsync();
            await socket.SendTextAsync($"{http.Request.Headers["X-User-Name"]}");
            await Sockets.EchoAsync(socket);
        });
        string[] names = ["anna", "berta", "cleo", "dora"];
        var tokens = new List<string>();
        foreach (var name in names)
            tokens.Add((await gateway.KeptAsync(name)).Session.AccessToken);

        var sockets = await Task.WhenAll(Enumerable.Range(0, Count).Select(n => Sockets.OpenAsync(gateway.UrlFor(version), path, Over(version), ("Authorization", $"Bearer {tokens[n % names.Length]}"))));
        try
        {
            await Task.WhenAll(sockets.Select((socket, n) => socket.SendTextAsync($"number {n}")));
            var heard = await Task.WhenAll(sockets.Select(async socket => (await socket.ReceiveTextAsync(), await socket.ReceiveTextAsync()))).WaitAsync(Patience);
            await Task.WhenAll(sockets.Select(socket => socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, default))).WaitAsync(Patience);

            Assert.Equal(Enumerable.Range(0, Count).Select(n => (names[n % names.Length], $"number {n}")), heard);
        }
        finally
        {
            Array.ForEach(sockets, socket => socket.Dispose());
        }
    }

    [Theory]
    [InlineData(1, "Origin", true)]
    [InlineData(2, "Origin", true)]
    [InlineData(1, "https://evil.example", false)]
    [InlineData(2, "https://evil.example", false)]
    [InlineData(1, "null", false)]
    [InlineData(2, "null", false)]
    public async Task Cookie_opens_one_from_our_own_page_only(int version, string origin, bool passes)
    {
        gateway.Server.Socket("/server/page", Sockets.EchoAsync);
        var anna = await gateway.KeptWithCookieAsync("anna");
        var url = gateway.UrlFor(version);

        var opening = Sockets.OpenAsync(url, "/server/page", Over(version), ("Cookie", anna.Cookie), ("Origin", origin == "Origin" ? url.GetLeftPart(UriPartial.Authority) : origin));

        if (passes)
            (await opening).Dispose();
        else
            Assert.Contains("403", (await Assert.ThrowsAsync<WebSocketException>(() => opening)).Message);
    }

    internal static Action<ClientWebSocketOptions> Over(int version) => options =>
    {
        if (version == 2)
            options.OverHttpTwo();
    };

    private async Task<ClientWebSocket> OpenAsync(int version, string path, Action<ClientWebSocketOptions>? more = null)
    {
        var anna = await gateway.KeptAsync("anna");
        return await Sockets.OpenAsync(gateway.UrlFor(version), path, Over(version) + more, ("Authorization", $"Bearer {anna.Session.AccessToken}"));
    }
}
