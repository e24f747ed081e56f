using Gateway.Platform.Telemetry;
using Gateway.Tokens;

namespace Gateway.Sessions;

/// <summary>Does it still hold? Every live revocation, exact, in this process's memory.</summary>
/// <remarks>
/// In buckets by when they were heard of. A bucket dies whole, when both clocks say that nothing it could hit exists any more: one
/// alone can be set, or stand still. What was heard of a moment longer ago than it had to be remembered does no harm.
/// </remarks>
internal sealed class Revocations(TokenLifetimes lifetimes, TimeProvider clock)
{
    private const string Here = "here";
    private const int BucketsPerLifetime = 4;

    private readonly Lock writing = new();
    private volatile Bucket[] buckets = [];
    private long version = 1;

    private sealed class Bucket(long openedAt)
    {
        public readonly RevocationTable Table = new();

        public long OpenedAt => openedAt;

        public DateTimeOffset ExpiresAt { get; set; }

        /// <summary>By the monotonic clock; the largest number: not as long as this process lives.</summary>
        public long ForgetAfter { get; set; }
    }

    /// <summary>How long a revocation of ours is needed.</summary>
    public TimeSpan Lifetime => lifetimes.Revocation;

    /// <summary>By where they were heard of first.</summary>
    public Tally Applied { get; } = new("source", Here);

    /// <summary>Called when there is something new to judge by.</summary>
    public Action Changed { get; set; } = () => { };

    public int Count => buckets.Sum(bucket => bucket.Table.Count);

    /// <summary>Remembers them; to hear of one twice, or late, is no harm.</summary>
    public void Apply(IReadOnlyCollection<Revocation> revocations, string source = Here)
    {
        if (revocations.Count == 0)
            return;

        var news = 0;
        lock (writing)
        {
            foreach (var revocation in revocations)
                news += Add(revocation) ? 1 : 0;

            // After the entries: whoever reads the new version finds them.
            if (news > 0)
                Interlocked.Increment(ref version);
            Applied.Add(source, news);
        }

        if (news > 0)
            Changed();
    }

    private bool Add(Revocation revocation)
    {
        var (key, number) = (KeyOf(revocation), NumberOf(revocation));
        if (Array.Exists(buckets, bucket => bucket.ExpiresAt >= revocation.ExpiresAt && bucket.Table.Find(key) >= number))
            return false;

        var bucket = BucketFor(revocation);
        bucket.Table.Raise(key, number);
        if (bucket.ExpiresAt < revocation.ExpiresAt)
            bucket.ExpiresAt = revocation.ExpiresAt;
        return true;
    }

    // Whatever the wall clock says of a revocation's age, it is remembered for a whole lifetime from now on: that clock may have been set since.
    private Bucket BucketFor(Revocation revocation)
    {
        var now = clock.GetTimestamp();
        var lifetime = Ticks(Lifetime);
        var endless = revocation.ExpiresAt > clock.GetUtcNow() + 2 * Lifetime;
        var bucket = Array.FindLast(buckets, b => endless ? b.ForgetAfter == long.MaxValue : b.ForgetAfter != long.MaxValue && now - b.OpenedAt <= lifetime / BucketsPerLifetime);
        if (bucket is null)
            buckets = [.. buckets, bucket = new Bucket(now)];

        bucket.ForgetAfter = endless ? long.MaxValue : now + lifetime;
        return bucket;
    }

    /// <summary>The answer for this identity; an identity that was clean stays so until something is revoked.</summary>
    public RevocationHit Hit(Identity identity)
    {
        var current = Volatile.Read(ref version);
        if (identity.CleanAt == current)
            return RevocationHit.None;

        var hit = Look(identity);
        if (hit is RevocationHit.None)
            identity.CleanAt = current;
        return hit;
    }

    private RevocationHit Look(Identity identity)
    {
        var user = Find(identity.UserKey);
        if (!identity.IsOwn)
            return IsEnded(identity) || IsTokenHit(identity) || identity.Claims.IssuedAt <= Math.Max(user, Find(identity.IssuerKey)) ? RevocationHit.Ended : RevocationHit.None;

        var outOfDate = identity.Version < user >> 1;
        return outOfDate && (user & 1) == 1 ? RevocationHit.Disabled
            : IsEnded(identity) ? RevocationHit.Ended
            : IsTokenHit(identity) ? RevocationHit.TokenAlone
            : outOfDate ? RevocationHit.OutOfDate
            : RevocationHit.None;
    }

    private bool IsEnded(Identity identity) => Find(identity.SessionKey) != 0;

    private bool IsTokenHit(Identity identity) => (Find(identity.TokenKey) | Find(identity.KeyKey)) != 0;

    private uint Find(RevocationKey key)
    {
        uint highest = 0;
        if (key == default)
            return highest;
        foreach (var bucket in buckets)
            highest = Math.Max(highest, bucket.Table.Find(key));
        return highest;
    }

    public bool Remembers(Revocation revocation) => Find(KeyOf(revocation)) != 0;

    /// <summary>Forgets what can no longer hit anything.</summary>
    public void Forget()
    {
        var (now, timestamp) = (clock.GetUtcNow(), clock.GetTimestamp());
        lock (writing)
            buckets = Array.FindAll(buckets, bucket => bucket.ExpiresAt > now || bucket.ForgetAfter > timestamp);
    }

    private static RevocationKey KeyOf(Revocation revocation) => RevocationKey.Of(revocation.Kind, revocation.Issuer, revocation.Value);

    // The higher one counts, in whatever order they are heard: a later version, a later moment; of one version the stricter word.
    private static uint NumberOf(Revocation revocation) =>
        revocation.IssuedUntil is { } moment ? (uint)Math.Clamp(moment, 1, uint.MaxValue)
        : revocation.Kind is RevocationKind.User ? ((uint)revocation.Version << 1) | (revocation.Disabled ? 1u : 0u)
        : 1;

    private long Ticks(TimeSpan time) => (long)(time.TotalSeconds * clock.TimestampFrequency);
}

internal enum RevocationHit
{
    None,

    /// <summary>The session was ended; of another issuer, the token or whatever it belongs to.</summary>
    Ended,

    /// <summary>The token was revoked by itself, or with the key that signed it: its session goes on.</summary>
    TokenAlone,

    /// <summary>The user has changed since.</summary>
    OutOfDate,

    /// <summary>The user was disabled since.</summary>
    Disabled,
}
