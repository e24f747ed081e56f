using FsCheck;
using FsCheck.Fluent;
using Gateway.Platform.Database;
using Gateway.Platform.Redis;
using Gateway.Platform.Throttles;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.IntegrationTests.Platform;

/// <summary>Replicas count together as long as Redis answers, and each for itself when it does not.</summary>
public sealed class ThrottleTests : IAsyncLifetime
{
    private static readonly Allowance Ten = new("somebody", 10, TimeSpan.FromHours(1));

    private readonly List<RedisLink> links = [];
    private RedisServer redis = null!;

    public async ValueTask InitializeAsync() => redis = await RedisServer.StartAsync();

    [Fact]
    public async Task Replicas_share_one_allowance()
    {
        var (one, other) = (await ReplicaAsync(), await ReplicaAsync());

        var granted = await GrantedAsync(one, 6) + await GrantedAsync(other, 6);

        Assert.Equal(10, granted);
        Assert.InRange((await one.TakeAsync(Ten)).Wait, TimeSpan.FromMinutes(59), Ten.Interval);
    }

    [Fact]
    public async Task Parallel_tries_at_two_replicas_do_not_slip_through()
    {
        var (one, other) = (await ReplicaAsync(), await ReplicaAsync());

        var turns = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => (i % 2 == 0 ? one : other).TakeAsync(Ten)));

        Assert.Equal(10, turns.Count(turn => turn.IsGranted));
    }

    [Fact]
    public async Task What_one_replica_gives_back_another_may_take()
    {
        var (one, other) = (await ReplicaAsync(), await ReplicaAsync());
        var turn = await one.TakeAsync(Ten);
        await GrantedAsync(one, 9);
        Assert.False((await other.TakeAsync(Ten)).IsGranted);

        await one.GiveBackAsync(turn);

        Assert.Equal(1, await GrantedAsync(other, 5));
    }

    [Fact]
    public async Task Two_gateways_on_one_redis_count_each_its_own()
    {
        var (one, other) = (await ReplicaAsync(), await ReplicaAsync("fedcba9876543210"));

        Assert.Equal(10, await GrantedAsync(one, 12));
        Assert.Equal(10, await GrantedAsync(other, 12));
    }

    [Fact]
    public async Task An_interval_later_there_is_one_more()
    {
        var quick = new Allowance("quick", 1, TimeSpan.FromMilliseconds(300));
        var shared = new SharedTally(await LinkAsync());
        Assert.Equal(TimeSpan.Zero, await shared.TakeAsync([quick]));

        var wait = await shared.TakeAsync([quick]);

        Assert.InRange(wait!.Value, TimeSpan.FromMilliseconds(1), quick.Interval);
        await Eventually.IsAsync(() => shared.TakeAsync([quick]), taken => taken == TimeSpan.Zero);
    }

    [Fact]
    public async Task Redis_and_memory_follow_one_rule()
    {
        var shared = new SharedTally(await LinkAsync());
        var round = 0;

        var steps = from key in Gen.Choose(0, 2) from other in Gen.Choose(0, 2) from back in Gen.Choose(0, 3) select (key, other, back == 0);
        Prop.ForAll(steps.ListOf().ToArbitrary(), list => FollowAsync([.. list]).GetAwaiter().GetResult()).QuickCheckThrowOnFailure();

        async Task FollowAsync((int Key, int Other, bool Back)[] steps)
        {
            var local = new LocalTally(TimeProvider.System);
            var run = ++round;
            foreach (var (key, other, back) in steps)
            {
                Allowance[] allowances = [.. new[] { key, other }.Distinct().Select(k => new Allowance($"{run}-{k}", k + 1, TimeSpan.FromHours(k + 1)))];
                if (back)
                {
                    local.GiveBack(allowances);
                    await shared.GiveBackAsync(allowances);
                    continue;
                }

                var (expected, wait) = (local.Take(allowances), await shared.TakeAsync(allowances));
                Assert.Equal(expected == TimeSpan.Zero, wait == TimeSpan.Zero);
                Assert.InRange((expected - wait!.Value).Duration(), TimeSpan.Zero, TimeSpan.FromMinutes(1));
            }
        }
    }

    [Fact]
    public async Task Redis_that_dies_gives_nobody_a_new_allowance()
    {
        var throttle = await ReplicaAsync();
        await GrantedAsync(throttle, 7);

        await redis.KillAsync();

        Assert.Equal(3, await GrantedAsync(throttle, 5));
    }

    [Fact]
    public async Task Frozen_redis_costs_one_wait_and_then_nothing_until_it_answers()
    {
        var (throttle, other) = (await ReplicaAsync(), await ReplicaAsync());
        await redis.FreezeAsync();
        Assert.True((await throttle.TakeAsync(Ten)).IsGranted);

        var turns = Enumerable.Range(0, 12).Select(_ => throttle.TakeAsync(Ten)).ToArray();

        Assert.All(turns, turn => Assert.True(turn.IsCompleted));
        Assert.Equal(9, turns.Count(turn => turn.Result.IsGranted));
        await redis.ThawAsync();
        await SharesAgainAsync(throttle);
        await SharesAgainAsync(other);
    }

    [Fact]
    public async Task Redis_without_memory_left_is_done_without()
    {
        await using var full = await RedisServer.StartAsync(null, "--maxmemory", "1", "--maxmemory-policy", "noeviction");
        var throttle = await ReplicaAsync(redis: full);

        Assert.Equal(10, await GrantedAsync(throttle, 12));
    }

    [Fact]
    public async Task Redis_that_was_never_there_is_done_without()
    {
        await redis.KillAsync();
        var throttle = await ReplicaAsync();

        Assert.Equal(10, await GrantedAsync(throttle, 12));
    }

    private static Task<Turn> SharesAgainAsync(Throttle throttle) =>
        Eventually.IsAsync(() => throttle.TakeAsync(new Allowance(Guid.NewGuid().ToString(), 1, Ten.Interval)), turn => turn.IsShared);

    private static async Task<int> GrantedAsync(Throttle throttle, int tries)
    {
        var granted = 0;
        for (var i = 0; i < tries; i++)
            granted += (await throttle.TakeAsync(Ten)).IsGranted ? 1 : 0;
        return granted;
    }

    private async Task<Throttle> ReplicaAsync(string installation = "0123456789abcdef", RedisServer? redis = null) =>
        new(await LinkAsync(installation, redis), TimeProvider.System);

    private async Task<RedisLink> LinkAsync(string installation = "0123456789abcdef", RedisServer? redis = null)
    {
        var (known, server) = (new Installation(), redis ?? this.redis);
        known.Use(installation);
        var link = new RedisLink(new() { Configuration = server.Configuration }, known);
        links.Add(link);
        try
        {
            await link.OpenAsync(CancellationToken.None);
        }
        // It goes on trying, as whoever opens it in the gateway knows: on a busy machine it takes its time to find that nobody is there.
        catch (Exception e) when (!server.IsRunning && RedisLink.IsTrouble(e))
        {
        }

        return link;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var link in links)
            await link.DisposeAsync();
        await redis.DisposeAsync();
    }
}
