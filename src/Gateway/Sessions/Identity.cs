using Gateway.Sessions.Connections;
using Gateway.Tokens;

namespace Gateway.Sessions;

/// <summary>Whom a credential proved, and until when that may be remembered.</summary>
internal sealed class Identity
{
    private (string Claim, string[] Values)[] known = [];

    public Identity(CredentialKind kind, string credential, Issuer issuer, Claims claims, bool forwardUnverifiedEmail, DateTimeOffset validUntil)
    {
        Kind = kind;
        Credential = credential;
        Issuer = issuer;
        Claims = claims;
        RememberedUntil = ValidUntil = validUntil;
        Subject = issuer.Trusted?.SubjectPrefix + claims.Subject;
        Username = claims.Name ?? Subject;
        Email = forwardUnverifiedEmail || (claims.EmailVerified ?? !IsOwn) ? claims.Email : null;
        Roles = RolesOf(issuer, claims);
        Version = claims.Version ?? 0;
        var name = IsOwn ? Revocation.OwnIssuer : issuer.Name;
        TokenKey = claims.TokenId is { } jti ? RevocationKey.Of(RevocationKind.Token, name, jti) : default;
        SessionKey = claims.SessionId is { } sid ? RevocationKey.Of(RevocationKind.Session, name, sid) : default;
        UserKey = RevocationKey.Of(RevocationKind.User, name, claims.Subject);
        IssuerKey = IsOwn ? default : RevocationKey.Of(RevocationKind.Issuer, name, "");
        KeyKey = IsOwn && claims.KeyId is { } kid ? RevocationKey.Of(RevocationKind.Key, name, kid) : default;
    }

    /// <summary>The same credential, with what the store says of its user by now.</summary>
    public Identity(Identity before, Claims claims, Issuer issuer, bool forwardUnverifiedEmail)
        : this(before.Kind, before.Credential, issuer, claims, forwardUnverifiedEmail, before.ValidUntil)
    {
        (TokenKey, KeyKey) = (before.TokenKey, before.KeyKey);
    }

    public CredentialKind Kind { get; }

    /// <summary>The exact text that was verified: the key of the cache.</summary>
    public string Credential { get; }

    public Issuer Issuer { get; }

    /// <summary>Our own issuer's: only those open the gateway's own endpoints.</summary>
    public bool IsOwn => Issuer.Trusted is null;

    public Claims Claims { get; }

    public DateTimeOffset ValidUntil { get; }

    /// <summary>Until then it need not be verified once more: its issuer may withdraw a key that we have to ask for.</summary>
    public DateTimeOffset RememberedUntil { get; init; }

    public string Subject { get; }

    public string Username { get; }

    /// <summary>Null unless it is verified: an unverified address would be account takeover where backends match by it.</summary>
    public string? Email { get; }

    public string[] Roles { get; }

    public long Version { get; }

    /// <summary>What may be revoked of it, see <see cref="RevocationKey"/>; the default: it has no such thing.</summary>
    public RevocationKey TokenKey { get; }

    public RevocationKey SessionKey { get; }

    public RevocationKey UserKey { get; }

    public RevocationKey IssuerKey { get; }

    public RevocationKey KeyKey { get; }

    /// <summary>The state of the revocations in which this identity was last found clean.</summary>
    public long CleanAt
    {
        get => Volatile.Read(ref cleanAt);
        set => Volatile.Write(ref cleanAt, value);
    }

    private long cleanAt;

    /// <summary>From then on (UTC ticks) its next use is noted in its session; never for another issuer's.</summary>
    public long NoteAfter
    {
        get => Volatile.Read(ref noteAfter);
        set => Volatile.Write(ref noteAfter, value);
    }

    private long noteAfter = long.MaxValue;

    /// <summary>What its session has open at the moment, kept by <see cref="OpenConnections"/>.</summary>
    public OpenConnections.Share? Share { get; set; }

    /// <summary>What Routes tells backends about this identity, built once.</summary>
    public object? Headers { get; set; }

    /// <summary>All values of a claim, read once; dots lead into objects. Policies and headers see the same: never an address that is not verified.</summary>
    public string[] ValuesOf(string claim)
    {
        if (claim == "roles")
            return Roles;
        foreach (var (name, read) in known)
        {
            if (name == claim)
                return read;
        }

        // Copied, so that readers on other threads need no lock; a claim that two look up at once is read twice.
        string[] values = claim switch
        {
            "sub" => [Subject],
            "preferred_username" => [Username],
            "email" => Email is null ? [] : [Email],
            "sid" when Claims.SessionId is { } sid => [sid],
            "jti" when Claims.TokenId is { } jti => [jti],
            _ => Claims.Values(claim),
        };
        known = [.. known, (claim, values)];
        return values;
    }

    private static string[] RolesOf(Issuer issuer, Claims claims)
    {
        var roles = claims.Words(issuer.Trusted?.RolesClaim ?? "roles");
        return issuer.Trusted?.Roles is { } allowed ? [.. roles.Intersect(allowed, StringComparer.Ordinal)] : roles;
    }
}
