using Gateway.Platform.Redis;
using StackExchange.Redis;

namespace Gateway.Platform.Throttles;

/// <summary>What have all replicas counted? The rule of <see cref="LocalTally"/>, in Redis and by its clock; nobody waits for a Redis that is in trouble.</summary>
internal sealed class SharedTally(RedisLink redis)
{
    private const string Take = """
        local t = redis.call('TIME')
        local now = t[1] * 1000 + math.floor(t[2] / 1000)
        local wait, after = 0, {}
        for i, key in ipairs(KEYS) do
            local interval, whole = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i])
            local at = math.min(tonumber(redis.call('GET', key) or now), now + whole) -- the clock may have gone back
            after[i] = math.max(at, now) + interval
            wait = math.max(wait, after[i] - now - whole)
        end
        if wait <= 0 then
            for i, key in ipairs(KEYS) do redis.call('SET', key, after[i], 'PX', after[i] - now) end
        end
        return wait
        """;

    private const string GiveBack = """
        local t = redis.call('TIME')
        local now = t[1] * 1000 + math.floor(t[2] / 1000)
        for i, key in ipairs(KEYS) do
            local at = tonumber(redis.call('GET', key) or now) - ARGV[2 * i - 1]
            if at > now then redis.call('SET', key, at, 'PX', at - now) else redis.call('DEL', key) end
        end
        return 0
        """;

    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(100);

    private volatile bool answers = true;
    private int asking;

    /// <returns>Null: Redis is away, too slow or refuses. Otherwise as <see cref="LocalTally.Take"/>.</returns>
    public async Task<TimeSpan?> TakeAsync(Allowance[] allowances) =>
        await RunAsync(Take, allowances) is { } wait ? TimeSpan.FromMilliseconds((long)wait) : null;

    public Task GiveBackAsync(Allowance[] allowances) => RunAsync(GiveBack, allowances);

    private async Task<RedisResult?> RunAsync(string script, Allowance[] allowances)
    {
        if (!redis.IsConnected)
            return null;
        if (!answers)
        {
            _ = AskAgainAsync();
            return null;
        }

        try
        {
            return await redis.EvaluateAsync(script,
                [.. allowances.Select(a => KeyOf(a.Key))],
                [.. allowances.SelectMany(a => new RedisValue[] { a.IntervalMilliseconds, a.WholeMilliseconds })]).WaitAsync(Patience);
        }
        catch (Exception e) when (RedisLink.IsTrouble(e))
        {
            answers = false;
            return null;
        }
    }

    /// <summary>One question at a time, for which nobody waits: a frozen Redis keeps nobody from logging in.</summary>
    private async Task AskAgainAsync()
    {
        if (Interlocked.Exchange(ref asking, 1) == 1)
            return;

        try
        {
            await redis.EvaluateAsync("return 0", [KeyOf("asking")]).WaitAsync(Patience);
            answers = true;
        }
        catch (Exception e) when (RedisLink.IsTrouble(e))
        {
        }
        finally
        {
            Volatile.Write(ref asking, 0);
        }
    }

    private RedisKey KeyOf(string key) => redis.Key("throttle:" + key);
}
