using System.Net.WebSockets;

namespace Gateway.IntegrationTests.Routes;

/// <summary>What passes the gate passes whole: bodies of any size, streams as they come, WebSockets.</summary>
public sealed class PassThroughTests(TestGateway gateway) : GatewayTests<TestGateway>(gateway)
{
    private const string Trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    [Theory]
    [InlineData("GET", "/orders/1?q=a%20b+c&x=%2F&empty=")]
    [InlineData("POST", "/orders/1")]
    [InlineData("DELETE", "/orders/1")]
    [InlineData("PROPFIND", "/orders/1")]
    public async Task Method_target_and_ordinary_headers_arrive_as_sent(string method, string target)
    {
        var anna = await gateway.KeptAsync("anna");

        await gateway.RawAsync($"{method} {target}", $"Authorization: Bearer {anna.Session.AccessToken}", "Content-Length: 0", "Accept: text/x; q=0.5", "X-Custom: one", "X-Custom: two", "User-Agent: tester/1", $"traceparent: {Trace}");

        var request = gateway.Backend.Request;
        Assert.Equal($"{method} {target} HTTP/1.1", request.RequestLine);
        Assert.Equal("text/x; q=0.5", request.Headers["Accept"]);
        Assert.Equal("tester/1", request.Headers["User-Agent"]);
        Assert.Equal(Trace, request.Headers["traceparent"]);
        Assert.Equal("one, two", string.Join(", ", request.Headers.Every("X-Custom")));
    }

    [Fact]
    public async Task Upload_beyond_every_default_limit_arrives_whole()
    {
        var anna = await gateway.KeptAsync("anna");
        var bytes = new byte[40 * 1024 * 1024]; // Kestrel's own limit is 30,000,000
        Random.Shared.NextBytes(bytes);

        var response = await anna.PostAsync("/orders/upload", new ByteArrayContent(bytes));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.True(bytes.AsSpan().SequenceEqual(gateway.Backend.Request.Body));
    }

    [Fact]
    public async Task Upload_in_chunks_arrives_whole()
    {
        var anna = await gateway.KeptAsync("anna");

        var response = await anna.SendAsync(new(HttpMethod.Post, "/orders/upload") { Content = new StringContent("in chunks"), Headers = { TransferEncodingChunked = true } });

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("in chunks", gateway.Backend.Request.Text);
    }

    [Fact]
    public async Task Answer_streams_as_the_backend_writes_it()
    {
        var anna = await gateway.KeptAsync("anna");
        var firstWasRead = new TaskCompletionSource();
        gateway.Backend.Answer("/orders/events", async (_, stream) =>
        {
            await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\nf\r\ndata: first\r\n\r\n\r\n"u8.ToArray());
            await firstWasRead.Task; // a gateway that buffers would never let us go on
            await stream.WriteAsync("10\r\ndata: second\r\n\r\n\r\n0\r\n\r\n"u8.ToArray());
        });

        using var response = await anna.GetAsync("/orders/events", HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        var first = await reader.ReadLineAsync();
        firstWasRead.SetResult();
        var rest = await reader.ReadToEndAsync();

        Assert.Equal("data: first", first);
        Assert.Contains("data: second", rest);
    }

    [Fact]
    public async Task Websocket_passes_with_the_identity_of_who_opened_it()
    {
        var anna = await gateway.KeptAsync("anna");
        using var socket = await OpenAsync(("Authorization", $"Bearer {anna.Session.AccessToken}"));

        var echo = await EchoAsync(socket, "hello");

        Assert.Equal("hello", echo);
        Assert.Equal("anna", gateway.Backend.Request.Headers["X-User-Name"]);
        Assert.False(gateway.Backend.Request.Headers.Has("Authorization"));
    }

    [Fact]
    public async Task Websocket_of_a_browser_passes_from_our_own_page()
    {
        var anna = await gateway.KeptWithCookieAsync("anna");
        using var socket = await OpenAsync(("Cookie", anna.Cookie), ("Origin", gateway.Url.GetLeftPart(UriPartial.Authority)));

        var echo = await EchoAsync(socket, "hello");

        Assert.Equal("hello", echo);
        Assert.Equal("anna", gateway.Backend.Request.Headers["X-User-Name"]);
        Assert.False(gateway.Backend.Request.Headers.Has("Cookie"));
    }

    [Fact]
    public async Task Websocket_without_a_credential_is_refused_before_the_backend_hears_of_it()
    {
        var refusal = await Assert.ThrowsAsync<WebSocketException>(() => OpenAsync());

        Assert.Contains("401", refusal.Message);
        Assert.Empty(gateway.Backend.Requests);
    }

    private async Task<ClientWebSocket> OpenAsync(params (string Name, string Value)[] headers)
    {
        var socket = new ClientWebSocket();
        foreach (var (name, value) in headers)
            socket.Options.SetRequestHeader(name, value);
        await socket.ConnectAsync(new UriBuilder(gateway.Url) { Scheme = "ws", Path = "/orders/ws" }.Uri, default);
        return socket;
    }

    private static async Task<string> EchoAsync(ClientWebSocket socket, string text)
    {
        await socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, endOfMessage: true, default);
        var buffer = new byte[1024];
        var message = await socket.ReceiveAsync(buffer, default);
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, default);
        return Encoding.UTF8.GetString(buffer, 0, message.Count);
    }
}
