using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Security.Cryptography;

namespace Gateway.IntegrationTests.Support;

/// <summary>An unmodified backend on a raw socket: it remembers every request as it came and answers as it was told, else 200 "ok".</summary>
public sealed class RecordingBackend : IAsyncDisposable
{
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok";

    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentQueue<Received> requests = new();
    private readonly ConcurrentDictionary<string, Func<Received, Stream, Task>> answers = new();
    private readonly ConcurrentBag<TcpClient> clients = [];
    private readonly Task accepting;

    public RecordingBackend()
    {
        listener.Start();
        Url = new($"http://{listener.LocalEndpoint}/");
        accepting = AcceptAsync();
    }

    public Uri Url { get; }

    public IReadOnlyList<Received> Requests => [.. requests];

    /// <summary>The one request since the last <see cref="Forget"/>.</summary>
    public Received Request => Assert.Single(Requests);

    public void Forget() => requests.Clear();

    /// <summary>Answers that path with these very bytes (Latin-1).</summary>
    public void Answer(string path, string bytes) => Answer(path, async (_, stream) => await stream.WriteAsync(Encoding.Latin1.GetBytes(bytes)));

    /// <summary>Answers that path with 200 and this JSON.</summary>
    public void AnswerJson(string path, string json) =>
        Answer(path, $"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(json)}\r\n\r\n{json}");

    public void Answer(string path, Func<Received, Stream, Task> answer) => answers[path] = answer;

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await listener.AcceptTcpClientAsync();
                clients.Add(client);
                _ = ServeAsync(client);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException) { } // stopped
    }

    private async Task ServeAsync(TcpClient client)
    {
        try
        {
            using var _ = client;
            await using var stream = client.GetStream();
            var reader = new HttpStream(stream);
            while (await reader.ReadHeadAsync() is { } head)
            {
                var headers = new Headers(head[1..]);
                var request = new Received(head[0], headers, await reader.ReadBodyAsync(headers, untilTheEnd: false));
                requests.Enqueue(request);
                if (answers.TryGetValue(request.Target.Split('?')[0], out var answer))
                    await answer(request, stream);
                else if (headers.Has("Upgrade"))
                    await EchoAsync(request, stream);
                else
                    await stream.WriteAsync(Encoding.Latin1.GetBytes(Ok));
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or WebSocketException) { } // the other side left
    }

    private static async Task EchoAsync(Received request, NetworkStream stream)
    {
        var accept = Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(request.Headers["Sec-WebSocket-Key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"));

        using var socket = WebSocket.CreateFromStream(stream, new WebSocketCreationOptions { IsServer = true });
        var buffer = new byte[4096];
        while (await socket.ReceiveAsync(buffer, default) is { MessageType: not WebSocketMessageType.Close } message)
            await socket.SendAsync(buffer.AsMemory(0, message.Count), message.MessageType, message.EndOfMessage, default);
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "bye", default);
    }

    public async ValueTask DisposeAsync()
    {
        listener.Stop();
        foreach (var client in clients)
            client.Dispose();
        await accepting;
    }
}

/// <summary>One request as the backend saw it.</summary>
public sealed record Received(string RequestLine, Headers Headers, byte[] Body)
{
    public string Method => RequestLine.Split(' ')[0];

    public string Target => RequestLine.Split(' ')[1];

    public string Text => Encoding.UTF8.GetString(Body);
}
