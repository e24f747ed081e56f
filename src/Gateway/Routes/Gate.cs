using System.Net;
using Gateway.Platform;
using Gateway.Sessions;
using Gateway.Tokens;

namespace Gateway.Routes;

/// <summary>May this request go on, and as whom?</summary>
internal sealed class Gate(Identities identities, Issuers issuers, Revocations revocations, Freshness freshness, Reluctance reluctance, CrossSite crossSite, TimeProvider clock)
{
    private const int MaxReads = 8;      // a reading may be one that began before the change, for somebody else

    public ValueTask<Verdict> JudgeAsync(HttpContext http, RoutePolicy policy)
    {
        if (policy.IsPublic)
            return new(Verdict.Anonymous);
        if (!Credentials.TryRead(http.Request, policy.Accepts, out var credential))
            return new(Verdict.Refused(Problems.AmbiguousCredentials));

        return (policy.Accepts & CredentialKind.Body) != 0 && BodyToken.MayBeIn(http)
            ? JudgeWithBodyAsync(credential, http, policy)
            : JudgeAsync(credential, http, policy);
    }

    private async ValueTask<Verdict> JudgeWithBodyAsync(Credential credential, HttpContext http, RoutePolicy policy)
    {
        var (token, refusal) = await BodyToken.ReadAsync(http.Request, http.RequestAborted);
        if (refusal is not null)
            return Verdict.Refused(refusal);
        if (token is null)
            return await JudgeAsync(credential, http, policy);

        return credential.IsNone
            ? await JudgeAsync(new(CredentialKind.Bearer, token, 0, token.Length), http, policy)
            : Verdict.Refused(Problems.AmbiguousCredentials);
    }

    private ValueTask<Verdict> JudgeAsync(Credential credential, HttpContext http, RoutePolicy policy)
    {
        if (credential.IsNone)
            return new(policy.WithoutIdentity);
        if (credential.Kind is CredentialKind.Cookie && !crossSite.Allows(http) && !CrossOrigin.IsInvited(http.Request, policy.Cors))
            return new(Verdict.Refused(Problems.CsrfFailed));

        var now = clock.GetUtcNow();
        return freshness.HoldsNow(policy.MaxStaleness, now) && identities.TryGet(credential, Trusted(policy), now, out var identity) && revocations.Hit(identity) is RevocationHit.None
            ? new(policy.Judge(new(identity, http.Connection.RemoteIpAddress, now)) with { IsFromMemory = true })      // a hit: synchronous, nothing allocated
            : JudgeSlowlyAsync(credential, policy, http.Connection.RemoteIpAddress, http.RequestAborted);
    }

    private async ValueTask<Verdict> JudgeSlowlyAsync(Credential credential, RoutePolicy policy, IPAddress? peer, CancellationToken ct)
    {
        await PoolThread.EnterAsync();      // the store may be asked
        if (!await freshness.HoldsAsync(policy.MaxStaleness, policy.OnStale, ct))
            return Verdict.Refused(Problems.RevocationStale);

        for (var reads = 0; reads < MaxReads; reads++)
        {
            var isFromMemory = true;
            if (!identities.TryGet(credential, Trusted(policy), clock.GetUtcNow(), out var identity))
            {
                isFromMemory = false;
                (identity, var refusal) = await identities.VerifyAsync(credential, Trusted(policy), ct);
                if (identity is null)
                {
                    if (refusal!.Status is StatusCodes.Status401Unauthorized)
                        await reluctance.WaitAsync(ct);
                    return Refuse(credential, refusal, policy);
                }

                // Behind whoever is still to be verified: where many are, the processor keeps what it needs for signatures at hand, and then what it needs to forward.
                await Task.Yield();
            }

            // Also what was verified just now: it may have been revoked meanwhile.
            var hit = revocations.Hit(identity);
            if (hit is RevocationHit.None)
                return policy.Judge(new(identity, peer, clock.GetUtcNow())) with { IsFromMemory = isFromMemory };
            if (hit is not RevocationHit.OutOfDate || identity.Kind is not CredentialKind.Cookie)
                return Refuse(credential, Refusal(hit, identity.Kind), policy) with { IsFromMemory = isFromMemory, Whose = identity };

            // What a cookie stands for has changed since: read it again.
            identities.Forget(identity);
        }

        return Verdict.Refused(Problems.Busy);      // it changes faster than it can be read
    }

    private IssuerSet Trusted(RoutePolicy policy) => policy.Issuers ?? issuers.Current;

    /// <summary>What is said to a credential of this kind.</summary>
    public static Problem Refusal(RevocationHit hit, CredentialKind kind) => (hit, kind) switch
    {
        (RevocationHit.Disabled, _) => Problems.AccountDisabled,
        (_, CredentialKind.Cookie) => Problems.SessionEnded,
        (RevocationHit.OutOfDate, _) => Problems.TokenOutdated,
        (RevocationHit.TokenAlone, _) => Problems.TokenAloneRevoked,
        _ => Problems.TokenRevoked,
    };

    // A browser cannot drop a cookie that no longer holds; where a visitor will do, it is one.
    private static Verdict Refuse(Credential credential, Problem refusal, RoutePolicy policy) =>
        policy.AllowsAnonymous && credential.Kind is CredentialKind.Cookie && refusal == Problems.SessionEnded
            ? Verdict.Anonymous
            : Verdict.Refused(refusal);
}
