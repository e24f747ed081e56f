using System.Collections.Concurrent;
using System.Security.Cryptography;
using Gateway.Platform;
using Gateway.Platform.Database;
using Gateway.Tokens;
using Microsoft.EntityFrameworkCore;

namespace Gateway.Sessions;

/// <summary>What does this refresh token get: its successor, the same one again, or the end of its session?</summary>
/// <remarks>
/// There is never more than one branch. For the first second the predecessor always gets the same successor (parallel tabs, lost
/// answers); then, within RefreshGrace, only while nobody has used what was handed out; after that somebody else has the token.
/// </remarks>
internal sealed class Refresh(
    ReadSubject readSubject, RevocationLog revocations, AccessTokenIssuer tokens, IDbContextFactory<GatewayDatabase> databases,
    Transactions transactions, Secrets secrets, SessionOptions options, TimeProvider clock)
{
    private static readonly TimeSpan ParallelTabs = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<string, Task<Outcome>> deciding = new();

    internal readonly record struct Outcome(SessionStore.Started? Started, Problem? Refusal);

    /// <summary>One decision serves all who present the same token meanwhile, and does not end with one of them.</summary>
    public async Task<Outcome> RefreshAsync(string text, CancellationToken ct)
    {
        if (RefreshToken.TryParse(text, secrets) is not { } presented)
            return new(null, Problems.TokenInvalid);

        var mine = new TaskCompletionSource<Outcome>(TaskCreationOptions.RunContinuationsAsynchronously);
        var shared = deciding.GetOrAdd(text, mine.Task);
        if (shared == mine.Task)
            _ = RunAsync(text, presented, mine);
        return await shared.WaitAsync(ct);
    }

    private async Task RunAsync(string text, RefreshToken presented, TaskCompletionSource<Outcome> result)
    {
        try
        {
            var asked = clock.GetTimestamp();
            await using var db = await databases.CreateDbContextAsync();
            var outcome = await transactions.WriteAsync(db, () => DecideAsync(db, presented, asked, CancellationToken.None), CancellationToken.None);
            deciding.TryRemove(text, out _);
            result.SetResult(outcome);
        }
        catch (Exception e)
        {
            deciding.TryRemove(text, out _);
            result.SetException(e);
        }
    }

    private async Task<Outcome> DecideAsync(GatewayDatabase db, RefreshToken presented, long asked, CancellationToken ct)
    {
        var session = await FindAsync(db, presented.Selector, ct);
        if (session is null || await readSubject(db, session.UserId, ct) is not { } subject)
            return new(null, Problems.SessionEnded);
        if (subject.IsDisabled)
            return new(null, Problems.AccountDisabled);

        var now = clock.GetUtcNow();
        if (!session.IsAlive(now))
            return new(null, Problems.SessionEnded);

        var hash = presented.Hash;
        if (Same(hash, session.CurrentHash))
        {
            return Hand(session, subject, await RotateAsync(db, session, presented, now, ct));
        }

        if (Same(hash, session.PreviousHash) && MayAskAgain(session, now, clock.GetElapsedTime(asked)) && SameSuccessor(session, presented) is { } again)
            return Hand(session, subject, again);

        await db.Set<Session>().Where(s => s.Id == session.Id).ExecuteUpdateAsync(s => s.SetProperty(x => x.EndedAt, now), ct);
        revocations.Session(db, session.Id);
        return new(null, Problems.RefreshTokenReused);
    }

    private async Task<RefreshToken> RotateAsync(GatewayDatabase db, Session session, RefreshToken presented, DateTimeOffset now, CancellationToken ct)
    {
        var salt = RandomNumberGenerator.GetBytes(32);
        var successor = presented.Successor(secrets.Current, salt);
        byte[] hash = presented.Hash, next = successor.Hash;

        var rows = await db.Set<Session>().Where(s => s.Id == session.Id && s.CurrentHash == hash && s.EndedAt == null)
            .ExecuteUpdateAsync(s => s
                .SetProperty(x => x.PreviousHash, hash)
                .SetProperty(x => x.CurrentHash, next)
                .SetProperty(x => x.Salt, salt)
                .SetProperty(x => x.Generation, x => x.Generation + 1)
                .SetProperty(x => x.GenerationSeen, false)
                .SetProperty(x => x.RotatedAt, now)
                .SetProperty(x => x.LastSeenAt, now)
                .SetProperty(x => x.IdleExpiresAt, now + options.IdleLifetime), ct);
        if (rows == 0)
            throw new InvalidOperationException("A transaction that reads a row and finds it changed when it writes has lost a race, and is run again.");

        session.Generation++;
        session.IdleExpiresAt = now + options.IdleLifetime;
        return successor;
    }

    // Who waited in a queue of ours asked earlier than it is now. Far below zero: the clock was set back since.
    private bool MayAskAgain(Session session, DateTimeOffset now, TimeSpan waited)
    {
        var age = now - session.RotatedAt!.Value;
        return (age > -ParallelTabs && age - waited < ParallelTabs) || (age <= options.RefreshGrace && !session.GenerationSeen);
    }

    // The winner may have derived it with a Secret that has been replaced since.
    private RefreshToken? SameSuccessor(Session session, RefreshToken presented) =>
        session.Salt is not { } salt ? null
        : secrets.All.Select(s => presented.Successor(s, salt)).Where(t => Same(t.Hash, session.CurrentHash)).Cast<RefreshToken?>().FirstOrDefault();

    private Outcome Hand(Session session, Subject subject, RefreshToken token) =>
        new(new(session, subject, tokens.Issue(SessionStore.Claims(session, subject)), token.ToString(), null), null);

    private static Task<Session?> FindAsync(GatewayDatabase db, byte[] selector, CancellationToken ct) =>
        db.Set<Session>().AsNoTracking().FirstOrDefaultAsync(s => s.Selector == selector, ct);

    private static bool Same(byte[] hash, byte[]? stored) => stored is not null && CryptographicOperations.FixedTimeEquals(hash, stored);

    /// <summary>Whose it is or was; null: nobody's. Nobody else can make one up.</summary>
    public async Task<string?> OwnerOfAsync(GatewayDatabase db, string text, CancellationToken ct) =>
        RefreshToken.TryParse(text, secrets) is { } token ? (await FindAsync(db, token.Selector, ct))?.UserId : null;

    /// <summary>The living session of a refresh token, in force or used long ago, for who wants to end it.</summary>
    public Task<Session?> SessionOfAsync(GatewayDatabase db, string text, CancellationToken ct) => FindAliveAsync(db, text, (_, _) => true, ct);

    /// <summary>The living session of a refresh token in force, or of its predecessor: its owner's, as far as anybody can tell.</summary>
    public Task<Session?> SessionLatelyOfAsync(GatewayDatabase db, string text, CancellationToken ct) =>
        FindAliveAsync(db, text, (hash, session) => Same(hash, session.CurrentHash) || Same(hash, session.PreviousHash), ct);

    /// <summary>The living session of a refresh token in force.</summary>
    public Task<Session?> SessionInForceAsync(GatewayDatabase db, string text, CancellationToken ct) =>
        FindAliveAsync(db, text, (hash, session) => Same(hash, session.CurrentHash), ct);

    private async Task<Session?> FindAliveAsync(GatewayDatabase db, string text, Func<byte[], Session, bool> isOf, CancellationToken ct) =>
        RefreshToken.TryParse(text, secrets) is { } token && await FindAsync(db, token.Selector, ct) is { } session
            && session.IsAlive(clock.GetUtcNow()) && isOf(token.Hash, session)
            ? session
            : null;
}
