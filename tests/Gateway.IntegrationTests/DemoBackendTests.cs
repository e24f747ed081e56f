using System.Net.WebSockets;

namespace Gateway.IntegrationTests;

/// <summary>The demo backend, through the gateway: an ordinary service that knows nothing of it.</summary>
public sealed class DemoBackendTests(Demo demo) : IClassFixture<Demo>
{
    private const long Megabytes = 1024 * 1024;

    [Fact]
    public async Task Page_is_for_everybody()
    {
        var response = await Caller.Anonymous(demo.Url).GetAsync("/");

        Assert.Equal("text/html", response.Content.Headers.ContentType?.MediaType);
        Assert.Contains("<h1>", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Echo_says_method_path_headers_and_size_of_the_body()
    {
        var anna = await demo.SignUpAsync("anna");

        var echo = await (await anna.PutAsync("/echo/some/page?q=a%20b", new StringContent("twelve bytes"))).ReadJsonAsync();

        Assert.Equal(("PUT", "/echo/some/page", "?q=a%20b", 12), ((string)echo["method"]!, (string)echo["path"]!, (string)echo["query"]!, (int)echo["bodyBytes"]!));
        Assert.Equal("anna", (string)echo["headers"]!["X-User-Name"]!);
        Assert.Equal((string)Jwt.Payload(anna.Session.AccessToken)["auth_time"]!.ToJsonString(), (string)echo["headers"]!["X-Login-Time"]!); // by configuration
    }

    [Fact]
    public async Task Orders_are_made_read_changed_and_deleted()
    {
        var berta = await demo.SignUpAsync("berta");

        var made = await berta.PostAsJsonAsync("/orders", new { item = "cocoa", quantity = 3 });
        var order = await made.ReadJsonAsync(HttpStatusCode.Created);
        var path = made.Headers.Location!.ToString();

        Assert.Equal("cocoa", (string)(await (await berta.GetAsync(path)).ReadJsonAsync())["item"]!);
        Assert.Equal(4, (int)(await (await berta.PutAsJsonAsync(path, new { item = "cocoa", quantity = 4 })).ReadJsonAsync())["quantity"]!);
        Assert.Contains((int)order["id"]!, (await (await berta.GetAsync("/orders")).ReadAsync<JsonArray>(HttpStatusCode.OK)).Select(o => (int)o!["id"]!));
        Assert.Equal(HttpStatusCode.NoContent, (await berta.DeleteAsync(path)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await berta.GetAsync(path)).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await berta.PostAsJsonAsync("/orders", new { item = "", quantity = 0 })).StatusCode);
    }

    [Fact]
    public async Task Upload_and_download_may_be_of_any_size()
    {
        var clara = await demo.SignUpAsync("clara");
        using var upload = new StreamContent(new ZeroStream(64 * Megabytes));

        var received = await (await clara.PostAsync("/upload", upload)).ReadJsonAsync();
        using var download = await clara.GetAsync($"/download?bytes={64 * Megabytes}", HttpCompletionOption.ResponseHeadersRead);

        Assert.Equal(64 * Megabytes, (long)received["bytes"]!);
        Assert.Equal(64 * Megabytes, await CountAsync(await download.Content.ReadAsStreamAsync()));
    }

    [Fact]
    public async Task Events_come_one_by_one()
    {
        var dora = await demo.SignUpAsync("dora");

        using var response = await dora.GetAsync("/events", HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        string?[] lines = [await reader.ReadLineAsync(), await reader.ReadLineAsync(), await reader.ReadLineAsync(), await reader.ReadLineAsync(), await reader.ReadLineAsync()];

        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal(2, lines.Count(line => line == "event: tick"));
    }

    [Fact]
    public async Task Websocket_echoes()
    {
        var emil = await demo.SignUpAsync("emil");
        using var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("Authorization", "Bearer " + emil.Session.AccessToken);
        await socket.ConnectAsync(new UriBuilder(demo.Url) { Scheme = "ws", Path = "/ws" }.Uri, default);

        await socket.SendAsync("hello"u8.ToArray(), WebSocketMessageType.Text, endOfMessage: true, default);
        var buffer = new byte[16];
        var message = await socket.ReceiveAsync(buffer, default);

        Assert.Equal("hello", Encoding.UTF8.GetString(buffer, 0, message.Count));
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, default);
    }

    [Theory]
    [InlineData("GET", "/orders")]
    [InlineData("GET", "/echo")]
    [InlineData("GET", "/events")]
    [InlineData("GET", "/ws")]
    [InlineData("GET", "/download")]
    [InlineData("POST", "/upload")]
    [InlineData("GET", "/admin/reports")]
    public async Task Everything_but_the_page_needs_a_login(string method, string path)
    {
        var response = await Caller.Anonymous(demo.Url).SendAsync(new(new(method), path));

        await response.AssertRefusedAsync(401, "token_missing");
    }

    private static async Task<long> CountAsync(Stream stream)
    {
        var (buffer, total) = (new byte[64 * 1024], 0L);
        while (await stream.ReadAsync(buffer) is var count and > 0)
            total += count;
        return total;
    }

    /// <summary>So many zeros, made as they are read.</summary>
    private sealed class ZeroStream(long length) : Stream
    {
        private long left = length;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count)
        {
            var take = (int)Math.Min(count, left);
            Array.Clear(buffer, offset, take);
            left -= take;
            return take;
        }

        public override void Flush() { }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
