using System.Diagnostics;
using System.Net.Sockets;

namespace Gateway.Bench;

/// <summary>As many requests as are answered, one after the other on each of some kept connections, a token after the other.</summary>
internal static class Load
{
    public const int Connections = 64;

    private static readonly byte[] EndOfHead = "\r\n\r\n"u8.ToArray(), Good = "HTTP/1.1 200"u8.ToArray();

    /// <returns>How long each took, in milliseconds and in order; how many were not answered 200.</returns>
    public static async Task<(double[] Milliseconds, long Failures)> RunAsync(int port, string[] tokens, TimeSpan time)
    {
        var requests = Requests(port, tokens);
        var until = Stopwatch.GetTimestamp() + (long)(time.TotalSeconds * Stopwatch.Frequency);
        var all = await Task.WhenAll(Enumerable.Range(0, Connections).Select(n => Task.Run(() => AskAsync(port, requests, n * 17, _ => Stopwatch.GetTimestamp() < until))));
        double[] milliseconds = [.. all.SelectMany(one => one.Milliseconds).Order()];
        return (milliseconds, all.Sum(one => one.Failures));
    }

    /// <summary>One request with each.</summary>
    /// <returns>How many were not answered 200.</returns>
    public static async Task<long> OnceAsync(int port, string[] tokens)
    {
        var all = await Task.WhenAll(tokens.Chunk((tokens.Length + Connections - 1) / Connections).Select(some => Task.Run(() => AskAsync(port, Requests(port, some), 0, i => i < some.Length))));
        return all.Sum(one => one.Failures);
    }

    private static byte[][] Requests(int port, string[] tokens) =>
        [.. tokens.Select(token => Encoding.ASCII.GetBytes($"GET /small HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {token}\r\n\r\n"))];

    private static async Task<(List<double> Milliseconds, long Failures)> AskAsync(int port, byte[][] requests, int first, Func<int, bool> goesOn)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, port);
        var (answer, milliseconds, failures) = (new byte[8192], new List<double>(), 0L);
        for (var i = first; goesOn(i); i++)
        {
            var begun = Stopwatch.GetTimestamp();
            await socket.SendAsync(requests[i % requests.Length]);
            var length = 0;
            do
                length += await socket.ReceiveAsync(answer.AsMemory(length)) is > 0 and var count ? count : throw new EndOfStreamException("A peer closed a connection that should be kept.");
            while (!IsWhole(answer.AsSpan(0, length)));
            milliseconds.Add(Stopwatch.GetElapsedTime(begun).TotalMilliseconds);
            failures += answer.AsSpan().StartsWith(Good) ? 0 : 1;
        }

        return (milliseconds, failures);
    }

    // The backend's answer is "ok" and its length is said; a refusal's is said as well.
    private static bool IsWhole(ReadOnlySpan<byte> answer)
    {
        var head = answer.IndexOf(EndOfHead);
        if (head < 0)
            return false;
        var text = Encoding.ASCII.GetString(answer[..head]);
        var at = text.IndexOf("\r\nContent-Length: ", StringComparison.OrdinalIgnoreCase);
        return at < 0 || answer.Length >= head + 4 + int.Parse(text.AsSpan(at + 18) is var rest && rest.IndexOf('\r') is >= 0 and var end ? rest[..end] : rest, System.Globalization.CultureInfo.InvariantCulture);
    }
}
