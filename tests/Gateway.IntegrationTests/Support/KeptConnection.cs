using System.Net.Sockets;

namespace Gateway.IntegrationTests.Support;

/// <summary>One HTTP/1.1 connection that is kept from request to request. Whatever fails on it fails: nothing is tried again behind anybody's back.</summary>
internal sealed class KeptConnection : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly Uri server;
    private readonly TcpClient client;
    private readonly HttpStream reader;

    private KeptConnection(Uri server, TcpClient client)
    {
        (this.server, this.client) = (server, client);
        reader = new(client.GetStream());
    }

    /// <summary>The other side has said that this was its last answer here.</summary>
    public bool IsOver { get; private set; }

    public static async Task<KeptConnection> OpenAsync(Uri server)
    {
        var client = new TcpClient { NoDelay = true };
        try
        {
            await client.ConnectAsync(server.Host, server.Port);
            return new(server, client);
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    /// <summary>Nobody listens there any more.</summary>
    public static async Task<bool> IsRefusedAsync(Uri server)
    {
        try
        {
            (await OpenAsync(server)).Dispose();
            return false;
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionRefused)
        {
            return true;
        }
    }

    /// <param name="line">Method and path.</param>
    /// <param name="json">Null: no body.</param>
    /// <param name="headers">As they are.</param>
    public async Task<RawAnswer> AskAsync(string line, string? json = null, params string[] headers)
    {
        await WriteAsync(Head(line, json is null ? headers : [.. headers, "Content-Type: application/json", $"Content-Length: {Encoding.UTF8.GetByteCount(json)}"]) + json);
        return await AnswerAsync();
    }

    public string Head(string line, params string[] headers) =>
        string.Concat([$"{line} HTTP/1.1\r\nHost: {server.Authority}\r\n", .. headers.Select(header => header + "\r\n"), "\r\n"]);

    public async Task WriteAsync(string text) => await client.GetStream().WriteAsync(Encoding.UTF8.GetBytes(text));

    /// <summary>The next answer, whole.</summary>
    public async Task<RawAnswer> AnswerAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        await using var _ = patience.Token.Register(client.Close);
        var head = await reader.ReadHeadAsync() ?? throw new EndOfStreamException("The connection was closed without an answer.");
        var headers = new Headers(head[1..]);
        var body = await reader.ReadBodyAsync(headers, untilTheEnd: false);
        if (headers["Content-Length"] is { } length && body.Length.ToString(System.Globalization.CultureInfo.InvariantCulture) != length)
            throw new EndOfStreamException("The connection was closed within an answer.");

        IsOver = headers["Connection"]?.Equals("close", StringComparison.OrdinalIgnoreCase) is true;
        return new(head[0], headers, Encoding.UTF8.GetString(body));
    }

    public void Dispose() => client.Dispose();
}
