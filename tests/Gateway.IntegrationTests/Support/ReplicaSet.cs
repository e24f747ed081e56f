using System.Data.Common;
using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.IntegrationTests.Support;

/// <summary>What replicas have in common.</summary>
/// <param name="Backend">Behind the routes /orders (for who is signed in) and /open (for anyone).</param>
/// <param name="Database">The connection string of a PostgreSQL database.</param>
/// <param name="Redis">As StackExchange.Redis writes it; null: none.</param>
internal sealed record ReplicaPlan(Uri Backend, string Database, string? Redis)
{
    public int Count { get; init; } = 3;

    /// <summary>Each in a process of its own, which can be killed and stopped.</summary>
    public bool AsProcesses { get; init; }

    public Action<SettingsFile> Change { get; init; } = _ => { };

    /// <summary>Services that stand in for those of the n-th, where they run in this process.</summary>
    public Action<int, IServiceCollection> Replace { get; init; } = (_, _) => { };
}

/// <summary>Several gateways on one database and one Redis, each with its own listeners and its own network to both.</summary>
internal sealed partial class ReplicaSet : IAsyncDisposable
{
    private readonly TempFolder folder = new();
    private readonly List<TestReplica> all = [];

    private ReplicaSet() { }

    public IReadOnlyList<TestReplica> All => all;

    public TestReplica this[int number] => all[number];

    public static async Task<ReplicaSet> StartAsync(ReplicaPlan plan)
    {
        var replicas = new ReplicaSet();
        try
        {
            for (var i = 0; i < plan.Count; i++)
                replicas.all.Add(replicas.Make(plan, i));
            await replicas.StartAsync();
            return replicas;
        }
        catch
        {
            await replicas.DisposeAsync();
            throw;
        }
    }

    public Task StartAsync() => Task.WhenAll(all.Select(replica => replica.StartAsync()));

    public Task StopAsync() => Task.WhenAll(all.Select(replica => replica.StopAsync()));

    /// <summary>A verb's configuration: that of the first.</summary>
    public string ConfigurationFile => folder.File("replica0.json");

    private TestReplica Make(ReplicaPlan plan, int number)
    {
        var database = new DbConnectionStringBuilder { ConnectionString = plan.Database };
        var toDatabase = new TcpRelay(int.Parse((string)database["Port"], CultureInfo.InvariantCulture));
        database["Port"] = toDatabase.Port;

        // Sentinels and clusters tell their clients where to go, past any relay.
        var servers = LoopbackServer().Matches(plan.Redis ?? "");
        var toRedis = servers.Count == 1 ? new TcpRelay(int.Parse(servers[0].Groups[1].ValueSpan, CultureInfo.InvariantCulture)) : null;
        var redis = toRedis is null ? plan.Redis : LoopbackServer().Replace(plan.Redis!, $"127.0.0.1:{toRedis.Port}");

        var settings = new SettingsFile()
            .Set("Gateway:PublicUrl", "http://localhost:8080")
            .Set("Gateway:Secret", "of replicas that share one database")
            .Set("Gateway:Database:Provider", "Postgres")
            .Set("Gateway:Database:ConnectionString", database.ConnectionString)
            .Set("Gateway:Redis:Configuration", redis)
            .Set("Gateway:Passwords:WorkFactor", 10)
            .Set("Gateway:Passwords:QueueLimit", 1000)
            .Set("Gateway:Drain:Delay", "00:00:00")
            .Destination("backend", plan.Backend)
            .Route("orders", "/orders/{**rest}")
            .Route("open", "/open/{**rest}", "anonymous");
        plan.Change(settings);

        var file = $"replica{number}.json";
        return plan.AsProcesses
            ? new ReplicaProcess(settings, folder, file, toDatabase, toRedis)
            : new HostedReplica(settings, folder, file, toDatabase, toRedis, services => plan.Replace(number, services));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var replica in all)
            await replica.DisposeAsync();
        folder.Dispose();
    }

    [GeneratedRegex(@"127\.0\.0\.1:(\d+)")]
    private static partial Regex LoopbackServer();
}
