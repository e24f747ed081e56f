using Gateway.Platform.Database;
using Microsoft.EntityFrameworkCore;

namespace Gateway.Sessions;

/// <summary>What is written off the request's path: which sessions are in use, and what nobody needs any more.</summary>
internal sealed class Housekeeping(
    Store store, IDbContextFactory<GatewayDatabase> databases, Transactions transactions, Revocations revocations, SeenSessions seen, Loops loops, TimeProvider clock) : IAsyncDisposable
{
    private static readonly TimeSpan SeenInterval = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan TidyInterval = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan KeepEndedSessions = TimeSpan.FromDays(1);
    private const int DeletedAtOnce = 500;      // writers in between must not wait long

    private DateTimeOffset begun = clock.GetUtcNow();
    private long begunAt = clock.GetTimestamp();
    private long? aheadSince;

    public void Start()
    {
        loops.Start("Noting which sessions are in use", SeenInterval, seen.FlushAsync);
        loops.Start("Tidying up", TidyInterval, TidyAsync);
    }

    private async Task TidyAsync(CancellationToken ct)
    {
        revocations.Forget();
        var now = await NowAsync(ct);
        var (old, settled) = (now - KeepEndedSessions, now - TidyInterval - TidyInterval);
        await using var db = await databases.CreateDbContextAsync(ct);

        // What this process remembers may hit something yet, whatever the wall clock says.
        var expired = await db.Set<Revocation>().AsNoTracking().Where(r => r.ExpiresAt < now).ToListAsync(ct);
        foreach (var forgotten in expired.Where(r => !revocations.Remembers(r)).Select(r => r.Id).Chunk(DeletedAtOnce))
            await transactions.WriteAsync(db, () => db.Set<Revocation>().Where(r => forgotten.Contains(r.Id)).ExecuteDeleteAsync(ct), ct);

        await transactions.WriteAsync(db, () => db.Set<Session>().Where(s => s.Salt != null && s.RotatedAt < settled)
            .ExecuteUpdateAsync(s => s.SetProperty(x => x.Salt, (byte[]?)null), ct), ct);

        var ended = db.Set<Session>().Where(s => s.EndedAt < old || s.ExpiresAt < old || s.IdleExpiresAt < old);
        foreach (var gone in (await ended.Select(s => s.Id).ToListAsync(ct)).Chunk(DeletedAtOnce))
            await transactions.WriteAsync(db, () => ended.Where(s => gone.Contains(s.Id)).ExecuteDeleteAsync(ct), ct);
    }

    /// <summary>By the clock that says least: what one that runs ahead throws away is gone for everybody.</summary>
    private async Task<DateTimeOffset> NowAsync(CancellationToken ct)
    {
        var (wall, timestamp) = (clock.GetUtcNow(), clock.GetTimestamp());
        var steady = begun + clock.GetElapsedTime(begunAt, timestamp);

        // The wall clock was set forward since. After a day of that it is the one that is right.
        aheadSince = wall - steady < TidyInterval ? null : aheadSince ?? timestamp;
        if (aheadSince is { } since && clock.GetElapsedTime(since, timestamp) > KeepEndedSessions)
            (begun, begunAt, steady) = (wall, timestamp, wall);

        var now = wall < steady ? wall : steady;
        if (!store.IsShared)
            return now;

        await using var connection = await store.OpenAsync(ct);
        var (_, ofStore) = await store.DrawAsync(connection, ct);
        return DateTimeOffset.FromUnixTimeMilliseconds(Math.Min(now.ToUnixTimeMilliseconds(), ofStore));
    }

    public async ValueTask DisposeAsync()
    {
        await loops.DisposeAsync();

        // What was used in the last moment spends a predecessor too.
        try
        {
            await seen.FlushAsync(CancellationToken.None);
        }
        catch (Exception)
        {
            // The store is away, and so is soon this process: what was not noted, nobody can note any more.
        }
    }
}
