using System.Text.RegularExpressions;

namespace Gateway.IntegrationTests.Routes;

/// <summary>What does a proxied request cost, in what can be counted? Times are measured in bench/.</summary>
public sealed partial class ProxiedRequestTests : IAsyncLifetime
{
    private const int Many = 2000, Clients = 8;
    private const double MostLocks = 0.05;      // waited for, per request: the runtime's own
    private const int MostBytes = 5000;      // 4,200 where nothing else happens: see docs/performance.md

    private static readonly byte[] Answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"u8.ToArray();

    private readonly RawBackend backend = new(async connection =>
    {
        var request = new byte[16 * 1024];
        for (var length = 0; ; length = 0)
        {
            do
            {
                if (await connection.Stream.ReadAsync(request.AsMemory(length)) is not (> 0 and var count))
                    return;
                length += count;
            }
            while (!request.AsSpan(0, length).EndsWith("\r\n\r\n"u8));
            await connection.SendAsync(Answer);
        }
    });

    private readonly FaultyGateway gateway = new();      // nothing runs by itself, so what is counted is the request's
    private RedisServer? redis;

    public async ValueTask InitializeAsync()
    {
        redis = await RedisServer.StartAsync();
        gateway.Settings.Set("Gateway:Redis:Configuration", redis.Configuration).Destination("backend", backend.Url);
        await gateway.InitializeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await gateway.DisposeAsync();
        await backend.DisposeAsync();
        await redis!.DisposeAsync();
    }

    [Fact]
    public async Task Hit_asks_neither_database_nor_redis()
    {
        var anna = await gateway.SignInAsync("anna");
        var clients = await Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => RawConnection.OpenAsync(gateway.Url)));
        await Task.WhenAll(clients.Select(client => AskAsync(client, Request(anna.Session.AccessToken), 100)));      // compiled, and remembered
        var (statements, commands) = (0, await RedisCommandsAsync());
        gateway.Store.Between = _ => Interlocked.Increment(ref statements);

        await Task.WhenAll(clients.Select(client => AskAsync(client, Request(anna.Session.AccessToken), Many)));

        Assert.Equal((0, commands), (statements, await RedisCommandsAsync()));
        Array.ForEach(clients, client => client.Dispose());
    }

    [Fact]
    public async Task Hit_allocates_as_much_as_is_known_and_waits_for_no_lock()
    {
        using var folder = new TempFolder();
        using var management = new LoopbackPort();
        folder.Write("gateway.json", SettingsFile.Alone(backend.Url, $"http://127.0.0.1:{management.Number}")
            .Set("Gateway:Passwords:WorkFactor", 10)
            .Route("orders", "/orders/{**rest}").ToString());
        await using var alone = await ServerProcess.StartAsync(CommandLine.Serve("gateway.json", folder.Path));
        using var newcomer = new HttpClient { BaseAddress = alone.Url };
        using var signup = await newcomer.PostAsJsonAsync("/auth/signup", new { username = "anna", email = "anna@example.com", password = TestGateway.Password });
        var request = Request((await signup.Content.ReadFromJsonAsync<JsonObject>())!["access_token"]!.GetValue<string>());
        var clients = await Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => RawConnection.OpenAsync(alone.Url)));

        // What is hot is compiled anew, and then allocates less; and it has other things to do as well.
        var (bytes, locks) = (double.MaxValue, double.MaxValue);
        for (var i = 0; i < 20 && (bytes > MostBytes || locks > MostLocks); i++)
        {
            var (bytesBefore, locksBefore) = await ByGatewayAsync();
            await Task.WhenAll(clients.Select(client => AskAsync(client, request, Many)));
            var (bytesAfter, locksAfter) = await ByGatewayAsync();
            (bytes, locks) = ((bytesAfter - bytesBefore) / (Clients * Many), (locksAfter - locksBefore) / (Clients * Many));
        }

        Assert.InRange(bytes, 1000, MostBytes);
        Assert.InRange(locks, 0, MostLocks);
        Array.ForEach(clients, client => client.Dispose());

        async Task<(double Bytes, double Locks)> ByGatewayAsync()
        {
            var scrape = await Scrape.NowAsync(new($"http://127.0.0.1:{management.Number}"));
            return (scrape["dotnet_gc_heap_total_allocated_bytes_total"], scrape["dotnet_monitor_lock_contentions_total"]);
        }
    }

    [Fact]
    public async Task Miss_of_a_token_asks_nobody_either_and_one_of_a_cookie_only_the_database()
    {
        var (anna, browser) = (await gateway.SignInAsync("anna"), await gateway.SignInWithCookieAsync("anna"));
        var (statements, commands) = (0, await RedisCommandsAsync());
        gateway.Store.Between = _ => Interlocked.Increment(ref statements);

        Assert.Equal(HttpStatusCode.OK, (await anna.GetAsync("/orders/1")).StatusCode);
        Assert.Equal(0, statements);
        Assert.Equal(HttpStatusCode.OK, (await browser.GetAsync("/orders/1")).StatusCode);
        Assert.InRange(statements, 1, 2);
        Assert.Equal(commands, await RedisCommandsAsync());
    }

    private static byte[] Request(string token) => Encoding.ASCII.GetBytes($"GET /orders/1 HTTP/1.1\r\nHost: x\r\nAccept: */*\r\nUser-Agent: test\r\nAuthorization: Bearer {token}\r\n\r\n");

    private static async Task AskAsync(RawConnection client, byte[] request, int times)
    {
        var answer = new byte[4096];
        for (var i = 0; i < times; i++)
        {
            await client.SendAsync(request);
            for (var length = 0; !answer.AsSpan(0, length).EndsWith("\r\n\r\nok"u8);)
                length += await client.Stream.ReadAsync(answer.AsMemory(length)) is > 0 and var count ? count : throw new EndOfStreamException();
        }

        Assert.StartsWith("HTTP/1.1 200", Encoding.ASCII.GetString(answer));
    }

    // But for what a client says to begin a connection, and to keep it.
    private async Task<long> RedisCommandsAsync() => (await RedisConnection.SendAsync(redis!.Port, null, "INFO", "commandstats")).Split('\n')
        .Select(line => Command().Match(line))
        .Where(command => command.Success && command.Groups[1].Value is not ("info" or "ping" or "echo" or "client" or "config" or "cluster" or "hello" or "select" or "subscribe" or "command" or "sentinel"))
        .Sum(command => long.Parse(command.Groups[2].Value, System.Globalization.CultureInfo.InvariantCulture));

    [GeneratedRegex(@"^cmdstat_(\w+)[^:]*:calls=(\d+)")]
    private static partial Regex Command();
}
