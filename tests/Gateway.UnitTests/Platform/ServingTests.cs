using System.Diagnostics;
using Gateway.Platform;
using Microsoft.AspNetCore.Connections;

namespace Gateway.UnitTests.Platform;

public sealed class ServingTests
{
    [Fact]
    public async Task Start_goes_on_when_nobody_is_connected() =>
        await new Serving(TimeProvider.System).AnswerFirstAsync().WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);

    [Fact]
    public async Task Start_waits_for_who_is_connected_and_not_for_ever()
    {
        var (serving, leaves, begun) = (new Serving(TimeProvider.System), new TaskCompletionSource(), Stopwatch.GetTimestamp());
        var connection = serving.Count(_ => leaves.Task)(new DefaultConnectionContext());

        await serving.AnswerFirstAsync().WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);

        Assert.True(Stopwatch.GetElapsedTime(begun) > TimeSpan.FromMilliseconds(200));
        leaves.SetResult();
        await connection;
    }
}
