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

    private async Task BegunAsync(int count)
    {
        while (runs.Count < count)
            await Task.Yield();
    }
}
