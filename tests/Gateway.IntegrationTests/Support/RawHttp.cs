using System.Net.Sockets;

namespace Gateway.IntegrationTests.Support;

/// <summary>What a hostile client sends: bytes that no HTTP library would.</summary>
internal static class RawHttp
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    /// <summary>Sends the text as Latin-1, so that each character is the byte of its number, and reads one answer.</summary>
    public static async Task<RawAnswer> SendAsync(Uri server, string text)
    {
        using var timeout = new CancellationTokenSource(Patience);
        using var client = new TcpClient();
        await client.ConnectAsync(server.Host, server.Port, timeout.Token);
        await using var stream = client.GetStream();
        await using var _ = timeout.Token.Register(client.Close);
        await stream.WriteAsync(Encoding.Latin1.GetBytes(text), timeout.Token);

        var reader = new HttpStream(stream);
        var head = await reader.ReadHeadAsync() ?? throw new EndOfStreamException("The server closed the connection without an answer.");
        var headers = new Headers(head[1..]);
        var bodiless = text.StartsWith("HEAD ", StringComparison.Ordinal) || head[0].Contains(" 204") || head[0].Contains(" 101");
        return new(head[0], headers, bodiless ? "" : Encoding.UTF8.GetString(await reader.ReadBodyAsync(headers, untilTheEnd: true)));
    }
}

/// <summary>One answer as it came over the wire.</summary>
internal sealed record RawAnswer(string StatusLine, Headers Headers, string Body)
{
    public int Status => int.Parse(StatusLine.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture);
}
