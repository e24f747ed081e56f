using Gateway.Platform.Database;
using Gateway.Tokens;

namespace Gateway.Sessions;

/// <summary>Writes revocations into the caller's transaction; <see cref="RevocationNews"/> tells of them after the commit.</summary>
internal sealed class RevocationLog(TokenLifetimes lifetimes, TokenOptions tokens, TimeProvider clock)
{
    public void Session(GatewayDatabase db, string sessionId) => Add(db, Own(RevocationKind.Session, sessionId));

    public void Token(GatewayDatabase db, string tokenId) => Add(db, Own(RevocationKind.Token, tokenId));

    /// <summary>Who hears of Redis alone does not see that the key is gone.</summary>
    public void Key(GatewayDatabase db, string keyId) => Add(db, Own(RevocationKind.Key, keyId));

    public void User(GatewayDatabase db, string userId, int version, bool disabled)
    {
        var row = Own(RevocationKind.User, userId);
        (row.Version, row.Disabled) = (version, disabled);
        Add(db, row);
    }

    /// <summary>Of another issuer. A user, or everything, means what was issued until now; its clock may be ahead of ours.</summary>
    public void Foreign(GatewayDatabase db, TrustedIssuerOptions issuer, RevocationKind kind, string value)
    {
        var now = clock.GetUtcNow();
        Add(db, new()
        {
            Issuer = issuer.Issuer,
            Kind = kind,
            Value = value,
            IssuedUntil = kind is RevocationKind.User or RevocationKind.Issuer ? (now + tokens.ClockSkew).ToUnixTimeSeconds() : null,

            // A token that may live for ever is revoked for ever.
            ExpiresAt = issuer.MaxLifetime is null ? DateTimeOffset.MaxValue : now + lifetimes.Revocation,
        });
    }

    private Revocation Own(RevocationKind kind, string value) =>
        new() { Issuer = Revocation.OwnIssuer, Kind = kind, Value = value, ExpiresAt = clock.GetUtcNow() + lifetimes.Revocation };

    private static void Add(GatewayDatabase db, Revocation row) => db.Add(row);
}
