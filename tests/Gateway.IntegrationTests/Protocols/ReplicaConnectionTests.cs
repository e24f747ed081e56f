using System.Net.WebSockets;
using Gateway.IntegrationTests.Replicas;

namespace Gateway.IntegrationTests.Protocols;

/// <summary>A session that ends at one replica ends what it opened at every other.</summary>
public sealed class ReplicaConnectionTests(OnRedis gateways) : ReplicaTests<OnRedis>(gateways)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Logout_at_one_replica_ends_connections_at_all()
    {
        var ended = 0;
        gateways.Backend.Answer("/orders/held", async (request, stream) =>
        {
            await stream.WriteAsync(Encoding.Latin1.GetBytes(Sockets.Accept(request.Headers)));
            while (await stream.ReadAsync(new byte[1024]) > 0) { }
            Interlocked.Increment(ref ended);
        });
        var (visitor, other) = (await gateways.KnownAsync(), await gateways.KnownAsync(1));
        var own = await OpenAsync(visitor);
        var others = await OpenAsync(other);

        await visitor.LogOutAsync(1);

        Assert.All(await Task.WhenAll(own.Select(socket => socket.ReceiveTextAsync())).WaitAsync(Patience), told => Assert.Equal("close 4401 session ended", told));
        await Eventually.IsAsync(() => Task.FromResult(Volatile.Read(ref ended)), count => count == own.Length);
        Assert.All(others, socket => Assert.Equal(WebSocketState.Open, socket.State));
        Array.ForEach([.. own, .. others], socket => socket.Dispose());
    }

    [Fact]
    public async Task Event_streams_end_at_all()
    {
        gateways.Backend.Answer("/orders/news", async (_, stream) =>
        {
            await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n7\r\ndata: 1\r\n"u8.ToArray());
            while (await stream.ReadAsync(new byte[1024]) > 0) { }
        });
        var visitor = await gateways.KnownAsync();
        var streams = await Task.WhenAll(Enumerable.Range(0, 3).Select(replica => visitor[replica].GetAsync("/orders/news", HttpCompletionOption.ResponseHeadersRead)));

        await visitor.LogOutAsync(2);

        Assert.All(await Task.WhenAll(streams.Select(stream => stream.Content.ReadAsStringAsync())).WaitAsync(Patience), text => Assert.Equal("data: 1", text));
    }

    private static Task<ClientWebSocket[]> OpenAsync(Visitor visitor) => Task.WhenAll(Enumerable.Range(0, 9).Select(n =>
        Sockets.OpenAsync(visitor[n % 3].BaseAddress!, "/orders/held", n >= 6 ? null : options => options.KeepAliveInterval = TimeSpan.Zero, ("Authorization", "Bearer " + visitor.Session.AccessToken))));
}
