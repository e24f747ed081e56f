using System.Diagnostics;
using StackExchange.Redis;

namespace Gateway.IntegrationTests.Replicas;

/// <summary>The faults are faults: what these servers and this network do to a client of Redis.</summary>
public sealed class SupportTests
{
    [Fact]
    public async Task Redis_comes_back_empty_at_the_same_port()
    {
        await using var redis = await RedisServer.StartAsync("a password");
        await redis.CommandAsync("SET", "key", "value");

        await redis.KillAsync();
        await Assert.ThrowsAsync<IOException>(() => redis.CommandAsync("PING"));
        await redis.RestartAsync();

        Assert.Equal("", await redis.CommandAsync("GET", "key"));
        await using var client = await ConnectionMultiplexer.ConnectAsync(redis.Configuration);
        Assert.Equal("", (string?)await client.GetDatabase().StringGetAsync("key") ?? "");
    }

    [Fact]
    public async Task Full_Redis_refuses_what_is_written()
    {
        await using var redis = await RedisServer.StartAsync();

        await redis.FillMemoryAsync();
        var refusal = await Assert.ThrowsAsync<InvalidOperationException>(() => redis.CommandAsync("SET", "key", "value"));
        await redis.EmptyMemoryAsync();

        Assert.StartsWith("OOM", refusal.Message);
        Assert.Equal("OK", await redis.CommandAsync("SET", "key", "value"));
    }

    [Fact]
    public async Task Relay_is_cut_frozen_slow_and_well_again()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var relay = new TcpRelay(redis.Port);
        Task<string> PingAsync() => RedisConnection.SendAsync(relay.Port, null, "PING");
        Assert.Equal("PONG", await PingAsync());

        relay.Cut();
        await Assert.ThrowsAsync<IOException>(PingAsync);
        relay.Restore();
        relay.Freeze();
        var held = PingAsync();
        await Task.Delay(200);
        Assert.False(held.IsCompleted);
        relay.Restore();
        Assert.Equal("PONG", await held);
        relay.Delay = TimeSpan.FromMilliseconds(100);
        var slow = Stopwatch.StartNew();
        await PingAsync();

        Assert.True(slow.Elapsed > TimeSpan.FromMilliseconds(150)); // there and back
    }

    [Fact]
    public async Task Sentinels_promote_a_replica_that_lags()
    {
        await using var sentinel = await RedisSentinel.StartAsync();
        await using var client = await ConnectionMultiplexer.ConnectAsync(sentinel.Configuration);
        await client.GetDatabase().StringSetAsync("early", 1);
        await sentinel.Replica.WaitUntilAsync(value => value == "1", "GET", "early");

        await sentinel.CutReplicationAsync();
        await client.GetDatabase().StringSetAsync("late", 1);
        await sentinel.FailOverAsync();

        Assert.Equal("1", await sentinel.Primary.CommandAsync("GET", "early"));
        Assert.Equal("", await sentinel.Primary.CommandAsync("GET", "late"));
    }

    [Fact]
    public async Task Cluster_keeps_keys_of_every_slot()
    {
        await using var cluster = await RedisCluster.StartAsync();
        await using var client = await ConnectionMultiplexer.ConnectAsync(cluster.Configuration);

        for (var i = 0; i < 20; i++)
            await client.GetDatabase().StringSetAsync($"key{i}", i);

        Assert.Equal(19, (int)await client.GetDatabase().StringGetAsync("key19"));
    }
}
