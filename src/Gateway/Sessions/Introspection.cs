using Gateway.Platform;
using Gateway.Platform.Database;
using Gateway.Tokens;

namespace Gateway.Sessions;

/// <summary>Does a token of ours hold at this moment (RFC 7662)? By the same knowledge as the gate; what is not ours is nothing at all.</summary>
internal sealed class Introspection(
    Identities identities, Revocations revocations, Freshness freshness, Refresh refresh, ReadSubject readSubject,
    Issuers issuers, CredentialRules rules, TimeProvider clock)
{
    private static Dictionary<string, object> Inactive => new() { ["active"] = false };

    /// <returns>The members of the answer; or our trouble, which is no verdict.</returns>
    public async Task<(Dictionary<string, object>? Answer, Problem? Trouble)> AnswerAsync(GatewayDatabase db, string token, CancellationToken ct)
    {
        var (identity, trouble) = await FindAsync(token, ct);
        if (trouble is not null)
            return (null, trouble);

        // The gate forgives a skew of clocks; who is told when it ends is told that it has ended.
        if (identity?.Claims.ExpiresAt <= clock.GetUtcNow().ToUnixTimeSeconds())
            return (Inactive, null);

        return (identity is not null ? Say(identity.Claims, identity) : await SayOfRefreshTokenAsync(db, token, ct) ?? Inactive, null);
    }

    /// <summary>The identity behind an access token of ours that holds; also on a gateway that goes on when its news is old, a stale answer is none.</summary>
    /// <returns>Neither: it does not hold, or is no access token of ours.</returns>
    public async Task<(Identity? Identity, Problem? Trouble)> FindAsync(string token, CancellationToken ct)
    {
        if (!await freshness.HoldsAsync(null, OnStale.Deny, ct))
            return (null, Problems.RevocationStale);

        // Another issuer's never comes as far as its keys: nobody may ask us about tokens that are not ours, nor see how long it takes.
        if (token.Length > rules.MaxTokenBytes || CompactToken.TryParse(token)?.Claims.Issuer != issuers.Own.Name)
            return (null, null);

        var credential = new Credential(CredentialKind.Bearer, token, 0, token.Length);
        if (!identities.TryGet(credential, issuers.Current, clock.GetUtcNow(), out var identity))
        {
            (identity, var refusal) = await identities.VerifyAsync(credential, issuers.Current, ct);
            if (identity is null)
                return (null, refusal!.Status >= 500 ? refusal : null);
        }

        return (revocations.Hit(identity) is RevocationHit.None ? identity : null, null);
    }

    private static Dictionary<string, object> Say(Claims claims, Identity identity)
    {
        var answer = new Dictionary<string, object>
        {
            ["active"] = true,
            ["token_type"] = "Bearer",
            ["iss"] = claims.Issuer,
            ["sub"] = claims.Subject,
            ["aud"] = claims.Audiences is [var only] ? only : claims.Audiences,
            ["exp"] = claims.ExpiresAt,
            ["iat"] = claims.IssuedAt,
            ["jti"] = claims.TokenId!,
            ["sid"] = claims.SessionId!,
            ["username"] = identity.Username,
            ["roles"] = identity.Roles,
        };
        if (claims.NotBefore is { } notBefore)
            answer["nbf"] = notBefore;
        if (claims.Scopes.Length > 0)
            answer["scope"] = string.Join(' ', claims.Scopes);
        return answer;
    }

    /// <summary>No audience, roles or type: whoever takes it for an access token finds nothing there that lets it in.</summary>
    private async Task<Dictionary<string, object>?> SayOfRefreshTokenAsync(GatewayDatabase db, string token, CancellationToken ct)
    {
        if (await refresh.SessionInForceAsync(db, token, ct) is not { } session || await readSubject(db, session.UserId, ct) is not { IsDisabled: false } subject)
            return null;

        return new()
        {
            ["active"] = true,
            ["iss"] = issuers.Own.Name,
            ["sub"] = subject.Id,
            ["exp"] = session.EndsAt.ToUnixTimeSeconds(),
            ["sid"] = session.Id,
            ["username"] = subject.Username,
        };
    }
}
