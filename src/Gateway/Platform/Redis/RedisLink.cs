using Gateway.Platform.Database;
using StackExchange.Redis;

namespace Gateway.Platform.Redis;

/// <summary>The way to Redis, which may be away at any time: nothing waits long for it, and nothing is kept there alone.</summary>
internal sealed partial class RedisLink(RedisOptions options, Installation installation, ILogger<RedisLink> logger) : IAsyncDisposable
{
    private static readonly TimeSpan ConnectPatience = TimeSpan.FromSeconds(2);
    private const int CommandMilliseconds = 1000, ConnectMilliseconds = 1000, HeartbeatMilliseconds = 500;

    private readonly SemaphoreSlim opening = new(1);
    private IConnectionMultiplexer? connection;

    public bool IsConfigured => options.Configuration is not null;

    /// <summary>True while a command may be sent; that it is answered is another thing.</summary>
    public bool IsConnected => connection?.IsConnected is true;

    /// <summary>One hash tag for all keys of one database, so that a script may touch several of them in a cluster, and two gateways may share a Redis.</summary>
    public RedisKey Key(string name) => $"{{gateway:{installation.Id}}}:{name}";

    /// <summary>Connects if that succeeds soon; otherwise it goes on trying by itself.</summary>
    public async Task OpenAsync(CancellationToken ct)
    {
        if (!IsConfigured || connection is not null)
            return;

        await opening.WaitAsync(ct);
        try
        {
            connection ??= await ConnectAsync().WaitAsync(ConnectPatience, ct);
        }
        catch (Exception e) when (IsTrouble(e))
        {
            Away(logger, e.GetType().Name);
        }
        finally
        {
            opening.Release();
        }
    }

    /// <summary>Runs a script on the primary, in one round trip.</summary>
    /// <param name="script">Lua. Sent whole each time: a Redis that was restarted knows none of the scripts that it knew before.</param>
    /// <param name="keys">Made by <see cref="Key"/>.</param>
    /// <param name="values">ARGV.</param>
    /// <exception cref="RedisException">Redis is away or refuses; or a TimeoutException: see <see cref="IsTrouble"/>.</exception>
    public Task<RedisResult> EvaluateAsync(string script, RedisKey[] keys, params RedisValue[] values) =>
        connection is { } open
            ? open.GetDatabase().ScriptEvaluateAsync(script, keys, values, CommandFlags.NoScriptCache | CommandFlags.DemandMaster)
            : Task.FromException<RedisResult>(new RedisException("Redis has not been reached yet."));

    /// <summary>Calls <paramref name="heard"/> for each message; messages sent while the connection is down are lost.</summary>
    public async Task SubscribeAsync(RedisKey channel, Action heard)
    {
        if (connection is { } open)
            await open.GetSubscriber().SubscribeAsync(RedisChannel.Literal(channel.ToString()), (_, _) => heard());
    }

    /// <summary>Redis failed, and not we. A RedisTimeoutException is a TimeoutException, not a RedisException.</summary>
    public static bool IsTrouble(Exception e) => e is RedisException or TimeoutException or ObjectDisposedException;

    public async ValueTask DisposeAsync()
    {
        if (connection is not null)
            await connection.DisposeAsync();
        opening.Dispose();
    }

    private async Task<IConnectionMultiplexer> ConnectAsync()
    {
        var configuration = ConfigurationOptions.Parse(options.Configuration!);
        configuration.AbortOnConnectFail = false;      // it goes on trying
        configuration.BacklogPolicy = BacklogPolicy.FailFast;      // what is old when Redis comes back must not be sent then
        configuration.AsyncTimeout = CommandMilliseconds;
        configuration.ConnectTimeout = ConnectMilliseconds;
        configuration.HeartbeatInterval = TimeSpan.FromMilliseconds(HeartbeatMilliseconds);
        configuration.ReconnectRetryPolicy = new LinearRetry(HeartbeatMilliseconds);
        configuration.ClientName = "gateway";
        return await ConnectionMultiplexer.ConnectAsync(configuration);
    }

    [LoggerMessage(9300, LogLevel.Warning, "Redis cannot be reached ({Kind}); until it can, replicas hear of revocations from the database, within about a second")]
    private static partial void Away(ILogger logger, string kind);
}
