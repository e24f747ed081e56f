using System.Diagnostics;

namespace Gateway.Bench;

/// <summary>How fast goes much, what does it cost, and does the memory stay as it was?</summary>
internal static class Transfers
{
    public const long WarmUp = 2_000_000_000;      // bytes: until the runtime has put its faster code in place

    private const int Block = 256 * 1024;      // bytes
    private static readonly TimeSpan SampledEvery = TimeSpan.FromMilliseconds(100);

    public static readonly (string Name, Version Version, string Path)[] Kinds =
    [
        ("down, HTTP/1.1", HttpVersion.Version11, "/down"),
        ("up, HTTP/1.1", HttpVersion.Version11, "/up"),
        ("down, HTTP/2 from the client", HttpVersion.Version20, "/down"),
        ("up, HTTP/2 from the client", HttpVersion.Version20, "/up"),
        ("down, HTTP/2 on both sides", HttpVersion.Version20, "/h2/down"),
        ("up, HTTP/2 on both sides", HttpVersion.Version20, "/h2/up"),
    ];

    public static async Task<Transfer> MeasureAsync(Asked peer, (string Name, Version Version, string Path) kind, long bytes)
    {
        using var client = new HttpClient { Timeout = Timeout.InfiniteTimeSpan };
        var (before, cpu, begun) = (peer.Megabytes, peer.ProcessorTime, Stopwatch.GetTimestamp());
        var moving = kind.Path.EndsWith("/down", StringComparison.Ordinal) ? DownAsync(client, peer.Request(HttpMethod.Get, kind.Version, $"{kind.Path}?bytes={bytes}"), bytes) : UpAsync(client, peer.Request(HttpMethod.Post, kind.Version, kind.Path), bytes);
        var most = before;
        while (await Task.WhenAny(moving, Task.Delay(SampledEvery)) != moving)
            most = Math.Max(most, peer.Megabytes);
        await moving;
        var (took, gigabytes) = (Stopwatch.GetElapsedTime(begun), bytes / 1e9);
        return new(peer.Peer, kind.Name, bytes / 1e6 / took.TotalSeconds, (peer.ProcessorTime - cpu).TotalSeconds / gigabytes, before, most, peer.Megabytes);
    }

    private static async Task DownAsync(HttpClient client, HttpRequestMessage request, long bytes)
    {
        using var answer = (await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead)).EnsureSuccessStatusCode();
        await using var body = await answer.Content.ReadAsStreamAsync();
        var block = new byte[Block];
        while (await body.ReadAsync(block) is > 0 and var count)
            bytes -= count;
        Expect(bytes == 0);
    }

    private static async Task UpAsync(HttpClient client, HttpRequestMessage request, long bytes)
    {
        request.Content = new Zeros(bytes);
        using var answer = (await client.SendAsync(request)).EnsureSuccessStatusCode();
        Expect(await answer.Content.ReadAsStringAsync() == $"{bytes}");
    }

    private static void Expect(bool isWhole)
    {
        if (!isWhole)
            throw new InvalidOperationException("Not everything came through.");
    }

    private sealed class Zeros(long bytes) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            var block = new byte[Block];
            for (var left = bytes; left > 0; left -= Block)
                await stream.WriteAsync(block.AsMemory(0, (int)Math.Min(left, Block)));
        }

        protected override bool TryComputeLength(out long length)
        {
            length = bytes;
            return true;
        }
    }
}

/// <summary>One body through one peer.</summary>
/// <param name="Speed">In MB/s.</param>
/// <param name="Cpu">Seconds of the peer's process per GB.</param>
/// <param name="Before">What the peer held before, in MB of its resident set; at most while it went on; and then.</param>
internal sealed record Transfer(string Peer, string Kind, double Speed, double Cpu, double Before, double Most, double After);
