using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace Gateway.Sessions;

/// <summary>Which credentials have been verified already? Bounded; failures never enter.</summary>
/// <remarks>
/// Two maps: what was used lately is in the young one. When that is full it becomes the old one, and the old one is dropped
/// whole, so nothing is locked or sorted on a hit, and what is in use stays.
/// </remarks>
internal sealed class IdentityCache(CacheOptions options)
{
    private readonly int limit = (options.Identities + 1) / 2;
    private volatile Map young = new();
    private volatile Map old = new();

    private sealed class Map
    {
        public readonly ConcurrentDictionary<string, Identity> ByCredential = new(TailComparer.Instance);
        public readonly ConcurrentDictionary<string, Identity>.AlternateLookup<ReadOnlySpan<char>> BySpan;
        public int Count;

        public Map() => BySpan = ByCredential.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    public bool TryGet(in Credential credential, [MaybeNullWhen(false)] out Identity identity)
    {
        if (young.BySpan.TryGetValue(credential.Value, out identity))
            return identity.Kind == credential.Kind;      // a cookie's value is no bearer token
        if (!old.BySpan.TryGetValue(credential.Value, out identity) || identity.Kind != credential.Kind)
            return false;

        Add(identity);
        return true;
    }

    public void Add(Identity identity)
    {
        if (limit == 0)
            return;

        var map = young;
        if (!map.ByCredential.TryAdd(identity.Credential, identity))
            map.ByCredential[identity.Credential] = identity;
        else if (Interlocked.Increment(ref map.Count) == limit)
            (old, young) = (map, new());
    }

    public void Remove(Identity identity)
    {
        young.ByCredential.TryRemove(identity.Credential, out _);
        old.ByCredential.TryRemove(identity.Credential, out _);
    }

    public int Count => young.ByCredential.Count + old.ByCredential.Count;

    /// <summary>Hashes the end of a credential: its signature, which nobody can choose, as only verified ones are in the map. Compares all of it.</summary>
    private sealed class TailComparer : IEqualityComparer<string>, IAlternateEqualityComparer<ReadOnlySpan<char>, string>
    {
        public static readonly TailComparer Instance = new();

        public bool Equals(string? x, string? y) => string.Equals(x, y, StringComparison.Ordinal);

        public int GetHashCode(string obj) => GetHashCode(obj.AsSpan());

        public bool Equals(ReadOnlySpan<char> alternate, string other) => alternate.SequenceEqual(other);

        public int GetHashCode(ReadOnlySpan<char> alternate) => string.GetHashCode(alternate.Length > 16 ? alternate[^16..] : alternate);

        public string Create(ReadOnlySpan<char> alternate) => alternate.ToString();
    }
}
