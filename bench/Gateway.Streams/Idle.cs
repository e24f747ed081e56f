using System.Globalization;
using System.Net.Sockets;

namespace Gateway.Bench;

/// <summary>What does a connection cost on which nobody says anything?</summary>
internal static class Idle
{
    private const int AtOnce = 64, Others = 500;      // files that a peer has open besides
    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(3);
    private static readonly byte[] Hello = [0x81, 0x85, 0, 0, 0, 0, .. "hello"u8];      // masked with zeros

    /// <summary>Kept alive after one request.</summary>
    public static Task<Waiting> KeptAliveAsync(Asked peer, int count) => MeasureAsync(peer, "kept alive after one request", count, "/small", "", "HTTP/1.1 200", []);

    /// <summary>After one message, which came back.</summary>
    public static Task<Waiting> WebSocketsAsync(Asked peer, int count) =>
        MeasureAsync(peer, "WebSockets after one message", count, "/ws", "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", "HTTP/1.1 101", Hello);

    /// <returns>Why so many cannot be opened here; null: they can.</returns>
    public static string? Obstacle(int files)
    {
        var limit = File.Exists("/proc/self/limits") ? File.ReadLines("/proc/self/limits").First(line => line.StartsWith("Max open files", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[4] : "unlimited";
        return int.TryParse(limit, NumberStyles.None, CultureInfo.InvariantCulture, out var most) && most < files + Others ? $"takes {files + Others:N0} open files, and a process may have {most:N0} here (ulimit -Hn)" : null;
    }

    private static async Task<Waiting> MeasureAsync(Asked peer, string kind, int count, string path, string headers, string expected, byte[] message)
    {
        var sockets = new Socket[count];
        var before = await SettledAsync(peer);
        await Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (i, ct) =>
        {
            sockets[i] = new(SocketType.Stream, ProtocolType.Tcp);
            await sockets[i].ConnectAsync(IPAddress.Loopback, peer.Ports.Http1.Number, ct);
            await sockets[i].SendAsync(Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{peer.Ports.Http1}\r\nAuthorization: Bearer {peer.Tokens[i % peer.Tokens.Length]}\r\n{headers}\r\n"), ct);
            await ExpectAsync(sockets[i], expected, ct);
            if (message.Length > 0)
            {
                await sockets[i].SendAsync(message, ct);
                await ExpectAsync(sockets[i], "hello", ct);
            }
        });
        var then = await SettledAsync(peer);
        Array.ForEach(sockets, socket => socket.Dispose());
        return new(peer.Peer, kind, count, before, then, (then - before) * 1000 / count);
    }

    private static async Task ExpectAsync(Socket socket, string what, CancellationToken ct)
    {
        var answer = new byte[2048];
        var text = "";
        while (!text.Contains(what, StringComparison.Ordinal))
            text += await socket.ReceiveAsync(answer, ct) is > 0 and var count ? Encoding.ASCII.GetString(answer, 0, count) : throw new InvalidOperationException($"It hung up after '{text}'.");
    }

    private static async Task<double> SettledAsync(Asked peer)
    {
        await Task.Delay(Settled);
        return peer.Megabytes;
    }
}

/// <summary>Connections that wait at one peer.</summary>
/// <param name="Before">Resident set in MB.</param>
/// <param name="Each">What each added to it, in KB.</param>
internal sealed record Waiting(string Peer, string Kind, int Count, double Before, double Then, double Each);
