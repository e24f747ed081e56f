using System.Diagnostics;
using System.Globalization;

namespace Gateway.IntegrationTests.Protocols;

/// <summary>Bodies that no memory holds stream through a gateway that stays as small as it was.</summary>
public sealed class LargeBodyTests : IAsyncLifetime
{
    private const long Size = 5_000_000_000;        // more than 32 bits can count
    private const long Allowance = 150_000_000;

    private static readonly byte[] Block = new byte[1 << 20];
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private readonly TempFolder folder = new();
    private readonly RawBackend backend;
    private ServerProcess? gateway;
    private long sent;

    public LargeBodyTests() => backend = new(ServeAsync);

    public async ValueTask InitializeAsync()
    {
        folder.Write("gateway.json", SettingsFile.Alone(backend.Url)
            .Route("open", "/open/{**rest}", "anonymous").ToString());
        gateway = await ServerProcess.StartAsync(CommandLine.Serve("gateway.json", folder.Path));
        Assert.Equal(1, (await WireAnswer.AskAsync(gateway.Url, "GET /open/small HTTP/1.1\r\nHost: x\r\n\r\n"))?.Bytes); // warm
    }

    [Theory]
    [InlineData("GET /open/length")]
    [InlineData("GET /open/chunked")]
    public async Task Five_gigabytes_down_in_flat_memory(string line)
    {
        var before = Memory();
        using var client = await RawConnection.OpenAsync(gateway!.Url);
        await client.SendAsync($"{line} HTTP/1.1\r\nHost: x\r\n\r\n");

        var answer = await WatchedAsync(before, WireAnswer.ReadAsync(client.Stream));

        Assert.Equal((200, Size, BodyEnd.Whole), (answer!.Status, answer.Bytes, answer.End));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Five_gigabytes_up_in_flat_memory(bool chunked)
    {
        var before = Memory();
        using var client = await RawConnection.OpenAsync(gateway!.Url);
        await client.SendAsync($"POST /open/upload HTTP/1.1\r\nHost: x\r\n{(chunked ? "Transfer-Encoding: chunked" : $"Content-Length: {Size}")}\r\n\r\n");

        var answer = await WatchedAsync(before, UploadAsync());

        Assert.Equal((200, Size), (answer!.Status, long.Parse(answer.Headers["X-Bytes"]!, CultureInfo.InvariantCulture)));

        async Task<WireAnswer?> UploadAsync()
        {
            await WriteAsync(client, chunked);
            return await WireAnswer.ReadAsync(client.Stream);
        }
    }

    [Theory]
    [InlineData("GET /open/length HTTP/1.1\r\nHost: x\r\n\r\n")]
    [InlineData("GET /open/pumped HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")]
    public async Task Client_that_never_reads_costs_no_memory(string request)
    {
        var before = Memory();
        var clients = await Task.WhenAll(Enumerable.Range(0, 20).Select(async _ =>
        {
            var client = await RawConnection.OpenAsync(gateway!.Url);
            await client.SendAsync(request);
            return client;
        }));

        // The backend fills what stands between until nothing moves any more.
        await Eventually.IsAsync(() => Task.FromResult(backend.Open), open => open >= 20);
        long earlier, later;
        do
        {
            earlier = Interlocked.Read(ref sent);
            await Task.Delay(TimeSpan.FromSeconds(1));
            later = Interlocked.Read(ref sent);
        }
        while (later > earlier);

        Assert.InRange(Memory() - before, long.MinValue, Allowance);
        Array.ForEach(clients, client => client.Reset());
        await backend.AssertReleasedAsync();
        Assert.Equal(200, (await WireAnswer.AskAsync(gateway!.Url, "GET /open/small HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))?.Status);
    }

    private async Task ServeAsync(RawConnection connection)
    {
        while (await connection.ReadHeadAsync() is { } head)
        {
            switch (head[0].Split(' ')[1])
            {
                case "/open/length":
                    await connection.SendAsync($"HTTP/1.1 200 OK\r\nContent-Length: {Size}\r\n\r\n");
                    await WriteAsync(connection, chunked: false);
                    break;
                case "/open/chunked":
                    await connection.SendAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
                    await WriteAsync(connection, chunked: true);
                    break;
                case "/open/pumped":
                    await connection.SendAsync(Sockets.Accept(new(head[1..])));
                    while (true)
                    {
                        await connection.SendAsync(new byte[] { 0x82, 127, 0, 0, 0, 0, 0, 0x10, 0, 0 });
                        await connection.SendAsync(Block);
                        Interlocked.Add(ref sent, Block.Length);
                    }
                case "/open/upload":
                    var bytes = await connection.Http.SkipBodyAsync(new(head[1..]));
                    await connection.SendAsync($"HTTP/1.1 200 OK\r\nX-Bytes: {bytes}\r\nContent-Length: 0\r\n\r\n");
                    break;
                default:
                    await connection.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx");
                    break;
            }
        }
    }

    private async Task WriteAsync(RawConnection connection, bool chunked)
    {
        for (var left = Size; left > 0; left -= Block.Length)
        {
            var block = Block.AsMemory(0, (int)Math.Min(left, Block.Length));
            if (chunked)
                await connection.SendAsync($"{block.Length:x}\r\n");
            await connection.SendAsync(block);
            if (chunked)
                await connection.SendAsync("\r\n");
            Interlocked.Add(ref sent, block.Length);
        }
        if (chunked)
            await connection.SendAsync("0\r\n\r\n");
    }

    /// <summary>Waits for it and looks at the gateway's memory meanwhile.</summary>
    private async Task<T> WatchedAsync<T>(long before, Task<T> work)
    {
        var (most, watch) = (0L, Stopwatch.StartNew());
        while (!work.IsCompleted)
        {
            await Task.WhenAny(work, Task.Delay(TimeSpan.FromMilliseconds(200)));
            most = Math.Max(most, Memory());
            Assert.True(watch.Elapsed < Patience, "It does not end.");
        }

        Console.WriteLine($"{Size / 1_000_000} MB in {watch.Elapsed.TotalSeconds:0.0} s, {(most - before) / 1_000_000} MB above {before / 1_000_000} MB");
        Assert.InRange(most - before, long.MinValue, Allowance);
        return await work;
    }

    /// <summary>What the gateway's process occupies.</summary>
    private long Memory() => 1024 * long.Parse(
        File.ReadLines($"/proc/{gateway!.Id}/status").Single(line => line.StartsWith("VmRSS:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);

    public async ValueTask DisposeAsync()
    {
        if (gateway is not null)
            await gateway.DisposeAsync();
        await backend.DisposeAsync();
        folder.Dispose();
    }
}
