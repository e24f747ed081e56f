using System.Diagnostics;

namespace Gateway.IntegrationTests.Replicas;

/// <summary>Redis may be a cluster: all that one gateway keeps there is in one slot.</summary>
public sealed class ClusterTests(OnCluster gateways) : ReplicaTests<OnCluster>(gateways)
{
    [Fact]
    public async Task Node_of_a_cluster_keeps_what_the_replicas_tell_each_other()
    {
        await gateways.NodeInUseAsync();

        var sizes = await Task.WhenAll(gateways.Redis.Nodes.Select(node => node.CommandAsync("DBSIZE")));

        Assert.Single(sizes, size => size != "0");
    }

    [Fact]
    public async Task Node_that_dies_and_comes_back_empty_disturbs_nobody()
    {
        var (somebody, gone) = (await gateways.KnownAsync(), await gateways.KnownAsync());
        await gone.LogOutAsync(0);
        await gone.UntilOutAsync();
        var node = await gateways.NodeInUseAsync();
        var traffic = new Traffic(somebody, await gateways.KnownAsync());

        await node.KillAsync();
        var during = await gateways.KnownAsync();
        await during.LogOutAsync(1);
        var heard = await during.UntilOutAsync();
        var waited = Stopwatch.StartNew();
        await node.RestartAsync();
        await gateways.Redis.WaitUntilWellAsync();
        await gateways.UntilUsedAsync(node);
        var recovered = waited.Elapsed;

        await gone.AssertOutAsync();
        await during.AssertOutAsync();
        var requests = await traffic.AssertUndisturbedAsync();
        Say($"Cluster: a logout was heard after {heard.TotalMilliseconds:0} ms without the node, which was in use {recovered.TotalMilliseconds:0} ms after its return; 0 of {requests} requests failed");
    }
}

/// <summary>With a cluster of three nodes.</summary>
public sealed class OnCluster : ReplicaGateways
{
    private RedisCluster? redis;

    internal RedisCluster Redis => redis!;

    internal async Task<RedisServer> NodeInUseAsync() => (await Eventually.IsAsync(
        async () =>
        {
            foreach (var node in Redis.Nodes)
            {
                if (await node.CommandAsync("DBSIZE") != "0")
                    return node;
            }

            return null;
        },
        node => node is not null))!;

    protected override async Task<string?> StartRedisAsync() => (redis = await RedisCluster.StartAsync()).Configuration;

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        if (redis is not null)
            await redis.DisposeAsync();
    }
}
