namespace Gateway.IntegrationTests.Support;

/// <summary>A primary, a replica of it, and three sentinels that put the one in the place of the other.</summary>
internal sealed class RedisSentinel : IAsyncDisposable
{
    private const string Name = "gateway", Replicator = "replicator", Password = "replicates";

    private readonly List<RedisServer> sentinels = [];

    private RedisSentinel(RedisServer primary, RedisServer replica) => (Primary, Replica) = (primary, replica);

    public RedisServer Primary { get; private set; }

    public RedisServer Replica { get; private set; }

    public string Configuration => string.Join(',', sentinels.Select(s => s.Configuration)) + ",serviceName=" + Name;

    public static async Task<RedisSentinel> StartAsync()
    {
        string[] replication = ["--masteruser", Replicator, "--masterauth", Password];
        var primary = await RedisServer.StartAsync(null, replication);
        var replica = await RedisServer.StartAsync(null, replication);
        foreach (var server in (RedisServer[])[primary, replica])
            await server.CommandAsync("ACL", "SETUSER", Replicator, "on", ">" + Password, "+psync", "+replconf", "+ping");
        await replica.CommandAsync("REPLICAOF", "127.0.0.1", Text(primary.Port));
        await replica.WaitUntilAsync(info => info.Contains("master_link_status:up"), "INFO", "replication");

        var all = new RedisSentinel(primary, replica);
        for (var i = 0; i < 3; i++)
            all.sentinels.Add(await RedisServer.StartSentinelAsync(
                $"sentinel monitor {Name} 127.0.0.1 {primary.Port} 2",
                $"sentinel down-after-milliseconds {Name} 1000",
                $"sentinel failover-timeout {Name} 5000"));
        foreach (var sentinel in all.sentinels)
            await sentinel.WaitUntilAsync(answer => Says(answer, "num-other-sentinels", "2") && Says(answer, "num-slaves", "1"), "SENTINEL", "MASTER", Name);
        return all;
    }

    /// <summary>What the primary is told from here on is lost with it.</summary>
    public async Task CutReplicationAsync()
    {
        await Primary.CommandAsync("ACL", "SETUSER", Replicator, "off");
        await Primary.CommandAsync("CLIENT", "KILL", "TYPE", "replica");
    }

    /// <summary>The primary dies. Comes back when every sentinel names the other.</summary>
    public async Task FailOverAsync()
    {
        await Primary.KillAsync();
        var promoted = Text(Replica.Port);
        foreach (var sentinel in sentinels)
            await sentinel.WaitUntilAsync(answer => answer.EndsWith(promoted, StringComparison.Ordinal), "SENTINEL", "GET-MASTER-ADDR-BY-NAME", Name);
        await Replica.WaitUntilAsync(info => info.Contains("role:master"), "INFO", "replication");
        (Primary, Replica) = (Replica, Primary);
    }

    private static bool Says(string answer, string key, string value) => answer.Contains($"{key}\n{value}\n", StringComparison.Ordinal);

    private static string Text(int port) => port.ToString(System.Globalization.CultureInfo.InvariantCulture);

    public async ValueTask DisposeAsync()
    {
        foreach (var server in (RedisServer[])[.. sentinels, Primary, Replica])
            await server.DisposeAsync();
    }
}
