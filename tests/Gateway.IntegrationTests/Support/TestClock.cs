using Microsoft.Extensions.Time.Testing;

namespace Gateway.IntegrationTests.Support;

/// <summary>Time that passes when a test says so, in steps that let the gateway's own timers finish what they began.</summary>
public sealed class TestClock() : FakeTimeProvider(DateTimeOffset.UtcNow)
{
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Breath = TimeSpan.FromMilliseconds(20);

    /// <summary>How wrong the wall's clock is. The monotonic one knows nothing of it, whereas AdjustTime would move both.</summary>
    public TimeSpan WallError { get; set; }

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + WallError;

    public override long GetTimestamp() => base.GetUtcNow().Ticks;

    /// <summary>Waits until what the passing time set off is done; the gateway on this clock knows.</summary>
    public Func<Task> Settle { get; set; } = () => Task.CompletedTask;

    public async Task AdvanceAsync(TimeSpan time)
    {
        // A long stretch goes by in one leap; its last seconds, which the pollers need to catch up, in steps.
        var steps = Math.Min((int)time.TotalSeconds, 5);
        Advance(time - steps * Step);
        for (var i = 0; i < steps; i++)
        {
            Advance(Step);
            await Task.Delay(Breath);
            await Settle();
        }
    }
}
