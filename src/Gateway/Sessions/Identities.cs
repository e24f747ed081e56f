using System.Collections.Concurrent;
using System.Data.Common;
using Gateway.Platform;
using Gateway.Platform.Database;
using Gateway.Tokens;
using Microsoft.EntityFrameworkCore;

namespace Gateway.Sessions;

/// <summary>Whom does this credential prove? From memory on a hit; on a miss from the signature, or from the store.</summary>
internal sealed partial class Identities(
    IdentityCache cache, TokenVerifier verifier, AccessTokenIssuer tokens, Issuers issuers, SessionStore sessions, SeenSessions seen,
    IDbContextFactory<GatewayDatabase> databases, TokenOptions options, SessionOptions lifetimes, CredentialRules rules, TimeProvider clock, ILogger<Identities> logger)
{
    private const int MaxInFlight = 1024;
    private static readonly TimeSpan MissTimeout = TimeSpan.FromSeconds(5);

    // How exactly idleness is measured: a session in use on hits alone must not idle out.
    private readonly TimeSpan noteInterval = TimeSpan.FromTicks(Math.Min(options.AccessLifetime.Ticks, lifetimes.IdleLifetime.Ticks / 10));
    private readonly ConcurrentDictionary<Flight, Task<Outcome>> inFlight = new();
    private int flying;
    private long misses;

    internal sealed record Outcome(Identity? Identity, Problem? Refusal);

    /// <summary>What is being verified.</summary>
    /// <param name="Kind">Of the credential.</param>
    /// <param name="Text">All of it.</param>
    /// <param name="Trusted">By whom it may prove somebody.</param>
    /// <param name="Hash">Of the text, which is long, and is looked for three times.</param>
    private sealed record Flight(CredentialKind Kind, string Text, IssuerSet Trusted, int Hash)
    {
        public bool Equals(Flight? other) => other is not null && Kind == other.Kind && Text == other.Text && Trusted == other.Trusted;

        public override int GetHashCode() => Hash;
    }

    /// <summary>A verified credential that is still in force, of somebody whom these issuers may prove; allocates nothing.</summary>
    public bool TryGet(in Credential credential, IssuerSet trusted, DateTimeOffset now, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out Identity? identity)
    {
        if (!cache.TryGet(credential, out identity))
            return false;

        if (identity.RememberedUntil <= now || !trusted.Holds(identity.Issuer))
        {
            cache.Remove(identity);
            return false;
        }

        if (identity.NoteAfter <= now.UtcTicks)
            NoteUse(identity, now);
        return true;
    }

    public long Misses => Volatile.Read(ref misses);

    public int InFlight => Volatile.Read(ref flying);

    public void Forget(Identity identity) => cache.Remove(identity);

    /// <summary>Verifies; one verification serves all who ask for the same credential meanwhile, and does not end with one of them.</summary>
    public Task<Outcome> VerifyAsync(Credential credential, IssuerSet trusted, CancellationToken ct)
    {
        Interlocked.Increment(ref misses);
        return JoinAsync(credential, trusted, ct);
    }

    private async Task<Outcome> JoinAsync(Credential credential, IssuerSet trusted, CancellationToken ct)
    {
        var text = credential.Value.ToString();
        var key = new Flight(credential.Kind, text, trusted, text.GetHashCode(StringComparison.Ordinal));
        if (inFlight.TryGetValue(key, out var running))
            return await running.WaitAsync(ct);
        if (Interlocked.Increment(ref flying) > MaxInFlight)
        {
            Interlocked.Decrement(ref flying);
            return new(null, Problems.Busy);
        }

        var mine = new TaskCompletionSource<Outcome>(TaskCreationOptions.RunContinuationsAsynchronously);
        if (!inFlight.TryAdd(key, mine.Task))
        {
            Interlocked.Decrement(ref flying);
            return await JoinAsync(credential, trusted, ct);
        }

        _ = RunAsync(key, mine);
        return await mine.Task.WaitAsync(ct);      // what is done already is not waited for
    }

    private async Task RunAsync(Flight key, TaskCompletionSource<Outcome> result)
    {
        Outcome? outcome = null;
        try
        {
            using var timeout = new CancellationTokenSource(MissTimeout, clock);
            outcome = key.Kind is CredentialKind.Cookie
                ? await ReadSessionAsync(key.Text, timeout.Token)
                : await ReadTokenAsync(key.Kind, key.Text, key.Trusted, timeout.Token);
            if (outcome.Identity is { } identity)
            {
                NoteUse(identity, clock.GetUtcNow());
                cache.Add(identity);
            }
        }
        // Trouble of ours is 503, never a logout, whatever threw.
        catch (Exception e)
        {
            VerificationFailed(logger, e is OperationCanceledException or DbException ? null : e, e.GetType().Name);
        }
        finally
        {
            inFlight.TryRemove(key, out _);
            Interlocked.Decrement(ref flying);
            result.SetResult(outcome ?? new(null, Problems.StoreUnavailable));
        }
    }

    private async ValueTask<Outcome> ReadTokenAsync(CredentialKind kind, string token, IssuerSet trusted, CancellationToken ct)
    {
        var (issuer, claims, refusal) = await verifier.VerifyAsync(token, rules.MaxTokenBytes, trusted, ct);
        if (refusal is not null)
            return new(null, refusal);

        var expires = DateTimeOffset.FromUnixTimeSeconds(claims!.ExpiresAt);
        var until = expires > DateTimeOffset.MaxValue - options.ClockSkew ? expires : expires + options.ClockSkew;      // "never" is the last second of the year 9999
        var again = issuer!.MayWithdrawKeys ? clock.GetUtcNow() + PublishedKeys.TrustFor : until;
        return new(new Identity(kind, token, issuer, claims, rules.ForwardUnverifiedEmail, until) { RememberedUntil = again < until ? again : until }, null);
    }

    private async Task<Outcome> ReadSessionAsync(string cookie, CancellationToken ct)
    {
        await using var db = await databases.CreateDbContextAsync(ct);
        if (await sessions.FindByCookieAsync(db, cookie, ct) is not var (session, subject))
            return new(null, Problems.SessionEnded);
        if (subject.IsDisabled)
            return new(null, Problems.AccountDisabled);

        var claims = tokens.Describe(SessionStore.Claims(session, subject));
        var until = tokens.ExpiryOf(session.EndsAt, clock.GetUtcNow());
        return new(new Identity(CredentialKind.Cookie, cookie, issuers.Own, claims, rules.ForwardUnverifiedEmail, until), null);
    }

    private void NoteUse(Identity identity, DateTimeOffset now)
    {
        if (!identity.IsOwn)
            return;

        identity.NoteAfter = (now + noteInterval).UtcTicks;
        seen.Note(identity.Claims.SessionId!, (int)identity.Claims.Generation!.Value);
    }

    [LoggerMessage(3000, LogLevel.Error, "A credential could not be verified: {Kind}")]
    private static partial void VerificationFailed(ILogger logger, Exception? e, string kind);
}

/// <summary>What other folders decide about credentials: Edge how long a token may be and which headers count, Accounts which addresses are told.</summary>
internal sealed record CredentialRules(int MaxTokenBytes, CredentialKind Accepted, bool ForwardUnverifiedEmail);
