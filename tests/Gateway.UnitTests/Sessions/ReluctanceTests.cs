using Gateway.Sessions;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.UnitTests.Sessions;

public sealed class ReluctanceTests
{
    [Fact]
    public async Task Few_are_told_at_once_and_of_a_flood_each_waits_until_the_next_second()
    {
        var clock = new FakeTimeProvider();
        var reluctance = new Reluctance(clock);

        var atOnce = Enumerable.Range(0, Reluctance.AtOnce).Select(_ => reluctance.WaitAsync(TestContext.Current.CancellationToken)).ToArray();
        var beyond = reluctance.WaitAsync(TestContext.Current.CancellationToken);
        var isHeldUp = !beyond.IsCompleted;
        clock.Advance(TimeSpan.FromSeconds(1));
        var later = reluctance.WaitAsync(TestContext.Current.CancellationToken);

        Assert.All(atOnce, told => Assert.True(told.IsCompletedSuccessfully));
        Assert.True(isHeldUp);
        Assert.True(later.IsCompletedSuccessfully);
        await beyond;
    }

    [Fact]
    public async Task Who_leaves_waits_no_longer()
    {
        var reluctance = new Reluctance(new FakeTimeProvider());
        using var leaving = new CancellationTokenSource();
        for (var i = 0; i < Reluctance.AtOnce; i++)
            await reluctance.WaitAsync(TestContext.Current.CancellationToken);

        var waiting = reluctance.WaitAsync(leaving.Token);
        await leaving.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }
}
