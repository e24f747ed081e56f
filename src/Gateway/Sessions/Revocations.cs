using System.Collections.Concurrent;
using Gateway.Tokens;

namespace Gateway.Sessions;

/// <summary>Does it still hold? Every live revocation, exact, in this process's memory.</summary>
internal sealed class Revocations(TokenOptions tokens, TimeProvider clock)
{
    private readonly ConcurrentDictionary<string, Entry> entries = new(StringComparer.Ordinal);
    private long version = 1;

    private sealed record Entry(int Version, bool Disabled, DateTimeOffset ExpiresAt, long ForgetAfter)
    {
        /// <summary>Both were said: in whatever order they are heard, the higher version counts, for as long as the longer one lives.</summary>
        public Entry With(Entry other) => new(
            Math.Max(Version, other.Version),
            (Disabled && Version >= other.Version) || (other.Disabled && other.Version >= Version),
            ExpiresAt > other.ExpiresAt ? ExpiresAt : other.ExpiresAt,
            Math.Max(ForgetAfter, other.ForgetAfter));
    }

    public int Count => entries.Count;

    /// <summary>Remembers them; to hear of one twice, or late, is no harm.</summary>
    public void Apply(IReadOnlyCollection<Revocation> revocations)
    {
        if (revocations.Count == 0)
            return;

        foreach (var revocation in revocations)
        {
            // Whatever the wall clock says of its age: it may have been set since.
            var forgetAfter = clock.GetTimestamp() + (long)(tokens.RevocationLifetime.TotalSeconds * clock.TimestampFrequency);
            var entry = new Entry(revocation.Version, revocation.Disabled, revocation.ExpiresAt, forgetAfter);
            entries.AddOrUpdate(revocation.Key, entry, (_, old) => old.With(entry));
        }

        // After the entries: whoever reads the new version finds them.
        Interlocked.Increment(ref version);
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
        var user = identity.UserKey is not null && entries.TryGetValue(identity.UserKey, out var entry) && identity.Version < entry.Version ? entry : null;
        return user is { Disabled: true } ? RevocationHit.Disabled
            : Has(identity.SessionKey) || Has(identity.TokenKey) ? RevocationHit.Ended
            : user is not null ? RevocationHit.OutOfDate
            : RevocationHit.None;
    }

    public bool Remembers(Revocation revocation) => entries.ContainsKey(revocation.Key);

    private bool Has(string? key) => key is not null && entries.ContainsKey(key);

    /// <summary>Forgets what can no longer hit anything. Both clocks must say so: one alone can be set, or stand still.</summary>
    public void Forget()
    {
        var (now, timestamp) = (clock.GetUtcNow(), clock.GetTimestamp());
        foreach (var (key, entry) in entries)
        {
            if (entry.ExpiresAt <= now && entry.ForgetAfter <= timestamp)
                entries.TryRemove(new(key, entry));
        }
    }
}

internal enum RevocationHit
{
    None,

    /// <summary>The token or its session was ended.</summary>
    Ended,

    /// <summary>The user has changed since.</summary>
    OutOfDate,

    /// <summary>The user was disabled since.</summary>
    Disabled,
}
