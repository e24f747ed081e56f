using Gateway.Platform.Database;
using StackExchange.Redis;

namespace Gateway.Platform.Redis;

/// <summary>The way to Redis, which may be away at any time: nothing waits long for it, and nothing is kept there alone.</summary>
internal sealed class RedisLink(RedisOptions options, Installation installation) : IAsyncDisposable
{
    private static readonly TimeSpan ConnectPatience = TimeSpan.FromSeconds(2);
    private const int SpareThreads = 32;
    private const int CommandMilliseconds = 1000, ConnectMilliseconds = 1000, HeartbeatMilliseconds = 500;

    private readonly Lock opening = new();
    private Task? connecting;
    private volatile ConnectionMultiplexer? connection;

    public bool IsConfigured => options.Configuration is not null;

    public bool IsConnected => connection?.IsConnected is true;

    /// <summary>False from a failure to the next success: then nobody should wait for an answer.</summary>
    public bool IsWell { get; private set; } = true;

    /// <summary>One hash tag for all keys of one database, so that a script may touch several of them in a cluster, and two gateways may share a Redis.</summary>
    public RedisKey Key(string name) => $"{{gateway:{installation.Id}}}:{name}";

    /// <summary>Connects, or goes on trying; once connected it stays so by itself.</summary>
    /// <exception cref="TimeoutException">Not soon enough.</exception>
    public async Task OpenAsync(CancellationToken ct)
    {
        if (!IsConfigured || connection is not null)
            return;

        Task mine;
        lock (opening)
            mine = connecting is { IsFaulted: false } ? connecting : connecting = ConnectAsync();
        await mine.WaitAsync(ConnectPatience, ct);
    }

    /// <summary>Runs a script on the primary, in one round trip.</summary>
    /// <param name="script">Lua. Sent whole each time: a Redis that was restarted knows none of the scripts that it knew before.</param>
    /// <param name="keys">Made by <see cref="Key"/>.</param>
    /// <param name="values">ARGV.</param>
    /// <exception cref="RedisException">Redis is away or refuses; or a TimeoutException: see <see cref="IsTrouble"/>.</exception>
    public async Task<RedisResult> EvaluateAsync(string script, RedisKey[] keys, params RedisValue[] values)
    {
        try
        {
            var open = connection ?? throw new RedisException("Redis has not been reached yet.");
            var answer = await open.GetDatabase().ScriptEvaluateAsync(script, keys, values, CommandFlags.NoScriptCache | CommandFlags.DemandMaster);
            IsWell = true;
            return answer;
        }
        catch (Exception e) when (IsTrouble(e))
        {
            IsWell = false;
            throw;
        }
    }

    /// <summary>Calls <paramref name="heard"/> with each message; messages sent while the connection is down are lost.</summary>
    public async Task SubscribeAsync(RedisKey channel, Action<string> heard)
    {
        if (connection is { } open)
            await open.GetSubscriber().SubscribeAsync(RedisChannel.Literal(channel.ToString()), (_, message) => heard(message.ToString()));
    }

    /// <summary>Redis failed, and not we. A RedisTimeoutException is a TimeoutException, not a RedisException.</summary>
    public static bool IsTrouble(Exception e) => e is RedisException or TimeoutException or ObjectDisposedException;

    public async ValueTask DisposeAsync()
    {
        if (connection is not null)
            await connection.DisposeAsync();
    }

    private async Task ConnectAsync()
    {
        // While sentinels look for a new primary the library blocks threads of the pool, one each second; nobody else must wait for it to grow.
        ThreadPool.GetMinThreads(out var workers, out var completions);
        ThreadPool.SetMinThreads(Math.Max(workers, SpareThreads), completions);

        var configuration = ConfigurationOptions.Parse(options.Configuration!);
        configuration.AbortOnConnectFail = false;      // it goes on trying
        configuration.BacklogPolicy = BacklogPolicy.FailFast;      // what is old when Redis comes back must not be sent then
        configuration.AsyncTimeout = configuration.SyncTimeout = CommandMilliseconds;
        configuration.ConnectTimeout = ConnectMilliseconds;
        configuration.HeartbeatInterval = TimeSpan.FromMilliseconds(HeartbeatMilliseconds);
        configuration.ReconnectRetryPolicy = new LinearRetry(HeartbeatMilliseconds);
        configuration.ClientName = "gateway";
        connection = await ConnectionMultiplexer.ConnectAsync(configuration);
    }
}
