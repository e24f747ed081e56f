using System.Collections.Concurrent;
using Gateway.Platform.Database;
using Microsoft.EntityFrameworkCore;

namespace Gateway.Sessions;

/// <summary>Which sessions were used? Noted on a miss, and now and then on a hit; written together a moment later, off the request's path.</summary>
internal sealed class SeenSessions(IDbContextFactory<GatewayDatabase> databases, Transactions transactions, SessionOptions options, TimeProvider clock)
{
    private readonly ConcurrentDictionary<string, Use> noted = new(StringComparer.Ordinal);

    private const int WrittenAtOnce = 200;      // writers in between must not wait long

    private sealed record Use(int Generation, DateTimeOffset At);

    /// <param name="sessionId">The <c>sid</c>.</param>
    /// <param name="generation">The <c>gen</c> of the access token: once it was used, its refresh token's predecessor is spent.</param>
    public void Note(string sessionId, int generation)
    {
        var now = clock.GetUtcNow();
        noted.AddOrUpdate(sessionId, new Use(generation, now), (_, old) => new(Math.Max(old.Generation, generation), now));
    }

    public async Task FlushAsync(CancellationToken ct)
    {
        if (noted.IsEmpty)
            return;

        await using var db = await databases.CreateDbContextAsync(ct);
        foreach (var batch in noted.ToArray().Chunk(WrittenAtOnce))
            await WriteAsync(db, batch, ct);
    }

    private async Task WriteAsync(GatewayDatabase db, KeyValuePair<string, Use>[] batch, CancellationToken ct)
    {
        await transactions.WriteAsync(db, async () =>
        {
            foreach (var (id, use) in batch.OrderBy(note => note.Key, StringComparer.Ordinal))      // in one order: replicas that note the same sessions wait for each other, not in a circle
                await WriteAsync(db, id, use, ct);
        }, ct);

        // Only now: what could not be written is tried again.
        foreach (var note in batch)
            noted.TryRemove(note);
    }

    // What counts is when it was used, not when that is written: a session that had idled out by then stays ended, one that had not lives on.
    private async Task WriteAsync(GatewayDatabase db, string id, Use use, CancellationToken ct)
    {
        var (generation, at) = use;
        var idle = at + options.IdleLifetime;
        await db.Set<Session>().Where(s => s.Id == id && s.EndedAt == null && s.IdleExpiresAt > at && s.ExpiresAt > at).ExecuteUpdateAsync(s => s
            .SetProperty(x => x.LastSeenAt, x => x.LastSeenAt > at ? x.LastSeenAt : at)
            .SetProperty(x => x.IdleExpiresAt, x => x.LastSeenAt > at ? x.IdleExpiresAt : idle)
            .SetProperty(x => x.GenerationSeen, x => x.GenerationSeen || x.Generation == generation), ct);
    }
}
