using Gateway.Platform;
using Microsoft.AspNetCore.Connections;

namespace Gateway.UnitTests.Platform;

/// <summary>A start goes on to what nobody waits for when those have their answer who have waited for the listener, and soon in any case.</summary>
public sealed class ServingTests
{
    private readonly Serving serving = new(TimeProvider.System);

    [Fact]
    public async Task Goes_on_where_nobody_is_connected() => Assert.Equal(1, await LooksAsync(leavesAt: 0));

    [Theory]
    [InlineData(3, 3)]
    [InlineData(100, 4)]
    public async Task Waits_for_who_is_connected_and_not_for_ever(int leavesAt, int looks) => Assert.Equal(looks, await LooksAsync(leavesAt));

    /// <param name="leavesAt">At which look the only client leaves; 0: nobody came.</param>
    private async Task<int> LooksAsync(int leavesAt)
    {
        var (looks, leaves) = (0, new TaskCompletionSource());
        if (leavesAt > 0)
            _ = serving.Count(_ => leaves.Task)(new DefaultConnectionContext());

        await serving.AnswerFirstAsync(_ =>
        {
            if (++looks == leavesAt)
                leaves.SetResult();
            return Task.CompletedTask;
        });
        return looks;
    }
}
