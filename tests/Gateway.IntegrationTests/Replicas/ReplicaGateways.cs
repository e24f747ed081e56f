using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Gateway.IntegrationTests.Replicas;

/// <summary>Three replicas of one gateway on a real PostgreSQL, and what they share. Derive to say which Redis, and how they run.</summary>
public abstract class ReplicaGateways : IAsyncLifetime
{
    /// <summary>Here the backend answers with the id of the user that the gateway told it of.</summary>
    public const string WhoAmI = "/orders/whoami";

    private readonly ServerLog[] logs = [new(), new(), new()];
    private PostgresServer? postgres;
    private ReplicaSet? replicas;
    private int visitors;

    protected ReplicaGateways() => Backend.Answer(WhoAmI, async (request, stream) =>
    {
        var user = request.Headers["X-User-Id"] ?? "";
        await stream.WriteAsync(Encoding.Latin1.GetBytes($"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {user.Length}\r\n\r\n{user}"));
    });

    public RecordingBackend Backend { get; } = new();

    public IEnumerable<ServerLog> Logs => logs;

    /// <summary>Errors from here on are new ones.</summary>
    public void ForgetErrors() => Array.ForEach(logs, log => log.Forget());

    internal ReplicaSet All => replicas!;

    internal PostgresServer Postgres => postgres!;

    internal IEnumerable<Uri> Urls => All.All.Select(replica => replica.Url);

    /// <summary>Starts what Redis there is, and gives its configuration.</summary>
    protected abstract Task<string?> StartRedisAsync();

    protected virtual bool AsProcesses => false;

    protected virtual void Configure(SettingsFile settings) { }

    protected virtual void Replace(int replica, IServiceCollection services) { }

    public virtual async ValueTask InitializeAsync()
    {
        postgres = await PostgresServer.StartNewAsync();
        replicas = await StartReplicasAsync(await StartRedisAsync());
    }

    /// <summary>More of them, on a database of their own.</summary>
    internal async Task<ReplicaSet> StartReplicasAsync(string? redis) =>
        await ReplicaSet.StartAsync(new(Backend.Url, await Postgres.CreateDatabaseAsync(), redis)
        {
            AsProcesses = AsProcesses,
            Change = Configure,
            Replace = (number, services) =>
            {
                services.AddLogging(logging => logging.ClearProviders().AddProvider(logs[number]));
                Replace(number, services);
            },
        });

    /// <summary>Somebody new, who signs up at that replica.</summary>
    internal Task<Visitor> SignUpAsync(int at = 0) => SignUpAsync(All, at);

    internal async Task<Visitor> SignUpAsync(ReplicaSet among, int at = 0)
    {
        using var nobody = Caller.Anonymous(among[at].Url);
        var name = $"visitor{Interlocked.Increment(ref visitors)}";
        var answer = await nobody.PostAsJsonAsync("/auth/signup", new { username = name, password = TestGateway.Password });
        return Visitor.With(await answer.ReadAsync<Session>(HttpStatusCode.Created), among.All.Select(replica => replica.Url));
    }

    /// <summary>Somebody whom every replica remembers: only news can make it refuse him.</summary>
    internal async Task<Visitor> KnownAsync(int at = 0)
    {
        var visitor = await SignUpAsync(at);
        await visitor.AssertInAsync();
        return visitor;
    }

    /// <summary>How long until what is revoked goes by way of Redis (again): until then it would be heard without it.</summary>
    internal async Task<TimeSpan> UntilUsedAsync(RedisServer redis)
    {
        var waited = Stopwatch.StartNew();
        await Eventually.IsAsync(
            async () =>
            {
                var before = await EntriesAsync(redis);
                await (await SignUpAsync()).LogOutAsync(0);
                return (Before: before, After: await EntriesAsync(redis));
            },
            entries => entries.After > entries.Before);
        return waited.Elapsed;
    }

    /// <summary>In all streams: the only ones are those of revocations.</summary>
    private static async Task<long> EntriesAsync(RedisServer redis)
    {
        var entries = 0L;
        foreach (var key in (await redis.CommandAsync("KEYS", "*")).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (await redis.CommandAsync("TYPE", key) == "stream")
                entries += long.Parse(await redis.CommandAsync("XLEN", key), CultureInfo.InvariantCulture);
        }

        return entries;
    }

    /// <summary>Somebody logs out at that replica and wants to know that all have heard it.</summary>
    internal async Task<HttpResponseMessage> AskProofAsync(int replica, int seconds = 5) =>
        await ProofTests.LogOutAsync((await KnownAsync(replica))[replica], $"wait={seconds}");

    public virtual async ValueTask DisposeAsync()
    {
        if (replicas is not null)
            await replicas.DisposeAsync();
        if (postgres is not null)
            await postgres.DisposeAsync();
        await Backend.DisposeAsync();
        GC.SuppressFinalize(this);
    }
}

/// <summary>With one Redis, which each replica reaches by a network of its own.</summary>
public class OnRedis : ReplicaGateways
{
    private RedisServer? redis;

    internal RedisServer Redis => redis!;

    protected override async Task<string?> StartRedisAsync() => (redis = await RedisServer.StartAsync()).Configuration;

    internal Task<TimeSpan> UntilRedisIsUsedAsync() => UntilUsedAsync(Redis);

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        if (redis is not null)
            await redis.DisposeAsync();
        GC.SuppressFinalize(this);
    }
}

/// <summary>The same in processes, which can be killed and stopped.</summary>
public sealed class InProcesses : OnRedis
{
    protected override bool AsProcesses => true;
}

/// <summary>Tests that share replicas. An error that no test asked for, at any of them, fails the test.</summary>
public abstract class ReplicaTests<TGateways>(TGateways gateways) : IClassFixture<TGateways>, IDisposable where TGateways : ReplicaGateways
{
    /// <summary>How long something took: never asserted, always printed.</summary>
    protected static void Say(string text) => Console.WriteLine(text);

    public void Dispose()
    {
        try
        {
            Assert.All(gateways.Logs, log => log.AssertNoErrors());
        }
        finally
        {
            gateways.ForgetErrors();
            GC.SuppressFinalize(this);
        }
    }
}
