using Gateway.Platform.Database;
using Gateway.Platform.Redis;
using Microsoft.EntityFrameworkCore;

namespace Gateway.Sessions;

/// <summary>Who else serves this database, and has everybody applied what was revoked?</summary>
/// <remarks>
/// Each replica says how far it has come, to Redis with every reading and to the database every second. One that has not been heard
/// of for as long as it may go on without news lets nobody pass by itself. How far: a place in the stream; in the database a number
/// from a counter that all share, drawn before reading, so that whoever drew a higher one than a later asker has read what the asker committed.
/// </remarks>
internal sealed class Replicas(
    Store store, IDbContextFactory<GatewayDatabase> databases, RedisLink redis, RevocationStream stream, ReplicaRules rules, TimeProvider clock)
{
    private static readonly TimeSpan ShortPause = TimeSpan.FromMilliseconds(2), DatabasePause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan KeepGone = TimeSpan.FromDays(1);

    private bool joined;

    /// <summary>Made at the start; says nothing.</summary>
    public string Id { get; } = Guid.NewGuid().ToString("N");

    public TimeSpan LiveFor => rules.LiveFor;

    /// <param name="IsComplete">Every live one has it.</param>
    /// <param name="Count">How many have it.</param>
    /// <param name="Live">How many there are; null: nobody can tell.</param>
    internal readonly record struct Outcome(bool IsComplete, int Count, int? Live, TimeSpan Took);

    public async Task JoinAsync(CancellationToken ct)
    {
        joined = store.IsShared;
        if (!joined)
            return;

        await using var db = await databases.CreateDbContextAsync(ct);
        await SayAsync(db, (0, (await store.DrawAsync(db, ct)).Now));
    }

    /// <summary>Before a reading.</summary>
    public async Task<(long Number, long Now)> DrawAsync(GatewayDatabase db) => joined ? await store.DrawAsync(db, CancellationToken.None) : default;

    /// <summary>After it: what was committed before that number was drawn is applied here.</summary>
    public async Task SayAsync(GatewayDatabase db, (long Number, long Now) drawn)
    {
        if (!joined)
            return;

        var known = await db.Set<Replica>().Where(r => r.Id == Id)
            .ExecuteUpdateAsync(r => r.SetProperty(x => x.Position, drawn.Number).SetProperty(x => x.SeenAt, drawn.Now));
        if (known > 0)
            return;

        var gone = drawn.Now - (long)KeepGone.TotalMilliseconds;
        await db.Set<Replica>().Where(r => r.SeenAt < gone).ExecuteDeleteAsync();
        db.Add(new Replica { Id = Id, Position = drawn.Number, SeenAt = drawn.Now, LiveFor = (long)LiveFor.TotalMilliseconds });
        await db.SaveChangesAsync();
        db.ChangeTracker.Clear();
    }

    /// <summary>It serves no longer, so nobody need wait for it.</summary>
    public async Task LeaveAsync()
    {
        try
        {
            if (joined)
            {
                await using var db = await databases.CreateDbContextAsync();
                await db.Set<Replica>().Where(r => r.Id == Id).ExecuteDeleteAsync();
            }

            if (redis.IsConnected && redis.IsWell)
                await stream.LeaveAsync(Id);
        }
        catch (Exception)
        {
            // Its word gets old by itself.
        }
    }

    /// <summary>Waits until every live replica has applied what was committed before this was called.</summary>
    /// <param name="announced">Where it stands in the stream; null: only the database has it.</param>
    /// <param name="patience">Then it says how many.</param>
    /// <param name="ct">Gives up.</param>
    public async Task<Outcome> WaitAsync(StreamPlace? announced, TimeSpan patience, CancellationToken ct)
    {
        var asked = clock.GetTimestamp();
        if (!store.IsShared)
            return new(true, 1, 1, clock.GetElapsedTime(asked));

        long? needed = null;
        Dictionary<string, bool>? inDatabase = null;
        var (databaseRead, pause) = (long.MinValue, ShortPause);
        while (true)
        {
            try
            {
                if (databaseRead == long.MinValue || clock.GetElapsedTime(databaseRead) >= DatabasePause)
                {
                    await using var db = await databases.CreateDbContextAsync(ct);
                    var (number, now) = await store.DrawAsync(db, ct);
                    needed ??= number;
                    inDatabase = await db.Set<Replica>().AsNoTracking().Where(r => r.SeenAt + r.LiveFor >= now).ToDictionaryAsync(r => r.Id, r => r.Position > needed, ct);
                    databaseRead = clock.GetTimestamp();
                }
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                inDatabase = null;
            }

            var live = await LiveAsync(inDatabase, announced);
            var count = live.Values.Count(applied => applied);
            var known = inDatabase is not null;
            if (known && count == live.Count)
                return new(true, count, count, clock.GetElapsedTime(asked));
            if (clock.GetElapsedTime(asked) >= patience)
                return new(false, count, known ? live.Count : null, clock.GetElapsedTime(asked));

            await Task.Delay(pause, clock, ct);
            pause = pause * 2 < DatabasePause ? pause * 2 : DatabasePause;
        }
    }

    private async Task<Dictionary<string, bool>> LiveAsync(Dictionary<string, bool>? inDatabase, StreamPlace? announced)
    {
        var live = new Dictionary<string, bool>(inDatabase ?? []);
        if (announced is { } position && redis.IsWell)
        {
            try
            {
                foreach (var (id, (applied, isLive)) in await stream.ReplicasAsync())
                {
                    if (isLive || live.ContainsKey(id))
                        live[id] = live.GetValueOrDefault(id) || applied.Includes(position);
                }
            }
            catch (Exception e) when (RedisLink.IsTrouble(e))
            {
            }
        }

        live[Id] = true;
        return live;
    }
}

/// <summary>How long a replica may judge by what it knew: the longest that any policy allows, which Routes knows.</summary>
internal sealed record ReplicaRules(TimeSpan LiveFor);
