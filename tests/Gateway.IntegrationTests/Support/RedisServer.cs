using System.Diagnostics;

namespace Gateway.IntegrationTests.Support;

/// <summary>A real Redis on a port of its own, which keeps nothing: Debian's redis-server, or the one that GATEWAY_TEST_REDIS names.</summary>
internal sealed class RedisServer : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    private readonly TempFolder folder = new();
    private readonly LoopbackPort port = new();
    private readonly string? password;
    private readonly string[] arguments;
    private Process? process;

    private RedisServer(string? password, string[] arguments) => (this.password, this.arguments) = (password, arguments);

    public int Port => port.Number;

    /// <summary>As StackExchange.Redis writes it.</summary>
    public string Configuration => ConfigurationAt(Port);

    /// <summary>The same by way of a relay.</summary>
    public string ConfigurationAt(int relay) => $"127.0.0.1:{relay}" + (password is null ? "" : ",password=" + password);

    /// <param name="password">Null: none.</param>
    /// <param name="arguments">Beyond those that make it a plain server without persistence.</param>
    public static async Task<RedisServer> StartAsync(string? password = null, params string[] arguments)
    {
        var server = new RedisServer(password, arguments);
        await server.StartAsync();
        return server;
    }

    /// <summary>One that watches over others; its configuration is a file that it writes to itself.</summary>
    public static async Task<RedisServer> StartSentinelAsync(params string[] lines)
    {
        var server = new RedisServer(null, []);
        server.folder.Write("sentinel.conf", string.Join('\n', lines) + "\n");
        await server.StartAsync();
        return server;
    }

    /// <summary>Where nothing listens yet: <see cref="RestartAsync"/> starts it there.</summary>
    public static RedisServer NotStarted() => new(null, []);

    /// <summary>Comes back empty, at the same port.</summary>
    public async Task RestartAsync()
    {
        await KillAsync();
        await StartAsync();
    }

    public async Task KillAsync()
    {
        if (process is null)
            return;
        await process.KillAsync();
        process.Dispose();
        process = null;
    }

    /// <summary>It stays connected and answers nothing.</summary>
    public Task FreezeAsync() => Running.SendAsync("STOP");

    public Task ThawAsync() => Running.SendAsync("CONT");

    /// <exception cref="InvalidOperationException">Redis refuses, in its own words.</exception>
    /// <exception cref="IOException">Redis is away.</exception>
    public Task<string> CommandAsync(params string[] words) => RedisConnection.SendAsync(Port, password, words);

    public Task FlushAllAsync() => CommandAsync("FLUSHALL");

    public Task KillPubSubClientsAsync() => CommandAsync("CLIENT", "KILL", "TYPE", "pubsub");

    /// <summary>From here on every write is refused, and nothing is given up to make room.</summary>
    public async Task FillMemoryAsync()
    {
        await CommandAsync("CONFIG", "SET", "maxmemory-policy", "noeviction");
        await CommandAsync("CONFIG", "SET", "maxmemory", "1");
    }

    public Task EmptyMemoryAsync() => CommandAsync("CONFIG", "SET", "maxmemory", "0");

    /// <summary>Asks until the answer is as it should be.</summary>
    public async Task WaitUntilAsync(Func<string, bool> holds, params string[] words)
    {
        var waited = Stopwatch.StartNew();
        while (true)
        {
            var answer = await TryAsync(words);
            if (holds(answer))
                return;
            if (process?.HasExited is not false || waited.Elapsed > Patience)
                throw new InvalidOperationException($"redis-server at {Port}: {string.Join(' ', words)} says {answer}. Its log: {Log()}");
            await Task.Delay(Pause);
        }
    }

    public bool IsRunning => process is not null;

    private Process Running => process ?? throw new InvalidOperationException("Redis is not running.");

    private async Task StartAsync()
    {
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("GATEWAY_TEST_REDIS") ?? "redis-server", Arguments()) { WorkingDirectory = folder.Path };
        process = Process.Start(start)!;
        await WaitUntilAsync(answer => answer == "PONG", "PING");
    }

    private IEnumerable<string> Arguments()
    {
        string[] common = ["--port", port.ToString(), "--bind", "127.0.0.1", "--dir", folder.Path, "--logfile", folder.File("redis.log")];
        if (File.Exists(folder.File("sentinel.conf")))
            return [folder.File("sentinel.conf"), .. common, "--sentinel"];

        string[] secret = password is null ? [] : ["--requirepass", password];
        return [.. common, "--save", "", "--appendonly", "no", "--repl-diskless-sync-delay", "0", .. secret, .. arguments];
    }

    private async Task<string> TryAsync(string[] words)
    {
        try
        {
            return await CommandAsync(words);
        }
        catch (Exception e) when (e is IOException or InvalidOperationException)
        {
            return e.Message;
        }
    }

    private string Log() => File.Exists(folder.File("redis.log")) ? File.ReadAllText(folder.File("redis.log")) : "none";

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        port.Dispose();
        folder.Dispose();
    }
}
