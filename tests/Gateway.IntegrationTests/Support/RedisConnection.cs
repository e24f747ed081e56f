using System.Net.Sockets;

namespace Gateway.IntegrationTests.Support;

/// <summary>Says one thing to a Redis and hears its answer, over the bare protocol (RESP 2).</summary>
internal static class RedisConnection
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <returns>The answer as text, the elements of an array a line each.</returns>
    /// <exception cref="InvalidOperationException">Redis refuses, in its own words.</exception>
    /// <exception cref="IOException">Redis is away.</exception>
    public static async Task<string> SendAsync(int port, string? password, params string[] words)
    {
        using var timeout = new CancellationTokenSource(Patience);
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync(IPAddress.Loopback, port, timeout.Token);
            var stream = client.GetStream();
            using var reader = new StreamReader(stream, Encoding.Latin1);
            if (password is not null)
                await AskAsync(stream, reader, ["AUTH", password], timeout.Token);
            return await AskAsync(stream, reader, words, timeout.Token);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            throw new IOException($"{words[0]}: {e.Message}", e);
        }
    }

    private static async Task<string> AskAsync(NetworkStream stream, StreamReader reader, string[] words, CancellationToken ct)
    {
        var request = $"*{words.Length}\r\n" + string.Concat(words.Select(word => $"${Encoding.UTF8.GetByteCount(word)}\r\n{word}\r\n"));
        await stream.WriteAsync(Encoding.UTF8.GetBytes(request), ct);
        return await ReadAsync(reader, ct);
    }

    private static async Task<string> ReadAsync(StreamReader reader, CancellationToken ct)
    {
        var line = await reader.ReadLineAsync(ct) ?? throw new IOException("Redis closed the connection.");
        var rest = line[1..];
        switch (line[0])
        {
            case '-':
                throw new InvalidOperationException(rest);
            case '$':
                return await ReadBytesAsync(reader, Number(rest), ct);
            case '*':
                var elements = new string[Math.Max(Number(rest), 0)];
                for (var i = 0; i < elements.Length; i++)
                    elements[i] = await ReadAsync(reader, ct);
                return string.Join('\n', elements);
            default:
                return rest;
        }
    }

    private static async Task<string> ReadBytesAsync(StreamReader reader, int length, CancellationToken ct)
    {
        if (length < 0)
            return "";
        var bytes = new char[length + 2];      // with the end of the line
        if (await reader.ReadBlockAsync(bytes, ct) < bytes.Length)
            throw new IOException("Redis closed the connection.");
        return new(bytes, 0, length);
    }

    private static int Number(string text) => int.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
}
