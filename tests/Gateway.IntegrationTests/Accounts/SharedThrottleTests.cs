using Gateway.Platform.Redis;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.IntegrationTests.Accounts;

/// <summary>Logins go on, and guesses are counted on, whatever becomes of Redis.</summary>
public sealed class SharedThrottleTests
{
    [Fact]
    public async Task Guesses_are_counted_in_redis_and_no_name_is_to_be_read_there()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var gateway = await StartAsync(redis);

        await GuessAsync(gateway, 1);

        var link = gateway.Services.GetRequiredService<RedisLink>();
        var keys = (string[])(await link.EvaluateAsync("return redis.call('KEYS', '*throttle*')", [link.Key("any")]))!;
        Assert.Equal(2, keys.Length);
        Assert.All(keys, key => Assert.Matches(@"^\{gateway:[0-9a-f]{16}\}:throttle:[0-9a-f]{32}$", key));
    }

    [Theory]
    [InlineData("killed")]
    [InlineData("frozen")]
    public async Task Redis_that_fails_in_the_middle_keeps_nobody_out_and_lets_no_guesser_go_on(string fate)
    {
        await using var redis = await RedisServer.StartAsync();
        await using var gateway = await StartAsync(redis);
        await gateway.SignUpAsync("boris");
        await GuessAsync(gateway, 12);

        await (fate == "killed" ? redis.KillAsync() : redis.FreezeAsync());

        await gateway.LogInAsync("boris");
        for (var i = 0; i < 8; i++)
            await GuessAsync(gateway, 1);
        var next = await gateway.Anonymous().PostAsJsonAsync("/auth/login", new { username = "boris", password = "not the password" });
        await next.AssertRefusedAsync(429, "rate_limited");
    }

    private static async Task GuessAsync(TestGateway gateway, int times)
    {
        for (var i = 0; i < times; i++)
        {
            var answer = await gateway.Anonymous().PostAsJsonAsync("/auth/login", new { username = "boris", password = "not the password" });
            await answer.AssertRefusedAsync(401, "invalid_credentials");
        }
    }

    private static async Task<TestGateway> StartAsync(RedisServer redis)
    {
        var gateway = await TestGateway.StartAsync(settings => settings.Set("Gateway:Redis:Configuration", redis.Configuration), new TestClock());
        await gateway.Services.GetRequiredService<RedisLink>().OpenAsync(CancellationToken.None);
        return gateway;
    }
}
