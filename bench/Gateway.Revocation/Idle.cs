using System.Globalization;
using System.Net.Sockets;
using System.Net.WebSockets;

namespace Gateway.Bench;

/// <summary>What does a connection cost a gateway that nobody says anything on?</summary>
internal static class Idle
{
    private const int Tokens = 50;
    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(3);

    public static async Task MeasureAsync(Stores stores, int count)
    {
        await using var gateways = await Gateways.StartAsync(stores);
        var tokens = await gateways.TokensAsync(Tokens);
        foreach (var token in tokens)
            await gateways.RememberAsync(token);

        List<IDisposable> open = [];
        var before = await ResidentAsync(gateways, 0);
        for (var i = 0; i < count; i++)
            open.Add(await KeptAliveAsync(gateways.Url(0), tokens[i % Tokens]));
        var idle = await ResidentAsync(gateways, 0);

        var beforeSockets = await ResidentAsync(gateways, 1);
        for (var i = 0; i < count; i++)
            open.Add(await SocketAsync(gateways.Url(1), tokens[i % Tokens]));
        var sockets = await ResidentAsync(gateways, 1);
        open.ForEach(thing => thing.Dispose());

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"""

            8. Resident set of a gateway with {count:N0} connections on which nobody says anything, {Settled.TotalSeconds:0} s after the last was opened
               kept alive after one request   {(idle - before) / 1024.0 / count,6:0.0} KB each ({before / 1048576} MB before, {idle / 1048576} MB then)
               WebSockets after one message   {(sockets - beforeSockets) / 1024.0 / count,6:0.0} KB each, with the connection to the backend ({beforeSockets / 1048576} MB before, {sockets / 1048576} MB then)
            """));
    }

    private static async Task<IDisposable> KeptAliveAsync(string url, string token)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        var to = new Uri(url);
        await socket.ConnectAsync(to.Host, to.Port);
        await socket.SendAsync(Encoding.ASCII.GetBytes($"GET /orders/1 HTTP/1.1\r\nHost: {to.Authority}\r\nAuthorization: Bearer {token}\r\n\r\n"));
        return await socket.ReceiveAsync(new byte[4096]) > 0 ? socket : throw new InvalidOperationException("The gateway hung up.");
    }

    private static async Task<IDisposable> SocketAsync(string url, string token)
    {
        var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("Authorization", "Bearer " + token);
        await socket.ConnectAsync(new(url.Replace("http:", "ws:", StringComparison.Ordinal) + "/stay/ws"), default);
        await socket.SendAsync("hello"u8.ToArray(), WebSocketMessageType.Text, true, default);
        await socket.ReceiveAsync(new byte[16], default);
        return socket;
    }

    private static async Task<long> ResidentAsync(Gateways gateways, int gateway)
    {
        await Task.Delay(Settled);
        return await Memory.ResidentAsync(gateways.ProcessId(gateway));
    }
}
