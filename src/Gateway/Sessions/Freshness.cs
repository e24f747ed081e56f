namespace Gateway.Sessions;

/// <summary>Is what this process knows of revocations fresh enough to judge by?</summary>
/// <remarks>
/// Two things make it old: no news for too long, and a pause in which the process was not there to hear any (it was stopped, its
/// machine slept, its clock was set). A thread of its own stamps the time; whoever finds the stamp too old, or the two clocks in
/// disagreement, waits for one reading that begins after the pause.
/// </remarks>
internal sealed class Freshness(RevocationOptions options, TimeProvider clock) : IDisposable
{
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(50), Pause = TimeSpan.FromMilliseconds(200), CatchUpPatience = TimeSpan.FromSeconds(1);

    private readonly Lock stamping = new();
    private readonly ManualResetEvent stopping = new(false);
    private long stamp, wallStamp;
    private int pauses, caughtUp;
    private long heard = long.MinValue, wallHeard;
    private volatile bool lost;

    /// <summary>Reads everything there is to read; ends when that is done, or has failed.</summary>
    public Func<Task> CatchUp { get; set; } = () => Task.CompletedTask;

    public bool Loaded => Volatile.Read(ref heard) != long.MinValue;

    public TimeSpan Age => Loaded ? clock.GetElapsedTime(Volatile.Read(ref heard)) : TimeSpan.MaxValue;

    /// <summary>Too old by the rule for everybody, whatever the operator prefers then.</summary>
    public bool IsStale => !IsYoung(options.MaxStaleness, clock.GetTimestamp());

    /// <summary>By the rule for everybody: for who asks about the process as a whole.</summary>
    public bool Holds => !IsStale || (Loaded && options.OnStale is OnStale.Allow);

    /// <summary>From now on pauses are noticed.</summary>
    public void Start()
    {
        (stamp, wallStamp) = (clock.GetTimestamp(), clock.GetUtcNow().UtcTicks);
        new Thread(Work) { IsBackground = true, Name = "freshness", Priority = ThreadPriority.AboveNormal }.Start();
    }

    /// <summary>A reading that is about to begin: what comes later may be missing from it, and what was missed in later pauses.</summary>
    public Reading Begin() => new(clock.GetTimestamp(), clock.GetUtcNow().UtcTicks, Volatile.Read(ref pauses));

    /// <summary>It succeeded. Two sources are read side by side; the reading that began later counts.</summary>
    /// <param name="reading">As <see cref="Begin"/> gave it.</param>
    /// <param name="catchesUp">Nothing that was missed in a pause can be missing from it.</param>
    public void Heard(Reading reading, bool catchesUp)
    {
        if (lost)
            return;      // what others revoke is told elsewhere

        lock (stamping)
        {
            if (reading.Begun >= heard)
            {
                Volatile.Write(ref wallHeard, reading.Wall);
                Volatile.Write(ref heard, reading.Begun);
            }

            if (catchesUp)
                Volatile.Write(ref caughtUp, Math.Max(caughtUp, reading.Pauses));
        }
    }

    internal readonly record struct Reading(long Begun, long Wall, int Pauses);

    /// <summary>What others revoke is written elsewhere from now on, and what is known does not get old first; until this is found again.</summary>
    public void Lose() => lost = true;

    public void Find() => lost = false;

    /// <summary>For who was let in already, and is given as long again: an outage that is soon over ends nobody's connection.</summary>
    public bool Keeps(TimeSpan? maxStaleness, OnStale? onStale) =>
        Age <= 2 * (maxStaleness ?? options.MaxStaleness) || (Loaded && (onStale ?? options.OnStale) is OnStale.Allow);

    /// <summary>Nothing stands in the way of judging at once: there was news lately, and no pause since.</summary>
    /// <param name="maxStaleness">Null: as for everybody.</param>
    /// <param name="now">The wall clock, which the caller has read already.</param>
    public bool HoldsNow(TimeSpan? maxStaleness, DateTimeOffset now) =>
        clock.GetTimestamp() is var timestamp && IsAwake(timestamp, now.UtcTicks) && IsFresh(maxStaleness ?? options.MaxStaleness, timestamp);

    /// <summary>The same, but after a pause it waits for what was missed.</summary>
    /// <remarks>Not for ever: then it is judged by the age of the news, as without a pause, by the clock that says more; one may have stood still.</remarks>
    /// <returns>False: nobody may be judged by this. Before the first load, whatever the options say.</returns>
    public async ValueTask<bool> HoldsAsync(TimeSpan? maxStaleness, OnStale? onStale, CancellationToken ct)
    {
        if (!IsAwake(clock.GetTimestamp(), clock.GetUtcNow().UtcTicks))
            Tick();
        if (HasMissed)
            await CatchUp().WaitAsync(CatchUpPatience, clock, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

        ct.ThrowIfCancellationRequested();
        var max = maxStaleness ?? options.MaxStaleness;
        return (IsYoung(max, clock.GetTimestamp()) && (!HasMissed || clock.GetUtcNow().UtcTicks - Volatile.Read(ref wallHeard) <= max.Ticks))
            || (Loaded && (onStale ?? options.OnStale) is OnStale.Allow);
    }

    private bool IsFresh(TimeSpan maxStaleness, long timestamp) => !HasMissed && IsYoung(maxStaleness, timestamp);

    private bool IsYoung(TimeSpan maxStaleness, long timestamp) =>
        Loaded && !lost && clock.GetElapsedTime(Volatile.Read(ref heard), timestamp) <= maxStaleness;

    // Read after the stamp, and written before it: who sees a young stamp sees the pause before it, too.
    private bool HasMissed => Volatile.Read(ref pauses) != Volatile.Read(ref caughtUp);

    private bool IsAwake(long timestamp, long wall)
    {
        var (last, lastWall) = (Volatile.Read(ref stamp), Volatile.Read(ref wallStamp));
        var passed = clock.GetElapsedTime(last, timestamp);
        return last == 0 || (passed <= Pause && (TimeSpan.FromTicks(wall - lastWall) - passed).Duration() <= Pause);
    }

    /// <summary>Stamps the time, and notices a pause before it.</summary>
    public void Tick()
    {
        lock (stamping)
        {
            var (timestamp, wall) = (clock.GetTimestamp(), clock.GetUtcNow().UtcTicks);
            if (!IsAwake(timestamp, wall))
                Volatile.Write(ref pauses, pauses + 1);

            Volatile.Write(ref wallStamp, wall);
            Volatile.Write(ref stamp, timestamp);
        }
    }

    private void Work()
    {
        while (!stopping.WaitOne(Beat))
            Tick();
    }

    public void Dispose() => stopping.Set();
}
