namespace Gateway.Sessions;

/// <summary>How soon is who proves nothing told so? At once; but of a flood of them each waits, and whoever can prove who they are has the machine.</summary>
/// <remarks>Nobody is refused for another's sake, since an address may be that of many. Who waits holds neither a thread nor a place among the verifications.</remarks>
internal sealed class Reluctance(TimeProvider clock)
{
    /// <summary>In a second.</summary>
    public const int AtOnce = 20;

    private static readonly TimeSpan Wait = TimeSpan.FromMilliseconds(500);

    private long second;
    private int told;

    public Task WaitAsync(CancellationToken ct)
    {
        var now = clock.GetTimestamp() / clock.TimestampFrequency;
        if (Interlocked.Exchange(ref second, now) != now)
            Volatile.Write(ref told, 0);
        return Interlocked.Increment(ref told) > AtOnce ? Task.Delay(Wait, ct) : Task.CompletedTask;
    }
}
