using System.Collections.Concurrent;

namespace Gateway.IntegrationTests.Support.Rollouts;

/// <summary>What did people see? Counted, and what should not have been in words.</summary>
internal sealed class RolloutReport
{
    private readonly ConcurrentDictionary<string, int> counts = new();
    private readonly ConcurrentQueue<string> failures = new();
    private long slowest;

    /// <summary>Requests of every kind that were answered as they should be, or not.</summary>
    public int Requests => counts.GetValueOrDefault(nameof(Requests));

    public int Refreshes => counts.GetValueOrDefault(nameof(Refreshes));

    public int Logins => counts.GetValueOrDefault(nameof(Logins));

    public int SocketsOpened => counts.GetValueOrDefault(nameof(SocketsOpened));

    /// <summary>Sockets that were told that the gateway is going away (1001).</summary>
    public int SocketsTold => counts.GetValueOrDefault(nameof(SocketsTold));

    public int FailedRequests => counts.GetValueOrDefault(nameof(FailedRequests));

    public int RefusedRefreshes => counts.GetValueOrDefault(nameof(RefusedRefreshes));

    public int LostSessions => counts.GetValueOrDefault(nameof(LostSessions));

    /// <summary>Sockets that ended in any other way, or could not be opened.</summary>
    public int BrokenSockets => counts.GetValueOrDefault(nameof(BrokenSockets));

    public IEnumerable<string> Failures => failures;

    public TimeSpan Slowest => TimeSpan.FromTicks(Volatile.Read(ref slowest));

    public void Count(string what) => counts.AddOrUpdate(what, 1, (_, count) => count + 1);

    public void Fail(string what, string why)
    {
        Count(what);
        failures.Enqueue($"{DateTimeOffset.UtcNow:HH:mm:ss.fff} {what}: {why}");
    }

    public void Took(TimeSpan time)
    {
        for (var seen = Volatile.Read(ref slowest); time.Ticks > seen; seen = Volatile.Read(ref slowest))
        {
            if (Interlocked.CompareExchange(ref slowest, time.Ticks, seen) == seen)
                return;
        }
    }
}
