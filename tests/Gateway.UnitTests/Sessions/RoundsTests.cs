using Gateway.Sessions;

namespace Gateway.UnitTests.Sessions;

public sealed class RoundsTests
{
    private readonly List<TaskCompletionSource> runs = [];
    private readonly Rounds rounds;

    public RoundsTests() => rounds = new(() =>
    {
        lock (runs)
            runs.Add(new(TaskCreationOptions.RunContinuationsAsynchronously));
        return runs[^1].Task;
    });

    [Fact]
    public async Task Whoever_asks_while_one_is_under_way_shares_the_next_one()
    {
        var first = rounds.NextAsync();
        await BegunAsync(1);
        var (second, third) = (rounds.NextAsync(), rounds.NextAsync());

        runs[0].SetResult();
        await first;
        await BegunAsync(2);
        Assert.False(second.IsCompleted);
        runs[1].SetResult();
        await Task.WhenAll(second, third);

        Assert.Equal(2, runs.Count);
    }

    [Fact]
    public async Task One_that_fails_is_the_trouble_of_those_who_asked_for_it_alone()
    {
        var first = rounds.NextAsync();
        await BegunAsync(1);
        var second = rounds.NextAsync();

        runs[0].SetException(new IOException());

        await Assert.ThrowsAsync<IOException>(() => first);
        await BegunAsync(2);
        runs[1].SetResult();
        await second;
    }

    [Fact]
    public async Task However_many_ask_at_once_one_runs_at_a_time_and_each_gets_one_that_began_after_asking()
    {
        var (running, most, begun) = (0, 0, 0);
        var busy = new Rounds(async () =>
        {
            most = Math.Max(most, Interlocked.Increment(ref running));
            Interlocked.Increment(ref begun);
            await Task.Yield();
            Interlocked.Decrement(ref running);
        });

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            for (var i = 0; i < 5_000; i++)
            {
                var before = Volatile.Read(ref begun);
                await busy.NextAsync();
                Assert.True(Volatile.Read(ref begun) > before);
            }
        })));

        Assert.Equal(1, most);
    }

    private async Task BegunAsync(int count)
    {
        while (runs.Count < count)
            await Task.Yield();
    }
}
