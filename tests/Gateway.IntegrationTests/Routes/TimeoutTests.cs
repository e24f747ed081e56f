using System.Net.WebSockets;

namespace Gateway.IntegrationTests.Routes;

/// <summary>Routes with a time of their own.</summary>
public sealed class TimedGateway : TestGateway
{
    protected override void Configure(SettingsFile settings) => settings
        .Set("Gateway:Timeouts:quick", "00:00:00.4")
        .Route("quick", "/quick/{**rest}", "anonymous").Set("ReverseProxy:Routes:quick:TimeoutPolicy", "quick")
        .Route("inline", "/inline/{**rest}", "anonymous").Set("ReverseProxy:Routes:inline:Timeout", "00:00:00.4");
}

/// <summary>What takes too long is ended, as the backend's trouble, and never as if it were whole.</summary>
public sealed class TimeoutTests(TimedGateway gateway) : GatewayTests<TimedGateway>(gateway)
{
    private readonly TimedGateway gateway = gateway;

    [Theory]
    [InlineData("/quick/silent")]
    [InlineData("/inline/silent")]
    public async Task Backend_that_does_not_begin_in_time_is_504(string path)
    {
        gateway.Backend.Answer(path, (_, _) => Task.Delay(TimeSpan.FromSeconds(20)));
        using var anybody = gateway.Anonymous();

        var answer = await anybody.GetAsync(path);

        await answer.AssertRefusedAsync(504, "backend_timeout");
    }

    [Fact]
    public async Task Answer_that_does_not_end_in_time_is_broken_off()
    {
        gateway.Backend.Answer("/quick/endless", async (_, stream) =>
        {
            await stream.WriteAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"u8.ToArray());
            await Task.Delay(TimeSpan.FromSeconds(20));
        });
        using var anybody = gateway.Anonymous();

        await Assert.ThrowsAnyAsync<HttpRequestException>(() => anybody.GetStringAsync("/quick/endless"));
    }

    [Fact]
    public async Task WebSocket_lasts_longer()
    {
        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(new UriBuilder(new Uri(gateway.Url, "/quick/ws")) { Scheme = "ws" }.Uri, TestContext.Current.CancellationToken);
        await Task.Delay(900);
        await socket.SendAsync("still here"u8.ToArray(), WebSocketMessageType.Text, true, TestContext.Current.CancellationToken);

        var buffer = new byte[100];
        var said = await socket.ReceiveAsync(buffer, TestContext.Current.CancellationToken);
        Assert.Equal("still here", Encoding.UTF8.GetString(buffer, 0, said.Count));
    }

    [Fact]
    public async Task Who_is_in_time_notices_nothing_and_who_leaves_is_no_timeout()
    {
        using var anybody = gateway.Anonymous();
        Assert.Equal("ok", await anybody.GetStringAsync("/quick/1"));
        gateway.Backend.Answer("/quick/left", (_, _) => Task.Delay(TimeSpan.FromSeconds(20)));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => anybody.GetAsync("/quick/left", new CancellationTokenSource(100).Token));
        await Task.Delay(700);

        Assert.DoesNotContain(gateway.Log.All, entry => entry.Contains("route quick", StringComparison.OrdinalIgnoreCase) && entry.Contains("could not be forwarded"));
    }
}
