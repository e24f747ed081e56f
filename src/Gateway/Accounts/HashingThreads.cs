using System.Collections.Concurrent;

namespace Gateway.Accounts;

/// <summary>Who does the slow work of a login? Few threads of its own and a bounded queue, so that a flood of logins stays one.</summary>
internal sealed class HashingThreads : IDisposable
{
    private readonly BlockingCollection<Action> queue;
    private long refused;

    public HashingThreads(PasswordOptions options)
    {
        queue = new(options.QueueLimit);
        for (var i = 0; i < options.Threads; i++)
            new Thread(Work) { IsBackground = true, Name = "hashing", Priority = ThreadPriority.BelowNormal }.Start();
    }

    public int Waiting => queue.Count;

    public int Limit => queue.BoundedCapacity;

    public bool IsFull => Waiting >= Limit;

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

    private static void Complete<T>(TaskCompletionSource<T> result, Func<T> work, CancellationToken ct)
    {
        if (ct.IsCancellationRequested)
        {
            result.SetCanceled(ct);
            return;
        }

        try
        {
            result.SetResult(work());
        }
        catch (Exception e)
        {
            result.SetException(e);
        }
    }

    private void Work()
    {
        foreach (var work in queue.GetConsumingEnumerable())
            work();
    }

    public void Dispose() => queue.CompleteAdding();
}
