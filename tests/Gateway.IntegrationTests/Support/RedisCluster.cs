namespace Gateway.IntegrationTests.Support;

/// <summary>Three Redis servers that share the keys among them.</summary>
internal sealed class RedisCluster : IAsyncDisposable
{
    private const int Slots = 16384;

    private readonly List<LoopbackPort> buses = [];
    private readonly List<RedisServer> nodes = [];

    private RedisCluster() { }

    public IReadOnlyList<RedisServer> Nodes => nodes;

    public string Configuration => string.Join(',', nodes.Select(node => node.Configuration));

    public static async Task<RedisCluster> StartAsync(int count = 3)
    {
        var cluster = new RedisCluster();
        for (var i = 0; i < count; i++)
        {
            var bus = new LoopbackPort();
            cluster.buses.Add(bus);
            cluster.nodes.Add(await RedisServer.StartAsync(null, "--cluster-enabled", "yes", "--cluster-port", bus.ToString(), "--cluster-node-timeout", "2000"));
            await cluster.nodes[i].CommandAsync("CLUSTER", "ADDSLOTSRANGE", Text(Slots * i / count), Text(Slots * (i + 1) / count - 1));
            if (i > 0)
                await cluster.nodes[0].CommandAsync("CLUSTER", "MEET", "127.0.0.1", Text(cluster.nodes[i].Port), bus.ToString());
        }

        await cluster.WaitUntilWellAsync();
        return cluster;
    }

    /// <summary>Every node knows of every other, and of no slot that is missing.</summary>
    public async Task WaitUntilWellAsync()
    {
        foreach (var node in nodes)
            await node.WaitUntilAsync(info => info.Contains("cluster_state:ok") && info.Contains($"cluster_known_nodes:{nodes.Count}"), "CLUSTER", "INFO");
    }

    private static string Text(int number) => number.ToString(System.Globalization.CultureInfo.InvariantCulture);

    public async ValueTask DisposeAsync()
    {
        foreach (var node in nodes)
            await node.DisposeAsync();
        foreach (var bus in buses)
            bus.Dispose();
    }
}
