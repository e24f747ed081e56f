using System.Text;
using Gateway.Platform;
using Microsoft.IdentityModel.Tokens;

namespace Gateway.Tokens;

/// <summary>Did an issuer that we believe sign this token, for us, and is it in force?</summary>
internal sealed class TokenVerifier(TokenOptions options, TimeProvider clock)
{
    public async ValueTask<Verified> VerifyAsync(string token, int maxBytes, IssuerSet issuers, CancellationToken ct)
    {
        if (Read(token, maxBytes, issuers) is not ({ } issuer, { } parsed, _))
            return Refuse(Problems.TokenInvalid);

        var claims = parsed.Claims;
        var (key, trouble) = await issuer.Keys.FindAsync(parsed.KeyId, parsed.Algorithm, ct);
        if (key is null)
            return Refuse(trouble ?? Problems.TokenInvalid);

        if (!IsSigned(token, parsed, key))
            return Refuse(Problems.TokenInvalid);

        return InForce(claims) is { } refusal ? Refuse(refusal) : new(issuer, claims, null);
    }

    /// <summary>What it says and who should have signed it: nothing of it is believed yet.</summary>
    public static (Issuer? Issuer, CompactToken? Token, Problem? Refusal) Read(string token, int maxBytes, IssuerSet issuers) =>
        token.Length <= maxBytes && CompactToken.TryParse(token) is { } parsed && issuers.Find(parsed.Claims.Issuer) is { } issuer
        && issuer.Accepts(parsed) && !parsed.Claims.HasControlIn(issuers.Spoken.Names.Append(issuer.RolesClaim))
            ? (issuer, parsed, null)
            : (null, null, Problems.TokenInvalid);

    /// <remarks>The library's own way to validate a token reads it once more, and asks again what <see cref="Issuer.Accepts"/> has answered.</remarks>
    private static bool IsSigned(string token, CompactToken parsed, SecurityKey key)
    {
        var crypto = key.CryptoProviderFactory;
        SignatureProvider provider;
        try
        {
            provider = crypto.CreateForVerifying(key, parsed.Algorithm);
        }
        // A key of another kind, or one that an issuer publishes and that is none: it has signed nothing.
        catch (Exception)
        {
            return false;
        }

        try
        {
            return provider.Verify(Encoding.ASCII.GetBytes(token, 0, parsed.SignedLength), parsed.Signature);
        }
        finally
        {
            crypto.ReleaseSignatureProvider(provider);
        }
    }

    public Problem? InForce(Claims claims)
    {
        var now = clock.GetUtcNow().ToUnixTimeSeconds();
        var skew = (long)options.ClockSkew.TotalSeconds;
        return claims.NotBefore > now + skew || claims.IssuedAt > now + skew ? Problems.TokenInvalid
            : claims.ExpiresAt + skew <= now ? Problems.TokenExpired
            : null;
    }

    private static Verified Refuse(Problem problem) => new(null, null, problem);
}

/// <summary>Who has signed what; or why it counts for nothing.</summary>
internal sealed record Verified(Issuer? Issuer, Claims? Claims, Problem? Refusal);
