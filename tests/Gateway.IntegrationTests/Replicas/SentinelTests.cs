namespace Gateway.IntegrationTests.Replicas;

/// <summary>Sentinels put a replica in the place of a Redis that died, and that replica had not heard of the last revocations.</summary>
public sealed class SentinelTests(OnSentinel gateways) : ReplicaTests<OnSentinel>(gateways)
{
    [Fact]
    public async Task What_the_promoted_replica_never_heard_holds_all_the_same()
    {
        var (somebody, early, late) = (await gateways.KnownAsync(), await gateways.KnownAsync(), await gateways.KnownAsync());
        await early.LogOutAsync(0);
        await early.UntilOutAsync();
        var traffic = new Traffic(somebody, await gateways.KnownAsync());

        await gateways.Redis.CutReplicationAsync();
        await late.LogOutAsync(1);
        await gateways.Redis.FailOverAsync();

        var heard = await late.UntilOutAsync();
        await early.AssertOutAsync();
        var recovered = await gateways.UntilUsedAsync(gateways.Redis.Primary);
        var after = await gateways.KnownAsync();
        await after.LogOutAsync(2);
        var heardAfter = await after.UntilOutAsync();
        Assert.Equal(HttpStatusCode.OK, (await gateways.AskProofAsync(0)).StatusCode);
        var requests = await traffic.AssertUndisturbedAsync();
        Say($"Failover: the lost entry was known after {heard.TotalMilliseconds:0} ms, the promoted Redis in use after {recovered.TotalMilliseconds:0} ms, a logout heard after {heardAfter.TotalMilliseconds:0} ms; 0 of {requests} requests failed");
    }
}

/// <summary>With a primary, its replica and three sentinels.</summary>
public sealed class OnSentinel : ReplicaGateways
{
    private RedisSentinel? redis;

    internal RedisSentinel Redis => redis!;

    protected override async Task<string?> StartRedisAsync() => (redis = await RedisSentinel.StartAsync()).Configuration;

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        if (redis is not null)
            await redis.DisposeAsync();
    }
}
