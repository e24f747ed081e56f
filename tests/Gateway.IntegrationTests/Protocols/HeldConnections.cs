using System.Collections.Concurrent;
using System.Net.WebSockets;
using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace Gateway.IntegrationTests.Protocols;

/// <summary>Somebody's open connection, and how each of its ends saw it end.</summary>
/// <param name="Client">Completes with what the client was told: "close 4401 session ended", "end", "cut", or a gRPC status.</param>
/// <param name="Backend">Completes when the backend has been let go of.</param>
internal sealed record HeldConnection(Task<string> Client, Task Backend)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public async Task<string> EndedAsync()
    {
        var told = await Client.WaitAsync(Patience);
        await Backend.WaitAsync(Patience);
        return told;
    }

    public bool IsOpen => !Client.IsCompleted && !Backend.IsCompleted;
}

/// <summary>Connections of every kind through one gateway, each held open by both sides.</summary>
/// <param name="gateway">With the backends that answer them.</param>
internal sealed class HeldConnections(ProtocolGateway gateway)
{
    /// <summary>Kinds, and what a client is told when its session ends.</summary>
    public static readonly Dictionary<string, string[]> Kinds = new()
    {
        ["ws"] = ["close 4401 session ended"],
        ["ws h2"] = ["close 4401 session ended"],
        ["ws to h2"] = ["close 4401 session ended"],
        ["ws h2 to h2"] = ["close 4401 session ended"],
        ["ws pumped"] = ["close 4401 session ended"],
        ["ws h2 pumped"] = ["close 4401 session ended"],
        ["events"] = ["end"],
        ["events h2"] = ["end"],
        ["events to h2"] = ["end"],
        ["events silent"] = ["end"],
        ["grpc unary"] = ["Cancelled", "Unavailable", "Internal", "Unauthenticated"],
        ["grpc client"] = ["Cancelled", "Unavailable", "Internal", "Unauthenticated"],
        ["grpc server"] = ["Cancelled", "Unavailable", "Internal", "Unauthenticated"],
        ["grpc duplex"] = ["Cancelled", "Unavailable", "Internal", "Unauthenticated"],
        ["download length"] = ["Short", "Reset"],
        ["download chunked"] = ["Short", "Reset"],
        ["download old"] = ["Reset"],
        ["download old chunked"] = ["Reset"],
        ["download h2"] = ["cut"],
        ["download to h2"] = ["cut"],
        ["upload length"] = ["none", "Reset", "401"],
        ["upload chunked"] = ["none", "Reset", "401"],
        ["upload h2"] = ["cut", "401"],
        ["waiting"] = ["none", "Reset", "401"],
        ["waiting h2"] = ["cut", "401"],
    };

    private static readonly byte[] Part = [.. Enumerable.Range(0, 100_000).Select(i => (byte)(i * 31))];

    private static int number;

    /// <summary>Comes back when both sides have it.</summary>
    public async Task<HeldConnection> OpenAsync(string kind, Caller who, string route = "server")
    {
        var name = $"held{Interlocked.Increment(ref number)}";
        if (kind.StartsWith("grpc", StringComparison.Ordinal))
            return await GrpcAsync(kind.Split(' ')[1], name, who);

        var (way, words) = (kind.Split(' ')[0], kind.Split(' '));
        var toTwo = kind.EndsWith("to h2", StringComparison.Ordinal);
        var version = kind.StartsWith(way + " h2", StringComparison.Ordinal) ? 2 : 1;
        var path = $"/{(toTwo ? "server2" : route)}/{name}";
        var (begun, ended) = (new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        (toTwo ? gateway.HttpTwoServer : gateway.Server).Answer(path, async http =>
        {
            try
            {
                await HoldAsync(words, http, begun);
            }
            catch (Exception e) when (e is IOException or OperationCanceledException or WebSocketException or BadHttpRequestException) { } // it was let go of
            finally
            {
                ended.TrySetResult();
            }
        });

        var client = way switch
        {
            "ws" => await SocketAsync(version, path, who),
            "events" => await EventsAsync(version, path, who, words.Contains("silent")),
            "download" when version == 1 && !toTwo => RawAsync($"GET {path} HTTP/1.{(words.Contains("old") ? 0 : 1)}\r\n", null, who),
            "upload" when version == 1 => RawAsync($"POST {path} HTTP/1.1\r\n", words.Contains("chunked") ? "Transfer-Encoding: chunked" : "Content-Length: 100000000", who),
            "waiting" when version == 1 => RawAsync($"GET {path} HTTP/1.1\r\n", null, who),
            _ => HttpAsync(version, path, who, way == "upload"),
        };
        await Task.WhenAny(begun.Task, client).WaitAsync(TimeSpan.FromSeconds(30));
        Assert.False(client.IsCompleted, client.IsCompleted ? $"It ended at once: {client}" : "");
        return new(client, ended.Task);
    }

    private static async Task HoldAsync(string[] words, HttpContext http, TaskCompletionSource begun)
    {
        switch (words[0])
        {
            case "ws":
                using (var socket = await http.WebSockets.AcceptWebSocketAsync())
                {
                    begun.SetResult();
                    if (words.Contains("pumped"))
                        for (var n = 0; ; n++)
                            await socket.SendAsync(Part, WebSocketMessageType.Binary, n % 3 == 2, http.RequestAborted);
                    while ((await socket.ReceiveAsync(new byte[1024], http.RequestAborted)).MessageType is not WebSocketMessageType.Close) { }
                }
                break;
            case "events":
                http.Response.ContentType = "text/event-stream";
                await http.Response.WriteAsync("data: hello\n\n");
                await http.Response.Body.FlushAsync();
                begun.SetResult();
                while (!words.Contains("silent"))
                {
                    await Task.Delay(5, http.RequestAborted);
                    await http.Response.WriteAsync("data: more\n\n", http.RequestAborted);
                    await http.Response.Body.FlushAsync(http.RequestAborted);
                }
                await Task.Delay(Timeout.Infinite, http.RequestAborted);
                break;
            case "download":
                if (!words.Contains("chunked"))
                    http.Response.ContentLength = 1_000_000_000_000;
                await http.Response.Body.WriteAsync(Part);
                begun.SetResult();
                while (true)
                {
                    await Task.Delay(5, http.RequestAborted);
                    await http.Response.Body.WriteAsync(Part.AsMemory(0, 1000), http.RequestAborted);
                }
            case "upload":
                begun.SetResult();
                while (await http.Request.Body.ReadAsync(new byte[64 * 1024], http.RequestAborted) > 0) { }
                break;
            default:
                begun.SetResult();
                await Task.Delay(Timeout.Infinite, http.RequestAborted);
                break;
        }
    }

    private async Task<Task<string>> SocketAsync(int version, string path, Caller who)
    {
        var socket = await Sockets.OpenAsync(gateway.UrlFor(version), path, WebSocketTests.Over(version), Credential(who));
        return ReadAsync();

        async Task<string> ReadAsync()
        {
            using var _ = socket;
            var buffer = new byte[64 * 1024];
            var at = 0;
            try
            {
                while (await socket.ReceiveAsync(buffer, default) is { MessageType: not WebSocketMessageType.Close } part)
                {
                    // What arrives before the end is whole and in order.
                    Assert.True(Part.AsSpan(at, part.Count).SequenceEqual(buffer.AsSpan(0, part.Count)));
                    at = (at + part.Count) % Part.Length;
                }
                return $"close {(int?)socket.CloseStatus} {socket.CloseStatusDescription}";
            }
            catch (WebSocketException)
            {
                return "cut";
            }
        }
    }

    private async Task<Task<string>> EventsAsync(int version, string path, Caller who, bool silent)
    {
        using var client = Client(version, who);
        client.DefaultRequestHeaders.Add("Accept", "text/event-stream");
        var response = await client.GetAsync(path, HttpCompletionOption.ResponseHeadersRead);
        var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        Assert.Equal("data: hello", await reader.ReadLineAsync());
        return ReadAsync();

        async Task<string> ReadAsync()
        {
            using var _ = reader;
            try
            {
                while (await reader.ReadLineAsync() is { } line)
                    Assert.True(line is "" || (line is "data: more" && !silent));
                return "end";
            }
            catch (Exception e) when (e is IOException or HttpRequestException or OperationCanceledException)
            {
                return "cut";
            }
        }
    }

    private async Task<string> HttpAsync(int version, string path, Caller who, bool upload)
    {
        using var client = Client(version, who);
        using var request = new HttpRequestMessage(upload ? HttpMethod.Post : HttpMethod.Get, path) { Version = client.DefaultRequestVersion, VersionPolicy = client.DefaultVersionPolicy };
        if (upload)
            request.Content = new StreamContent(new Endless());
        try
        {
            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            if (!response.IsSuccessStatusCode)
                return $"{(int)response.StatusCode}";
            await response.Content.CopyToAsync(Stream.Null);
            return "end";
        }
        catch (Exception e) when (e is IOException or HttpRequestException or OperationCanceledException)
        {
            return "cut";
        }
    }

    private async Task<string> RawAsync(string line, string? body, Caller who)
    {
        using var connection = await RawConnection.OpenAsync(gateway.Url);
        var (name, value) = Credential(who)[0];
        await connection.SendAsync($"{line}Host: x\r\n{name}: {value}\r\n{(name == "Cookie" ? "Sec-Fetch-Site: same-origin\r\n" : "")}{(body is null ? "" : body + "\r\n")}\r\n");
        using var left = new CancellationTokenSource();
        var sending = body is null ? Task.CompletedTask : SendAsync(connection, body.EndsWith("chunked", StringComparison.Ordinal), left.Token);
        WireAnswer? answer;
        try
        {
            answer = await WireAnswer.ReadAsync(connection.Stream);
        }
        finally
        {
            await left.CancelAsync();
        }
        await sending;
        return answer switch { null => "none", { Status: 200 } => $"{answer.End}", _ => $"{answer.Status}" };
    }

    private static async Task SendAsync(RawConnection connection, bool chunked, CancellationToken ct)
    {
        try
        {
            while (true)
            {
                await Task.Delay(5, ct);
                await connection.SendAsync(chunked ? "5\r\nhello\r\n" : "hello");
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException) { } // the gateway hung up
    }

    private async Task<HeldConnection> GrpcAsync(string kind, string name, Caller who)
    {
        var call = Task.Run(async () =>
        {
            try
            {
                await GrpcTests.CallAsync(GrpcTests.Open(gateway.HttpTwoUrl), kind, new() { Text = "wait " + name }, GrpcTests.As(who), default);
                return "OK";
            }
            catch (RpcException e)
            {
                return $"{e.StatusCode}";
            }
        });
        await Task.WhenAny(TalkBackend.Begun(name).Task, call).WaitAsync(TimeSpan.FromSeconds(30));
        Assert.False(call.IsCompleted);
        return new(call, TalkBackend.Ended(name).Task);
    }

    private HttpClient Client(int version, Caller who)
    {
        var client = ProtocolGateway.Client(gateway.UrlFor(version), new(version, version == 2 ? 0 : 1));
        foreach (var (name, value) in Credential(who))
            client.DefaultRequestHeaders.TryAddWithoutValidation(name, value);
        return client;
    }

    private static (string Name, string Value)[] Credential(Caller who) =>
        who.Cookie.Length > 0 ? [("Cookie", who.Cookie), ("Sec-Fetch-Site", "same-origin")] : [("Authorization", "Bearer " + who.Session.AccessToken)];
}
