using Microsoft.Extensions.Logging;

namespace Gateway.IntegrationTests.Replicas;

/// <summary>Replicas start without the Redis that they are told of, and use it when it is there.</summary>
public sealed class RedisStartTests(OnRedis gateways) : ReplicaTests<OnRedis>(gateways)
{
    [Fact]
    public async Task Redis_that_is_down_at_the_start_is_used_when_it_comes()
    {
        await gateways.Redis.KillAsync();
        try
        {
            await gateways.All.StopAsync();
            await gateways.All.StartAsync();
            await AssertLogoutIsHeardAsync();
        }
        finally
        {
            await gateways.Redis.RestartAsync();
        }

        var recovered = await gateways.UntilRedisIsUsedAsync();
        Say($"Redis was in use {recovered.TotalMilliseconds:0} ms after it had come");
        await AssertLogoutIsHeardAsync();
    }

    [Fact]
    public async Task Wrong_password_is_trouble_of_Redis_and_appears_in_no_log()
    {
        const string Wrong = "wr0ng-passw0rd", Right = "r1ght-passw0rd";
        await using var redis = await RedisServer.StartAsync(Right);
        await using var replicas = await gateways.StartReplicasAsync(redis.Configuration.Replace(Right, Wrong));

        var visitor = await gateways.SignUpAsync(replicas);
        await visitor.AssertInAsync();
        await visitor.LogOutAsync(0);
        await visitor.UntilOutAsync();

        var said = gateways.Logs.SelectMany(log => Enum.GetValues<LogLevel>().SelectMany(log.At)).ToArray();
        Assert.Contains(said, line => line.Contains("Redis"));
        Assert.DoesNotContain(said, line => line.Contains(Wrong));
    }

    [Fact]
    public async Task Right_password_is_taken()
    {
        await using var redis = await RedisServer.StartAsync("r1ght-passw0rd");
        await using var replicas = await gateways.StartReplicasAsync(redis.Configuration);

        var visitor = await gateways.SignUpAsync(replicas);
        await visitor.LogOutAsync(0);

        Assert.NotEqual("0", await redis.CommandAsync("DBSIZE"));
    }

    private async Task AssertLogoutIsHeardAsync()
    {
        var visitor = await gateways.KnownAsync();
        await visitor.LogOutAsync(1);
        var heard = await visitor.UntilOutAsync();
        Say($"A logout was heard everywhere after {heard.TotalMilliseconds:0} ms");
    }
}
