using System.Diagnostics;

namespace Gateway.Bench;

/// <summary>What does a small exchange cost over HTTP/2?</summary>
internal static class Requests
{
    private const int Connections = 4, AtOnce = 16;      // on each

    private static readonly byte[] Message = [0, 0, 0, 0, 32, .. new byte[32]];

    public static readonly (string Name, string Path)[] Kinds = [("HTTP/2 to a backend that speaks HTTP/1.1", "/small"), ("HTTP/2 on both sides", "/h2/small"), ("gRPC, one message each way", "/h2/grpc")];

    public static async Task<Exchange> MeasureAsync(Asked peer, (string Name, string Path) kind, TimeSpan time)
    {
        var clients = Enumerable.Range(0, Connections).Select(_ => new HttpClient()).ToArray();
        var (cpu, until, count) = (peer.ProcessorTime, Stopwatch.GetTimestamp() + (long)(time.TotalSeconds * Stopwatch.Frequency), 0);
        await Task.WhenAll(Enumerable.Range(0, Connections * AtOnce).Select(n => Task.Run(async () =>
        {
            for (var i = n * 17; Stopwatch.GetTimestamp() < until; i++)
            {
                await (kind.Path == "/h2/grpc" ? CallAsync(clients[n % Connections], peer, kind.Path, i) : AskAsync(clients[n % Connections], peer, kind.Path, i));
                Interlocked.Increment(ref count);
            }
        })));
        var each = (peer.ProcessorTime - cpu).TotalMicroseconds / count;
        Array.ForEach(clients, client => client.Dispose());
        return new(peer.Peer, kind.Name, each, count);
    }

    private static async Task AskAsync(HttpClient client, Asked peer, string path, int token)
    {
        using var request = peer.Request(HttpMethod.Get, HttpVersion.Version20, path, token);
        using var answer = (await client.SendAsync(request)).EnsureSuccessStatusCode();
    }

    private static async Task CallAsync(HttpClient client, Asked peer, string path, int token)
    {
        using var request = peer.Request(HttpMethod.Post, HttpVersion.Version20, path, token);
        request.Headers.TE.Add(new("trailers"));
        request.Content = new ByteArrayContent(Message) { Headers = { ContentType = new("application/grpc") } };
        using var answer = (await client.SendAsync(request)).EnsureSuccessStatusCode();
        if (answer.Content.Headers.ContentLength != Message.Length || !answer.TrailingHeaders.TryGetValues("grpc-status", out var status) || status.Single() != "0")
            throw new InvalidOperationException("A call came back without its message or its status.");
    }
}

/// <summary>Small exchanges through one peer.</summary>
/// <param name="Cpu">Microseconds of the peer's process for each.</param>
internal sealed record Exchange(string Peer, string Kind, double Cpu, int Count);
