namespace Gateway.IntegrationTests.Replicas;

/// <summary>Whatever happens to Redis: what was revoked stays so, a logout is heard everywhere, requests notice nothing, and nobody has to be restarted.</summary>
public sealed class RedisFaultTests(OnRedis gateways) : ReplicaTests<OnRedis>(gateways)
{
    [Fact]
    public async Task Killed_and_restarted_empty_under_traffic() =>
        await AssertHarmlessAsync(gateways.Redis.KillAsync, gateways.Redis.RestartAsync);

    [Fact]
    public async Task Frozen_under_traffic() =>
        await AssertHarmlessAsync(gateways.Redis.FreezeAsync, gateways.Redis.ThawAsync);

    [Theory]
    [InlineData(100)]
    [InlineData(700)] // both ways together are longer than anyone waits for a command
    public async Task Slow(int milliseconds) => await AssertHarmlessAsync(
        () => EachAsync(replica => replica.Redis.Delay = TimeSpan.FromMilliseconds(milliseconds)),
        () => EachAsync(replica => replica.Redis.Restore()));

    [Fact]
    public async Task Network_cut() => await AssertHarmlessAsync(
        () => EachAsync(replica => replica.Redis.Cut()),
        () => EachAsync(replica => replica.Redis.Restore()));

    [Fact]
    public async Task Network_frozen() => await AssertHarmlessAsync(
        () => EachAsync(replica => replica.Redis.Freeze()),
        () => EachAsync(replica => replica.Redis.Restore()));

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Away_for_one_replica_only(bool frozen) => await AssertHarmlessAsync(
        () => OneAsync(frozen ? replica => replica.Redis.Freeze() : replica => replica.Redis.Cut()),
        () => OneAsync(replica => replica.Redis.Restore()));

    [Fact]
    public async Task Flushed() => await AssertHarmlessAsync(gateways.Redis.FlushAllAsync, () => Task.CompletedTask);

    [Fact]
    public async Task Out_of_memory() => await AssertHarmlessAsync(gateways.Redis.FillMemoryAsync, gateways.Redis.EmptyMemoryAsync);

    [Fact]
    public async Task Restarted_again_and_again() => await AssertHarmlessAsync(
        async () =>
        {
            for (var i = 0; i < 5; i++)
                await gateways.Redis.RestartAsync();
        },
        () => Task.CompletedTask);

    [Fact]
    public async Task Subscribers_killed_in_a_loop()
    {
        using var stop = new CancellationTokenSource();
        var killing = Task.CompletedTask;

        await AssertHarmlessAsync(
            () =>
            {
                killing = KillSubscribersAsync(stop.Token);
                return Task.CompletedTask;
            },
            async () =>
            {
                await stop.CancelAsync();
                await killing;
            });
    }

    /// <summary>A logout before the fault, one at each replica while it lasts, and one afterwards.</summary>
    private async Task AssertHarmlessAsync(Func<Task> begin, Func<Task> end)
    {
        var (somebody, gone) = (await gateways.KnownAsync(), await gateways.KnownAsync());
        await gone.LogOutAsync(0);
        await gone.UntilOutAsync();
        var traffic = new Traffic(somebody, await gateways.KnownAsync());

        await begin();
        var during = new List<TimeSpan>();
        for (var replica = 0; replica < 3; replica++)
            during.Add(await LogOutAsync(replica));
        await gone.AssertOutAsync();
        await end();
        var recovered = await gateways.UntilRedisIsUsedAsync();
        await gone.AssertOutAsync();
        var after = await LogOutAsync(0);

        var requests = await traffic.AssertUndisturbedAsync();
        Say($"{TestContext.Current.Test?.TestDisplayName}: a logout was heard everywhere after {Milliseconds(during)} ms, Redis was in use again after {Milliseconds([recovered])} ms and a logout heard after {Milliseconds([after])} ms; 0 of {requests} requests failed");
    }

    private async Task<TimeSpan> LogOutAsync(int replica)
    {
        var visitor = await gateways.KnownAsync(replica);
        await visitor.LogOutAsync(replica);
        await (await visitor[replica].GetAsync("/orders/1")).AssertRefusedAsync(401, "token_revoked"); // at once, where it was said
        return await visitor.UntilOutAsync();
    }

    private async Task KillSubscribersAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            await gateways.Redis.KillPubSubClientsAsync();
            await Task.Delay(20, CancellationToken.None);
        }
    }

    private Task EachAsync(Action<TestReplica> act)
    {
        foreach (var replica in gateways.All.All)
            act(replica);
        return Task.CompletedTask;
    }

    private Task OneAsync(Action<TestReplica> act)
    {
        act(gateways.All[1]);
        return Task.CompletedTask;
    }

    private static string Milliseconds(IEnumerable<TimeSpan> times) => string.Join(", ", times.Select(time => $"{time.TotalMilliseconds:0}"));
}
