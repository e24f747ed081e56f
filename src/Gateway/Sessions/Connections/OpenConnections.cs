using System.Collections.Concurrent;

namespace Gateway.Sessions.Connections;

/// <summary>Who is connected at the moment?</summary>
/// <remarks>
/// To be registered costs an exchange next to nothing: it takes an object that is free and puts it back. Nothing is sorted by session;
/// <see cref="Endings"/> goes through all of them.
/// </remarks>
internal sealed class OpenConnections(SessionOptions options)
{
    private const int Growth = 64;
    private const int Forgotten = int.MinValue / 2;      // however many count on it yet

    private readonly ConcurrentQueue<OpenConnection> free = new();
    private readonly ConcurrentDictionary<object, Share> shares = new();      // by RevocationKey, in a box: a dictionary of such structs is thirty methods that the first request would have to wait for, until they are compiled
    private readonly Lock growing = new();
    private volatile OpenConnection[] all = [];

    /// <summary>How much one session has open.</summary>
    internal sealed class Share
    {
        public int Count;
    }

    public int MaxPerSession => options.MaxConnections;

    /// <summary>Every object that there is; most are nobody's at the moment.</summary>
    public OpenConnection[] All => all;

    /// <summary>Registers an exchange until <see cref="Close"/>.</summary>
    /// <param name="http">The exchange.</param>
    /// <param name="identity">Who was let in; null: anybody may come, and only a gateway that leaves ends it.</param>
    /// <param name="terms">What the route says.</param>
    /// <returns>Null: this session has as much open as it may.</returns>
    public OpenConnection? TryOpen(HttpContext http, Identity? identity, ConnectionTerms terms)
    {
        var share = identity is null ? null : CountIn(identity);
        if (share is not null && Volatile.Read(ref share.Count) > options.MaxConnections)
        {
            Interlocked.Decrement(ref share.Count);
            return null;
        }

        if (!free.TryDequeue(out var connection))
            connection = Grow();
        connection.Begin(http, identity, terms, share);
        return connection;
    }

    public void Close(OpenConnection connection)
    {
        if (connection.Share is { } share)
            Interlocked.Decrement(ref share.Count);
        connection.Finish();
        free.Enqueue(connection);
    }

    /// <summary>How many of each kind are open, for who watches.</summary>
    public int Count(ConnectionKind kind) => all.Count(connection => connection.Look() != 0 && connection.Kind == kind);

    /// <summary>Is there anything that ends by itself?</summary>
    public bool HasExchanges => Count(ConnectionKind.Exchange) + Count(ConnectionKind.Grpc) > 0;

    /// <summary>Counts one more in the session's share; one that was forgotten meanwhile is nobody's, and looked up anew.</summary>
    private Share CountIn(Identity identity)
    {
        while (true)
        {
            var share = identity.Share ??= shares.GetOrAdd(identity.SessionKey == default ? identity.UserKey : identity.SessionKey, _ => new());
            if (Interlocked.Increment(ref share.Count) > 0)
                return share;

            identity.Share = null;
        }
    }

    /// <summary>Forgets the sessions that have nothing open.</summary>
    public void Tidy()
    {
        foreach (var (key, share) in shares)
        {
            if (Interlocked.CompareExchange(ref share.Count, Forgotten, 0) == 0)
                shares.TryRemove(new(key, share));
        }
    }

    private OpenConnection Grow()
    {
        lock (growing)
        {
            if (free.TryDequeue(out var another))
                return another;

            var more = new OpenConnection[Math.Max(Growth, all.Length)];
            for (var i = 0; i < more.Length; i++)
                more[i] = new();

            all = [.. all, .. more];
            foreach (var spare in more.AsSpan(1))
                free.Enqueue(spare);
            return more[0];
        }
    }
}
