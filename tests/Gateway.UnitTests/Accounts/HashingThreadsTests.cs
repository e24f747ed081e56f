using Gateway.Accounts;

namespace Gateway.UnitTests.Accounts;

public sealed class HashingThreadsTests
{
    [Fact]
    public async Task What_waits_when_the_gateway_leaves_is_still_done_and_nothing_more_is_taken()
    {
        var ct = TestContext.Current.CancellationToken;
        using var entered = new ManualResetEventSlim();
        using var leave = new ManualResetEventSlim();
        var threads = new HashingThreads(new() { Threads = 1, QueueLimit = 2 }, TimeProvider.System);
        var running = threads.TryRun(() => { entered.Set(); leave.Wait(ct); return 1; }, ct);
        entered.Wait(ct);
        var waiting = threads.TryRun(() => 2, ct);

        threads.Dispose();
        var late = threads.TryRun(() => 3, ct);
        leave.Set();

        Assert.Null(late);
        Assert.Equal(1, await running!);
        Assert.Equal(2, await waiting!);
    }
}
