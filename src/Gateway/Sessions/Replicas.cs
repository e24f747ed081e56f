using System.Data.Common;
using Gateway.Platform.Database;
using Gateway.Platform.Redis;

namespace Gateway.Sessions;

/// <summary>Who else serves this database, and has everybody applied what was revoked?</summary>
/// <remarks>
/// Each replica says how far it has come, to Redis with every reading and to the database every second. One that has not been heard
/// of for as long as it may go on without news lets nobody pass by itself. How far: a place in the stream; in the database a number
/// from a counter that all share, drawn before reading, so that whoever drew a higher one than a later asker has read what the asker committed.
/// </remarks>
internal sealed class Replicas(
    Store store, RedisLink redis, RevocationStream stream, Freshness freshness, ReplicaRules rules, TimeProvider clock)
{
    private static readonly TimeSpan ShortPause = TimeSpan.FromMilliseconds(2), DatabasePause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan StorePatience = TimeSpan.FromSeconds(1);      // beyond the caller's: one answer of the store is worth waiting for
    private static readonly TimeSpan KeepGone = TimeSpan.FromDays(1);

    private const int MostWaiting = 100;

    private bool joined;
    private int waiting;
    private volatile int inDatabase = 1;
    private volatile IReadOnlyCollection<string>? lastInRedis;      // null: the list there has never been read

    /// <summary>Made at the start; says nothing.</summary>
    public string Id { get; } = Guid.NewGuid().ToString("N");

    public TimeSpan LiveFor => rules.LiveFor();

    /// <summary>How many there are, this one included, as it last saw: in Redis; without it in the database.</summary>
    public int Known => (HasRedis ? lastInRedis?.Count : null) ?? inDatabase;

    private bool HasRedis => redis.IsConfigured && redis.IsWell;

    /// <param name="IsComplete">Every live one has it.</param>
    /// <param name="Count">How many have it.</param>
    /// <param name="Live">How many there are; null: nobody can tell.</param>
    internal readonly record struct Outcome(bool IsComplete, int Count, int? Live, TimeSpan Took);

    public async Task JoinAsync(CancellationToken ct)
    {
        joined = store.IsShared;
        if (!joined)
            return;

        await using var connection = await store.OpenAsync(ct);
        await SayAsync(connection, await store.DrawAsync(connection, ct) with { Number = 0 });
    }

    /// <summary>Before a reading.</summary>
    public Task<Drawn> DrawAsync(DbConnection connection) =>
        joined ? store.DrawAsync(connection, CancellationToken.None) : Task.FromResult(new Drawn(0, 0));

    /// <summary>After it: what was committed before that number was drawn is applied here.</summary>
    public async Task SayAsync(DbConnection connection, Drawn drawn)
    {
        if (!joined)
            return;

        var mine = new Replica { Id = Id, Position = drawn.Number, SeenAt = drawn.Now, LiveFor = (long)LiveFor.TotalMilliseconds };      // for how long may have changed
        var known = await mine.UpdateAsync(connection);
        if (!HasRedis)
            inDatabase = (await Replica.AllAsync(connection, CancellationToken.None)).Count(replica => replica.IsLive(drawn.Now));
        if (known)
            return;

        await Replica.ForgetAsync(connection, seenBefore: drawn.Now - (long)KeepGone.TotalMilliseconds);
        await mine.AddAsync(connection);
    }

    /// <summary>Remembers who is in Redis, for when it is away.</summary>
    public async Task LookAsync() => await AddThoseInRedisAsync([], [], null, CancellationToken.None);

    /// <summary>It serves no longer, so nobody need wait for it.</summary>
    public async Task LeaveAsync()
    {
        try
        {
            if (joined)
            {
                await using var connection = await store.OpenAsync(CancellationToken.None);
                await Replica.RemoveAsync(connection, Id);
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
    /// <param name="mine">True: it was committed here, and so is applied here.</param>
    /// <param name="announced">Where it stands in the stream; null: only the database has it.</param>
    /// <param name="patience">Then it says how many.</param>
    /// <param name="ct">Gives up.</param>
    public async Task<Outcome> WaitAsync(bool mine, StreamPlace? announced, TimeSpan patience, CancellationToken ct)
    {
        var asked = clock.GetTimestamp();
        using var timeout = new CancellationTokenSource(patience + StorePatience, clock);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct, timeout.Token);
        try
        {
            // Each asks again and again: a crowd of them must not keep the database from its work.
            if (Interlocked.Increment(ref waiting) > MostWaiting)
                return Nobody();
            if (!mine)
                await freshness.CatchUp().WaitAsync(limit.Token);
            return store.IsShared ? await AskAsync(mine, announced, asked, patience, limit.Token) : new(true, 1, 1, clock.GetElapsedTime(asked));
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return Nobody();
        }
        finally
        {
            Interlocked.Decrement(ref waiting);
        }

        Outcome Nobody() => new(false, mine ? 1 : 0, null, clock.GetElapsedTime(asked));
    }

    private async Task<Outcome> AskAsync(bool mine, StreamPlace? announced, long asked, TimeSpan patience, CancellationToken ct)
    {
        long? needed = null;
        Dictionary<string, bool>? inDatabase = null;
        HashSet<string> written = [];
        var (databaseRead, pause) = (long.MinValue, ShortPause);
        while (true)
        {
            try
            {
                if (databaseRead == long.MinValue || clock.GetElapsedTime(databaseRead) >= DatabasePause)
                {
                    await using var connection = await store.OpenAsync(ct);
                    var (number, now) = await store.DrawAsync(connection, ct);
                    needed ??= number;
                    var rows = await Replica.AllAsync(connection, ct);
                    written = [.. rows.Select(r => r.Id)];
                    inDatabase = rows.Where(r => r.IsLive(now)).ToDictionary(r => r.Id, r => r.Position > needed);
                    databaseRead = clock.GetTimestamp();
                }
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                inDatabase = null;
            }

            var live = new Dictionary<string, bool>(inDatabase ?? []);
            if (mine)
                live[Id] = true;
            var known = inDatabase is not null & (!redis.IsConfigured || await AddThoseInRedisAsync(live, written, announced, ct));
            var count = live.Values.Count(applied => applied);
            if (known && count == live.Count)
                return new(true, count, count, clock.GetElapsedTime(asked));
            if (clock.GetElapsedTime(asked) >= patience)
                return new(false, count, known ? live.Count : null, clock.GetElapsedTime(asked));

            await Task.Delay(pause, clock, ct);
            pause = pause * 2 < DatabasePause ? pause * 2 : DatabasePause;
        }
    }

    /// <summary>A replica may live on Redis alone, when it has lost the database.</summary>
    /// <returns>False: nobody can tell who is there.</returns>
    private async Task<bool> AddThoseInRedisAsync(Dictionary<string, bool> live, HashSet<string> written, StreamPlace? announced, CancellationToken ct)
    {
        try
        {
            if (redis.IsWell)
            {
                var all = await stream.ReplicasAsync().WaitAsync(ct);
                foreach (var (id, (applied, isLive)) in all.Where(replica => replica.Value.IsLive || live.ContainsKey(replica.Key)))
                    live[id] = live.GetValueOrDefault(id) || (announced is { } place && applied.Includes(place));
                lastInRedis = [.. all.Where(replica => replica.Value.IsLive).Select(replica => replica.Key)];
                return true;
            }
        }
        catch (Exception) when (!ct.IsCancellationRequested)
        {
            // As if it were away.
        }

        // Whoever was there when it could be read last, and has not left, may live on Redis alone, out of our sight: who leaves takes its row along.
        foreach (var id in (lastInRedis ?? []).Where(written.Contains))
            live.TryAdd(id, false);
        return lastInRedis is not null;
    }
}

/// <summary>How long a replica may judge by what it knew: the longest that any policy allows, which Routes knows.</summary>
internal sealed record ReplicaRules(Func<TimeSpan> LiveFor);
