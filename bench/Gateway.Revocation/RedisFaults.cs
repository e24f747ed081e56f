using System.Diagnostics;
using System.Globalization;

namespace Gateway.Bench;

/// <summary>Whatever happens to Redis: does any request notice, and how long does a logout take then?</summary>
internal static class RedisFaults
{
    private static readonly TimeSpan Lasts = TimeSpan.FromSeconds(3), Begun = TimeSpan.FromMilliseconds(300), Pause = TimeSpan.FromMilliseconds(50), Breath = TimeSpan.FromMilliseconds(2);

    private static readonly (string Name, Func<RedisServer, Task, Task> During)[] Faults =
    [
        ("killed", async (redis, over) =>
        {
            await redis.KillAsync();
            await over;
            await redis.RestartAsync();
        }),
        ("frozen", async (redis, over) =>
        {
            await redis.FreezeAsync();
            await over;
            await redis.ThawAsync();
        }),
        ("FLUSHALL", async (redis, over) =>
        {
            await redis.FlushAllAsync();
            await over;
        }),
        ("restarted empty", async (redis, over) =>
        {
            await redis.RestartAsync();
            await over;
        }),
        ("out of memory", async (redis, over) =>
        {
            await redis.FillMemoryAsync();
            await over;
            await redis.EmptyMemoryAsync();
        }),
        ("subscribers killed", async (redis, over) =>
        {
            while (!over.IsCompleted)
            {
                await redis.KillPubSubClientsAsync();
                await Task.Delay(20);
            }
        }),
    ];

    /// <returns>How many requests failed, and how many were let in that should not have been.</returns>
    public static async Task<int> MeasureAsync(Gateways gateways, RedisServer redis)
    {
        Console.WriteLine("""

            3. Faults of Redis, each for 3 s and more under steady requests: until a logout during it, and one after it, was refused by all three

               fault                 requests   failed   still let in   logout during it   logout after it
            """);
        var failures = 0;
        foreach (var (name, during) in Faults)
            failures += await MeasureAsync(gateways, redis, name, during);
        return failures;
    }

    private static async Task<int> MeasureAsync(Gateways gateways, RedisServer redis, string name, Func<RedisServer, Task, Task> during)
    {
        var tokens = await gateways.TokensAsync(3 + Gateways.Count);
        foreach (var token in tokens)
            await gateways.RememberAsync(token);
        var (gone, afterwards, somebody) = (tokens[0], tokens[1], tokens[2]);
        await gateways.LogOutAsync(0, gone);
        await UntilRefusedAsync(gateways, gone);
        using var stop = new CancellationTokenSource();
        var traffic = Enumerable.Range(0, Gateways.Count).Select(gateway => AskOnAsync(gateways, gateway, somebody, stop.Token)).ToArray();

        var over = new TaskCompletionSource();
        var began = Stopwatch.GetTimestamp();
        var fault = during(redis, over.Task);
        await Task.Delay(Begun);
        var (worst, letIn) = (TimeSpan.Zero, 0);
        for (var gateway = 0; gateway < Gateways.Count; gateway++)
        {
            await gateways.LogOutAsync(gateway, tokens[3 + gateway]);
            var took = await UntilRefusedAsync(gateways, tokens[3 + gateway]);
            worst = took > worst ? took : worst;
        }

        letIn += await LetInAsync(gateways, gone);
        var left = Lasts - Stopwatch.GetElapsedTime(began);
        await Task.Delay(left > TimeSpan.Zero ? left : TimeSpan.Zero);
        over.SetResult();
        await fault;
        letIn += await LetInAsync(gateways, gone);
        await gateways.LogOutAsync(0, afterwards);
        var after = await UntilRefusedAsync(gateways, afterwards);
        await Task.Delay(Lasts);      // what Redis being back may do to anybody
        letIn += await LetInAsync(gateways, gone);

        await stop.CancelAsync();
        var (requests, failed) = (0, 0);
        foreach (var (all, bad) in await Task.WhenAll(traffic))
            (requests, failed) = (requests + all, failed + bad);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"   {name,-20}{requests,10}{failed,9}{letIn,15}{worst.TotalMilliseconds,16:0} ms{after.TotalMilliseconds,15:0} ms"));
        return failed + letIn;
    }

    private static async Task<(int All, int Failed)> AskOnAsync(Gateways gateways, int gateway, string token, CancellationToken stop)
    {
        var (all, failed) = (0, 0);
        while (!stop.IsCancellationRequested)
        {
            all++;
            failed += await IsServedAsync(gateways, gateway, token) ? 0 : 1;
            await Task.Delay(Pause, CancellationToken.None);
        }

        return (all, failed);
    }

    private static async Task<bool> IsServedAsync(Gateways gateways, int gateway, string token)
    {
        try
        {
            return await gateways.AskAsync(gateway, token) is HttpStatusCode.OK;
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            return false;
        }
    }

    private static async Task<int> LetInAsync(Gateways gateways, string token) =>
        (await gateways.AskAllAsync(token)).Count(answer => answer is not HttpStatusCode.Unauthorized);

    /// <summary>By all of them, from now on.</summary>
    private static async Task<TimeSpan> UntilRefusedAsync(Gateways gateways, string token)
    {
        var answered = Stopwatch.GetTimestamp();
        var all = await Task.WhenAll(Enumerable.Range(0, Gateways.Count).Select(gateway => gateways.UntilRefusedAsync(gateway, token, answered, Breath)));
        return all.Max(one => one.Took);
    }
}
