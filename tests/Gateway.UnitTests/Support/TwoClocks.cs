namespace Gateway.UnitTests.Support;

/// <summary>The wall's clock and the monotonic one, which need not agree.</summary>
internal sealed class TwoClocks : TimeProvider
{
    private DateTimeOffset wall = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private long ticks = 1_000;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => wall;

    public override long GetTimestamp() => ticks;

    public void Pass(TimeSpan onTheWall, TimeSpan monotonic) => (wall, ticks) = (wall + onTheWall, ticks + monotonic.Ticks);
}
