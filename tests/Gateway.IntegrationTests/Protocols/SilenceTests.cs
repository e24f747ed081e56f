using Microsoft.AspNetCore.Http;

namespace Gateway.IntegrationTests.Protocols;

/// <summary>YARP ends what is silent for 100 s. What is meant to be silent lives on, unless the operator said otherwise.</summary>
public sealed class SilenceTests(ProtocolGateway gateway) : GatewayTests<ProtocolGateway>(gateway)
{
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(105);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    [Fact]
    public async Task What_is_silent_longer_than_yarp_allows_lives_on()
    {
        gateway.Server.Socket("/server/silent", Sockets.EchoAsync);
        foreach (var (server, path) in new[] { (gateway.Server, "/server/silence"), (gateway.HttpTwoServer, "/server2/silence") })
        {
            server.Answer(path, async http =>
            {
                http.Response.ContentType = "text/event-stream";
                await http.Response.WriteAsync("data: first\n\n");
                await http.Response.Body.FlushAsync();
                await Task.Delay(Silence, http.RequestAborted);
                await http.Response.WriteAsync("data: last\n\n");
            });
        }
        var anna = await gateway.SignInAsync("silent");

        await Task.WhenAll(SocketAsync(1, anna), SocketAsync(2, anna), EventsAsync(1, "/server/silence", anna), EventsAsync(2, "/server/silence", anna), EventsAsync(2, "/server2/silence", anna), ChatAsync(anna)).WaitAsync(Patience);
    }

    private async Task SocketAsync(int version, Caller anna)
    {
        // No pings either.
        using var socket = await Sockets.OpenAsync(gateway.UrlFor(version), "/server/silent", WebSocketTests.Over(version) + (options => options.KeepAliveInterval = TimeSpan.Zero), ("Authorization", "Bearer " + anna.Session.AccessToken));
        await Task.Delay(Silence);
        await socket.SendTextAsync("still here");
        Assert.Equal("still here", await socket.ReceiveTextAsync());
    }

    private async Task EventsAsync(int version, string path, Caller anna)
    {
        using var client = ProtocolGateway.Client(gateway.UrlFor(version), new(version, version == 2 ? 0 : 1), anna.Session.AccessToken);
        client.Timeout = Timeout.InfiniteTimeSpan;
        client.DefaultRequestHeaders.Add("Accept", "text/event-stream"); // as every EventSource does
        Assert.Equal("data: first\n\ndata: last\n\n", await client.GetStringAsync(path));
    }

    private async Task ChatAsync(Caller anna)
    {
        using var call = GrpcTests.Open(gateway.HttpTwoUrl).Chat(GrpcTests.As(anna));
        await call.RequestStream.WriteAsync(new() { Text = "first" });
        Assert.True(await call.ResponseStream.MoveNext(default));
        await Task.Delay(Silence);
        await call.RequestStream.WriteAsync(new() { Text = "last" });
        Assert.True(await call.ResponseStream.MoveNext(default));
        Assert.Equal("last", call.ResponseStream.Current.Text);
    }
}
