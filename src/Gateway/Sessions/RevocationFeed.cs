using Gateway.Platform.Database;
using Gateway.Tokens;
using Microsoft.EntityFrameworkCore;

namespace Gateway.Sessions;

/// <summary>How does this process hear of what others revoked? From SQL, the truth, every second.</summary>
internal sealed partial class RevocationFeed(
    Store store, IDbContextFactory<GatewayDatabase> databases, Transactions transactions, Revocations revocations, SigningKeys keys,
    SeenSessions seen, Freshness freshness, TimeProvider clock, ILogger<RevocationFeed> logger) : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan SeenInterval = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan HousekeepingInterval = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan KeepEndedSessions = TimeSpan.FromDays(1);
    private const int DeletedAtOnce = 500;      // writers in between must not wait long

    private readonly CancellationTokenSource stopping = new();
    private Task[] loops = [];
    private long position;

    /// <summary>Loads what is revoked; only then may anything be judged.</summary>
    public async Task StartAsync(CancellationToken ct)
    {
        await ReadAsync(ct);
        loops =
        [
            LoopAsync("Reading revocations and keys", Interval, ReadAsync),
            LoopAsync("Noting which sessions are in use", SeenInterval, seen.FlushAsync),
            LoopAsync("Tidying up", HousekeepingInterval, TidyAsync),
        ];
    }

    private async Task ReadAsync(CancellationToken ct)
    {
        if (!store.IsInPlace)
            freshness.Lose();

        var asked = clock.GetTimestamp();
        await using var db = await databases.CreateDbContextAsync(ct);
        var news = await db.Set<Revocation>().AsNoTracking().Where(r => r.Id > position).OrderBy(r => r.Id).ToListAsync(ct);
        if (news.Count > 0)
        {
            revocations.Apply(news);
            position = news[^1].Id;
        }

        await keys.LoadAsync(ct);
        freshness.Heard(asked);
    }

    private async Task TidyAsync(CancellationToken ct)
    {
        revocations.Forget();
        var now = clock.GetUtcNow();
        var (old, settled) = (now - KeepEndedSessions, now - HousekeepingInterval - HousekeepingInterval);
        await using var db = await databases.CreateDbContextAsync(ct);

        // What this process remembers may hit something yet, whatever the wall clock says.
        var expired = await db.Set<Revocation>().AsNoTracking().Where(r => r.ExpiresAt < now).ToListAsync(ct);
        foreach (var forgotten in expired.Where(r => !revocations.Remembers(r)).Select(r => r.Id).Chunk(DeletedAtOnce))
            await transactions.WriteAsync(db, () => db.Set<Revocation>().Where(r => forgotten.Contains(r.Id)).ExecuteDeleteAsync(ct), ct);

        await transactions.WriteAsync(db, async () =>
        {
            await db.Set<Session>().Where(s => s.EndedAt < old || s.ExpiresAt < old || s.IdleExpiresAt < old).ExecuteDeleteAsync(ct);
            await db.Set<Session>().Where(s => s.Salt != null && s.RotatedAt < settled)
                .ExecuteUpdateAsync(s => s.SetProperty(x => x.Salt, (byte[]?)null), ct);
        }, ct);
    }

    private async Task LoopAsync(string name, TimeSpan interval, Func<CancellationToken, Task> work)
    {
        using var timer = new PeriodicTimer(interval, clock);
        var failing = false;
        try
        {
            while (await timer.WaitForNextTickAsync(stopping.Token))
                failing = await FailsAsync(name, work, failing);
        }
        catch (OperationCanceledException)
        {
        }
    }

    /// <summary>Said once when it begins and once when it ends, however long it lasts.</summary>
    private async Task<bool> FailsAsync(string name, Func<CancellationToken, Task> work, bool failedBefore)
    {
        try
        {
            await work(stopping.Token);
            if (failedBefore)
                Recovered(logger, name);
            return false;
        }
        // The next tick tries again; what is too old by then, Freshness refuses.
        catch (Exception e)
        {
            if (!failedBefore && !stopping.IsCancellationRequested)
                Failed(logger, e, name);
            return true;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        await Task.WhenAll(loops);

        // What was used in the last moment spends a predecessor too.
        if (loops.Length > 0)
            await FailsAsync("", _ => seen.FlushAsync(CancellationToken.None), failedBefore: false);
        stopping.Dispose();
    }

    [LoggerMessage(3001, LogLevel.Warning, "{Work} failed; it is tried again, and this is not repeated until it succeeds")]
    private static partial void Failed(ILogger logger, Exception e, string work);

    [LoggerMessage(3002, LogLevel.Information, "{Work} succeeds again")]
    private static partial void Recovered(ILogger logger, string work);
}

/// <summary>Is what this process knows of revocations fresh enough to judge by?</summary>
internal sealed class Freshness(RevocationOptions options, TimeProvider clock)
{
    private long heard = long.MinValue;
    private volatile bool lost;

    /// <param name="timestamp">When the read that succeeded was begun: what came later may be missing from it.</param>
    public void Heard(long timestamp)
    {
        Volatile.Write(ref heard, timestamp);
        lost = false;
    }

    /// <summary>What others revoke is written elsewhere from now on; what is known does not get old first.</summary>
    public void Lose() => lost = true;

    public bool Loaded => Volatile.Read(ref heard) != long.MinValue;

    public TimeSpan Age => Loaded ? clock.GetElapsedTime(Volatile.Read(ref heard)) : TimeSpan.MaxValue;

    /// <summary>Nothing is judged before the first load, whatever the options say.</summary>
    public bool Holds => Loaded && (options.OnStale is OnStale.Allow || (!lost && Age <= options.MaxStaleness));
}
