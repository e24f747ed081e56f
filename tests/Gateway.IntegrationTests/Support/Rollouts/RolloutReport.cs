using System.Collections.Concurrent;

namespace Gateway.IntegrationTests.Support.Rollouts;

/// <summary>What did people see? Counted, and what should not have been in words.</summary>
internal sealed class RolloutReport
{
    private readonly ConcurrentDictionary<string, int> counts = new();
    private readonly ConcurrentQueue<string> failures = new();
    private readonly Lock comparing = new();

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

    /// <summary>Of what costs no password hash: those wait for each other.</summary>
    public (TimeSpan Took, string Line) Slowest { get; private set; }

    /// <summary>From SIGTERM to the end of the process.</summary>
    public TimeSpan SlowestLeave { get; private set; }

    public void Count(string what) => counts.AddOrUpdate(what, 1, (_, count) => count + 1);

    public void Fail(string what, string why)
    {
        Count(what);
        failures.Enqueue($"{DateTimeOffset.UtcNow:HH:mm:ss.fff} {what}: {why}");
    }

    public void Took(string line, TimeSpan time)
    {
        if (line.EndsWith("/login", StringComparison.Ordinal) || line.EndsWith("/signup", StringComparison.Ordinal))
            return;
        lock (comparing)
            Slowest = time > Slowest.Took ? (time, line) : Slowest;
    }

    public void Left(TimeSpan time) => SlowestLeave = time > SlowestLeave ? time : SlowestLeave;
}
