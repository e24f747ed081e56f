using System.Collections.Concurrent;
using Gateway.Platform;

namespace Gateway.Accounts;

/// <summary>Who does the slow work of a login? Few threads of its own and a bounded queue, so that a flood of logins stays one.</summary>
internal sealed class HashingThreads : IDisposable
{
    private const int LongestRetry = 30;      // seconds
    private const int Nice = 5;      // a quarter of a processor of which requests want all

    private readonly BlockingCollection<Func<Action>> queue;
    private readonly BlockingCollection<Action> done = [];
    private readonly TimeProvider clock;
    private readonly int threads;
    private int working;
    private long refused;
    private double milliseconds = 250;      // that one takes, of late

    public HashingThreads(PasswordOptions options, TimeProvider clock)
    {
        (queue, threads, working, this.clock) = (new(options.QueueLimit), options.Threads, options.Threads, clock);
        new Thread(Tell) { IsBackground = true, Name = "hashed" }.Start();
        for (var i = 0; i < options.Threads; i++)
            new Thread(Work) { IsBackground = true, Name = "hashing", Priority = ThreadPriority.BelowNormal }.Start();
    }

    public int Waiting => queue.Count;

    public int Limit => queue.BoundedCapacity;

    public bool IsFull => Waiting >= Limit;

    /// <summary>False: it counts as refused.</summary>
    public bool HasRoom()
    {
        if (!IsFull)
            return true;

        Interlocked.Increment(ref refused);
        return false;
    }

    /// <summary>By when those who wait now will be done, and up to twice that: who is turned away should not come back all at the same moment.</summary>
    public int RetryAfterSeconds => (int)Math.Clamp(Math.Ceiling(Volatile.Read(ref milliseconds) * Waiting / threads / 1000 * (1 + Random.Shared.NextDouble())), 1, LongestRetry);

    public long Refused => Volatile.Read(ref refused);

    /// <returns>Null: the queue is full, or closed because the gateway leaves; nothing was done.</returns>
    public Task<T>? TryRun<T>(Func<T> work, CancellationToken ct)
    {
        var result = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            if (queue.TryAdd(() => Complete(result, work, ct)))
                return result.Task;
        }
        catch (InvalidOperationException)
        {
            // closed
        }

        Interlocked.Increment(ref refused);
        return null;
    }

    /// <summary>Does it, and says how to tell.</summary>
    private static Action Complete<T>(TaskCompletionSource<T> result, Func<T> work, CancellationToken ct)
    {
        if (ct.IsCancellationRequested)
            return () => result.SetCanceled(ct);

        try
        {
            var value = work();
            return () => result.SetResult(value);
        }
        catch (Exception e)
        {
            return () => result.SetException(e);
        }
    }

    private void Work()
    {
        _ = LinuxThreads.TrySetNiceness(0, Nice);      // where the system forbids it, hashing is as important as the rest
        foreach (var work in queue.GetConsumingEnumerable())
        {
            var started = clock.GetTimestamp();
            done.Add(work());
            Volatile.Write(ref milliseconds, (0.8 * milliseconds) + (0.2 * clock.GetElapsedTime(started).TotalMilliseconds));
        }

        if (Interlocked.Decrement(ref working) == 0)
            done.CompleteAdding();
    }

    // Niceness is inherited: a nice thread that wakes the pool might make one more of its threads, and that would be as nice for ever.
    private void Tell()
    {
        foreach (var tell in done.GetConsumingEnumerable())
            tell();
    }

    public void Dispose() => queue.CompleteAdding();
}
