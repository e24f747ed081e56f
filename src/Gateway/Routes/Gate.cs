using Gateway.Platform;
using Gateway.Sessions;

namespace Gateway.Routes;

/// <summary>May this request go on, and as whom?</summary>
internal sealed class Gate(Identities identities, Revocations revocations, Freshness freshness, CrossSite crossSite)
{
    public ValueTask<Verdict> JudgeAsync(HttpContext http, RoutePolicy policy)
    {
        if (policy.IsPublic)
            return new(Verdict.Anonymous);
        if (!Credentials.TryRead(http.Request, policy.Accepts, out var credential))
            return new(Verdict.Refused(Problems.AmbiguousCredentials));
        if (credential.IsNone)
            return new(policy.WithoutIdentity);
        if (credential.Kind is CredentialKind.Cookie && !crossSite.Allows(http))
            return new(Verdict.Refused(Problems.CsrfFailed));

        return freshness.Holds && identities.TryGet(credential, out var identity) && revocations.Hit(identity) is RevocationHit.None
            ? new(policy.Judge(identity))                         // a hit: synchronous, nothing allocated
            : JudgeSlowlyAsync(credential, policy, http.RequestAborted);
    }

    private async ValueTask<Verdict> JudgeSlowlyAsync(Credential credential, RoutePolicy policy, CancellationToken ct)
    {
        if (!freshness.Holds)
            return Verdict.Refused(Problems.RevocationStale);

        if (identities.TryGet(credential, out var remembered))
        {
            if (Refusal(remembered) is { } known)
                return Refuse(credential, known, policy);

            // What a cookie stands for has changed since: read it again.
            if (revocations.Hit(remembered) is RevocationHit.OutOfDate)
                identities.Forget(remembered);
        }

        var (identity, refusal) = await identities.VerifyAsync(credential, ct);
        if (identity is null)
            return Refuse(credential, refusal!, policy);

        // It may have been revoked while it was being verified.
        return (Refusal(identity) ?? (revocations.Hit(identity) is RevocationHit.None ? null : Problems.StoreUnavailable)) is { } late
            ? Refuse(credential, late, policy)
            : policy.Judge(identity);
    }

    private Problem? Refusal(Identity identity) => (revocations.Hit(identity), identity.Kind) switch
    {
        (RevocationHit.None, _) or (RevocationHit.OutOfDate, CredentialKind.Cookie) => null,
        (RevocationHit.Disabled, _) => Problems.AccountDisabled,
        (_, CredentialKind.Cookie) => Problems.SessionEnded,
        (RevocationHit.OutOfDate, _) => Problems.TokenOutdated,
        _ => Problems.TokenRevoked,
    };

    // A browser cannot drop a cookie that no longer holds; where a visitor will do, it is one.
    private static Verdict Refuse(Credential credential, Problem refusal, RoutePolicy policy) =>
        policy.AllowsAnonymous && credential.Kind is CredentialKind.Cookie && refusal == Problems.SessionEnded
            ? Verdict.Anonymous
            : Verdict.Refused(refusal);
}
