using System.Security.Cryptography;
using Gateway.Platform;
using Gateway.Platform.Configuration;
using Gateway.Platform.Database;
using Microsoft.EntityFrameworkCore;
using Microsoft.IdentityModel.Tokens;

namespace Gateway.Tokens;

/// <summary>Which key signs now, which are published, and which still verify?</summary>
internal sealed partial class SigningKeys(
    Store store, IDbContextFactory<GatewayDatabase> databases, Transactions transactions, Secrets secrets, TokenOptions options, TimeProvider clock, ILogger<SigningKeys> logger) : IKeySource
{
    /// <summary>From publishing to signing: every replica reads the keys each second, so all know it by then.</summary>
    public static readonly TimeSpan PublishDelay = TimeSpan.FromSeconds(10);

    // Replaced whole: a request sees one set of keys.
    private volatile Key[] keys = [];
    private volatile string[] shut = [];      // ids of those that another Secret has sealed
    private long loadedAt;

    internal sealed record Key(SigningKey Row, SecurityKey Security, DateTimeOffset? RetiresAt);

    public bool Loaded => keys.Length > 0;

    /// <summary>Another object whenever keys have come or gone.</summary>
    public object Edition => keys;

    /// <summary>The youngest that is active; the oldest if the clock says that none is.</summary>
    public Key Current
    {
        get
        {
            var now = clock.GetUtcNow();
            var current = keys.LastOrDefault(k => k.Row.ActivatesAt <= now) ?? keys[0];
            return IsRetired(current) ? throw new InvalidOperationException("The key that should sign by now is sealed with a Secret that this gateway does not have.") : current;
        }
    }

    /// <summary>Every key that a token in force may be, or will be, signed with.</summary>
    public IEnumerable<Key> Published => keys.Where(k => !IsRetired(k));

    public ValueTask<SoughtKey> FindAsync(string? keyId, string algorithm, CancellationToken ct)
    {
        foreach (var key in keys)
        {
            if (key.Row.Id == keyId && key.Row.Algorithm == algorithm && !IsRetired(key))
                return new(new SoughtKey(key.Security, null));
        }

        // Another replica may have published it since these were read, or sealed it with a Secret that is not ours: then it is our trouble, not the token's.
        var isOld = clock.GetElapsedTime(Volatile.Read(ref loadedAt)) > PublishDelay;
        return new(new SoughtKey(null, shut.Contains(keyId) || (isOld && !Array.Exists(keys, key => key.Row.Id == keyId)) ? Problems.StoreUnavailable : null));
    }

    /// <summary>Makes the first key, one for a newly configured algorithm, and seals what an earlier Secret sealed anew.</summary>
    public async Task EnsureAsync(CancellationToken ct)
    {
        // Nothing is written where nothing is missing: a backup that holds the write lock keeps no gateway from starting.
        await LoadAsync(ct);
        if (shut is [var id, ..])
            throw Refused(id);
        if (keys.LastOrDefault()?.Row.Algorithm == options.Algorithm && keys.All(k => IsSealedByCurrent(k.Row)))
            return;

        await OneWinsAsync(async db =>
        {
            var rows = await db.Set<SigningKey>().OrderBy(k => k.Sequence).ToListAsync(ct);
            foreach (var row in rows.Where(r => !IsSealedByCurrent(r)))
                row.Reseal(secrets);
            return rows.LastOrDefault()?.Algorithm == options.Algorithm ? null : Add(db, rows.LastOrDefault());
        }, ct);
        await LoadAsync(ct);
    }

    /// <summary>Publishes a new key that will sign after <see cref="PublishDelay"/>.</summary>
    /// <returns>The new key; or the one that another rotation has published already and that does not sign yet.</returns>
    public Task<(SigningKey Key, bool Created)> RotateAsync(CancellationToken ct) =>
        OneWinsAsync(async db =>
        {
            var rows = await db.Set<SigningKey>().OrderBy(k => k.Sequence).ToListAsync(ct);
            var last = rows.LastOrDefault();
            if (last is not null && last.ActivatesAt > clock.GetUtcNow())
                return (last, false);

            db.RemoveRange(Retired(rows));
            return (Add(db, last), true);
        }, ct);

    /// <summary>Takes a key away from everybody: what it signed holds no longer. If it was the one that signs, a new one does from now on.</summary>
    /// <param name="id">The <c>kid</c>.</param>
    /// <param name="revoke">What goes into the same transaction.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>False: there is no such key.</returns>
    public Task<bool> RemoveAsync(string id, Action<GatewayDatabase> revoke, CancellationToken ct) =>
        OneWinsAsync(async db =>
        {
            var rows = await db.Set<SigningKey>().OrderBy(k => k.Sequence).ToListAsync(ct);
            if (rows.Find(k => k.Id == id) is not { } removed)
                return false;

            // Also what has retired: the key whose coming had retired it may be this one, and without that it would be in force again.
            db.RemoveRange(Retired(rows).Append(removed).Distinct());
            revoke(db);
            var now = clock.GetUtcNow();
            if (rows.LastOrDefault(k => k.ActivatesAt <= now) == removed)
                Add(db, rows[^1]).ActivatesAt = now;
            return true;
        }, ct);

    /// <summary>The Sequence is unique: of two replicas that make the same next key, the slower one looks again and finds it made.</summary>
    private async Task<T> OneWinsAsync<T>(Func<GatewayDatabase, Task<T>> work, CancellationToken ct)
    {
        await using var db = await databases.CreateDbContextAsync(ct);
        try
        {
            return await transactions.WriteAsync(db, () => work(db), ct);
        }
        catch (DbUpdateException e) when (transactions.IsUniqueViolation(e))
        {
            return await transactions.WriteAsync(db, () => work(db), ct);
        }
    }

    /// <returns>The ids of keys that are gone: what they proved holds no longer.</returns>
    /// <exception cref="StartRefusedException">For the first time: a Secret is missing.</exception>
    public async Task<IReadOnlyList<string>> LoadAsync(CancellationToken ct)
    {
        var begun = clock.GetTimestamp();
        await using var connection = await store.OpenAsync(ct);
        var rows = await SigningKey.AllAsync(connection, ct);
        Volatile.Write(ref loadedAt, begun);      // a key that came within the reading may be missing from it
        string[] known = [.. keys.Select(k => k.Row.Id), .. shut], found = [.. rows.Select(r => r.Id)];
        if (found.Length == known.Length && !found.Except(known).Any())
            return [];

        // What cannot be opened must not keep a key in force that is gone.
        var opened = Open(rows);
        string[] sealedElsewhere = [.. found.Except(opened.Select(key => key.Row.Id))];
        if (known.Length == 0 && sealedElsewhere is [var first, ..])
            throw Refused(first);
        foreach (var id in sealedElsewhere.Except(shut))
            SealedElsewhere(logger, id, Remedy);
        (shut, keys) = (sealedElsewhere, opened);
        return [.. known.Except(found)];
    }

    private SigningKey Add(GatewayDatabase db, SigningKey? last)
    {
        var now = clock.GetUtcNow();
        var key = SigningKey.Create(secrets.Current, options.Algorithm, (last?.Sequence ?? 0) + 1, now, last is null ? now : now + PublishDelay);
        db.Add(key);
        return key;
    }

    /// <summary>Those that a Secret of ours opens.</summary>
    private Key[] Open(List<SigningKey> rows)
    {
        List<Key> opened = [];
        for (var i = 0; i < rows.Count; i++)
        {
            var row = rows[i];
            if ((keys.FirstOrDefault(k => k.Row.Id == row.Id)?.Security ?? Unseal(row)) is { } security)
                opened.Add(new(row, security, RetiresAt(rows, i)));
        }

        return [.. opened];
    }

    private SecurityKey? Unseal(SigningKey row)
    {
        try
        {
            return row.Open(secrets);
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    // A key verifies until the last token that it signed has died: the next one's first moment, and a token's life after it.
    private DateTimeOffset? RetiresAt(List<SigningKey> rows, int i) =>
        i + 1 < rows.Count ? rows[i + 1].ActivatesAt + options.AccessLifetime + options.ClockSkew + TimeSpan.FromMinutes(1) : null;

    private SigningKey[] Retired(List<SigningKey> rows) => [.. rows.Where((_, i) => RetiresAt(rows, i) <= clock.GetUtcNow())];

    private bool IsSealedByCurrent(SigningKey row) => Sealed.SecretIdOf(row.Private) == secrets.Current.Id;

    private bool IsRetired(Key key) => key.RetiresAt <= clock.GetUtcNow();

    private const string Remedy = "List the Secret that it was sealed with under Gateway:PreviousSecrets, or restore the database and its secret from the backup.";

    private static StartRefusedException Refused(string id) => new($"Gateway:Secret: it does not open the signing key {id} in the database. {Remedy}");

    [LoggerMessage(2002, LogLevel.Error, "Gateway:Secret does not open the signing key {Key}, which somebody has added since the start: its tokens are answered 503 here. {Remedy}")]
    private static partial void SealedElsewhere(ILogger logger, string key, string remedy);
}

/// <summary>Where is the key that signed this token?</summary>
internal interface IKeySource
{
    /// <param name="keyId">The token's <c>kid</c>, null if it has none.</param>
    /// <param name="algorithm">The token's <c>alg</c>, allowed already.</param>
    /// <param name="ct">Gives up waiting.</param>
    /// <returns>The key; the trouble, if it could not be looked for; neither: there is no such key.</returns>
    ValueTask<SoughtKey> FindAsync(string? keyId, string algorithm, CancellationToken ct);
}

internal sealed record SoughtKey(SecurityKey? Key, Problem? Trouble);
