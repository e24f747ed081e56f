using System.Collections.Concurrent;
using Gateway.Platform.Database;
using Microsoft.EntityFrameworkCore;

namespace Gateway.Sessions;

/// <summary>Which sessions were used? Noted on a miss, written together a moment later, off the request's path.</summary>
internal sealed class SeenSessions(IDbContextFactory<GatewayDatabase> databases, Transactions transactions, SessionOptions options, TimeProvider clock)
{
    private readonly ConcurrentDictionary<string, int> noted = new(StringComparer.Ordinal);

    /// <param name="sessionId">The <c>sid</c>.</param>
    /// <param name="generation">The <c>gen</c> of the access token: once it was used, its refresh token's predecessor is spent.</param>
    public void Note(string sessionId, int generation) =>
        noted.AddOrUpdate(sessionId, generation, (_, old) => Math.Max(old, generation));

    public async Task FlushAsync(CancellationToken ct)
    {
        if (noted.IsEmpty)
            return;

        var now = clock.GetUtcNow();
        var batch = noted.ToArray();
        await using var db = await databases.CreateDbContextAsync(ct);
        await transactions.WriteAsync(db, async () =>
        {
            foreach (var (id, generation) in batch)
            {
                await db.Set<Session>().Where(s => s.Id == id && s.EndedAt == null && s.IdleExpiresAt > now && s.ExpiresAt > now).ExecuteUpdateAsync(s => s
                    .SetProperty(x => x.LastSeenAt, now)
                    .SetProperty(x => x.IdleExpiresAt, now + options.IdleLifetime)
                    .SetProperty(x => x.GenerationSeen, x => x.GenerationSeen || x.Generation == generation), ct);
            }
        }, ct);

        // Only now: what could not be written is tried again.
        foreach (var note in batch)
            noted.TryRemove(note);
    }
}
