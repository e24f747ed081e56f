using Gateway.Platform;
using Gateway.Platform.Database;
using Gateway.Platform.Redis;
using Gateway.Tokens;

namespace Gateway.Sessions;

/// <summary>How does this process hear of what others revoked? From SQL, the truth, every second; from Redis in milliseconds.</summary>
internal sealed partial class RevocationFeed : IAsyncDisposable
{
    // SQL as often with Redis as without: a reading costs little, and whatever part of Redis, or of the way to it, fails for whomever, a second later it is known.
    private static readonly TimeSpan DatabaseInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan StreamInterval = TimeSpan.FromMilliseconds(250), StreamPatience = TimeSpan.FromSeconds(2);
    private const int AppliedAtOnce = 1000;

    private readonly Store store;
    private readonly RedisLink redis;
    private readonly RevocationStream stream;
    private readonly Revocations revocations;
    private readonly SigningKeys keys;
    private readonly Replicas replicas;
    private readonly Freshness freshness;
    private readonly Loops loops;
    private readonly TimeProvider clock;
    private readonly ILogger<RevocationFeed> logger;
    private readonly Rounds database, news;
    private long mark;
    private StreamPlace applied = new("", 0, 0);
    private bool listens;

    public RevocationFeed(
        Store store, RedisLink redis, RevocationStream stream, Revocations revocations, SigningKeys keys,
        Replicas replicas, Freshness freshness, Loops loops, TimeProvider clock, ILogger<RevocationFeed> logger)
    {
        (this.store, this.redis, this.stream, this.revocations, this.keys) = (store, redis, stream, revocations, keys);
        (this.replicas, this.freshness, this.loops, this.clock, this.logger) = (replicas, freshness, loops, clock, logger);
        (Database, Redis) = (new("database", clock), new("redis", clock));
        (database, news) = (new(() => Database.WatchAsync(ReadDatabaseAsync)), new(() => Redis.WatchAsync(ReadStreamAsync)));
        freshness.CatchUp = CatchUpAsync;
    }

    public NewsSource Database { get; }

    public NewsSource Redis { get; }

    /// <summary>Loads what is revoked; only then may anything be judged.</summary>
    public async Task StartAsync(CancellationToken ct)
    {
        // Whoever waits for all replicas must know of this one before it has read what it will judge by.
        await replicas.JoinAsync(ct);
        await database.NextAsync().WaitAsync(ct);
        freshness.Start();
        loops.Start("Reading revocations and keys", DatabaseInterval, _ => database.NextAsync());

        if (redis.IsConfigured)
        {
            await news.NextAsync().WaitAsync(StreamPatience, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            ct.ThrowIfCancellationRequested();
            loops.Start("Reading revocations from Redis", StreamInterval, _ => news.NextAsync());
            loops.Start("Looking who else is there", DatabaseInterval, _ => replicas.LookAsync());
        }
    }

    private async Task ReadDatabaseAsync()
    {
        if (!store.IsInPlace)
            freshness.Lose();

        var reading = freshness.Begin();
        await using var connection = await store.OpenAsync(CancellationToken.None);
        var position = await replicas.DrawAsync(connection);
        var reached = await Revocation.MarkAsync(store, connection);
        if (reached < mark)
            mark = 0;      // the database is an older one than it was: what is new in it has numbers that were seen before

        List<Revocation> rows = [];
        await foreach (var row in Revocation.SinceAsync(store, connection, mark))
        {
            rows.Add(row);
            if (rows.Count == AppliedAtOnce)
                await ApplyAsync(rows);
        }

        await ApplyAsync(rows);
        mark = reached;
        await replicas.SayAsync(connection, position);
        freshness.Find();
        freshness.Heard(reading, catchesUp: true);
        Database.Heard(reading.Begun);

        revocations.Apply([.. (await keys.LoadAsync(CancellationToken.None)).Select(RemovedKey)], Database.Name);
        if (!keys.Loaded)
            await keys.EnsureAsync(CancellationToken.None);      // somebody removed them all
    }

    private async Task ApplyAsync(List<Revocation> rows)
    {
        if (rows.Count == 0)
            return;

        await PoolThread.EnterAsync();      // there may be a million
        revocations.Apply(rows, Database.Name);
        rows.Clear();
    }

    private async Task ReadStreamAsync()
    {
        await redis.OpenAsync(CancellationToken.None);
        if (!listens && redis.IsConnected)
        {
            await stream.ListenAsync(Ring);
            listens = true;
        }

        while (true)
        {
            var begun = freshness.Begin();
            var reading = await stream.ReadAsync(applied, replicas.Id, replicas.LiveFor);
            if (reading.IsLost)
            {
                if (await stream.SeedAsync())
                    Seeded(logger);
            }
            else if (!reading.Last.Includes(applied))
            {
                // Another history, or an end that was passed long ago: what was published in it up to here was committed before, so SQL has it.
                await database.NextAsync();
                if (applied.History.Length > 0)
                    HistoryLost(logger);
                applied = reading.Last;
            }
            else if (reading.Applied == applied)
            {
                if (reading.IsCounted)
                {
                    freshness.Heard(begun, catchesUp: Database.Fails);      // what was missed may be in SQL alone
                    Redis.Heard(begun.Begun);
                }

                return;
            }
            else
            {
                // Then once more, at once: that says to the others how far this replica has come.
                if (reading.News is { } rows)
                    revocations.Apply(rows, Redis.Name);
                else
                    await database.NextAsync();
                applied = reading.Applied;
            }
        }
    }

    private void Ring(string message) => _ = Quietly(message == RevocationStream.ReadDatabase ? database : news);

    /// <returns>False: it failed; the loop that runs it regularly says so.</returns>
    private static async Task<bool> Quietly(Rounds rounds)
    {
        var reading = rounds.NextAsync();
        await reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return reading.IsCompletedSuccessfully;
    }

    /// <summary>After a pause: SQL has everything that was committed before; Redis has to do where SQL is away.</summary>
    private async Task CatchUpAsync()
    {
        var (fromDatabase, fromRedis) = (Quietly(database), redis.IsConfigured ? Quietly(news) : Task.FromResult(false));
        if (!await fromDatabase)
            await fromRedis;
    }

    // Its row may have been missed, as old as it is; that the key is gone is seen all the same.
    private Revocation RemovedKey(string id) => new()
    {
        Issuer = Revocation.OwnIssuer, Kind = RevocationKind.Key, Value = id, ExpiresAt = clock.GetUtcNow() + revocations.Lifetime,
    };

    public async ValueTask DisposeAsync()
    {
        await loops.DisposeAsync();
        await Task.WhenAll(database.CloseAsync(), news.CloseAsync());
        await replicas.LeaveAsync();
    }

    [LoggerMessage(3003, LogLevel.Warning, "Redis lost what it held, or another server took over: revocations were read from the database again, and none was lost")]
    private static partial void HistoryLost(ILogger logger);

    [LoggerMessage(3004, LogLevel.Information, "Began a new history of revocations in Redis")]
    private static partial void Seeded(ILogger logger);
}
