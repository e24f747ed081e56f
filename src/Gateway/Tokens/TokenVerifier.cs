using Gateway.Platform;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Gateway.Tokens;

/// <summary>Did an issuer that we believe sign this token, for us, and is it in force?</summary>
internal sealed class TokenVerifier(TokenOptions options, TimeProvider clock)
{
    private static readonly JsonWebTokenHandler Handler = new() { MapInboundClaims = false, MaximumTokenSizeInBytes = int.MaxValue };

    public async ValueTask<(Issuer? Issuer, Claims? Claims, Problem? Refusal)> VerifyAsync(string token, int maxBytes, IssuerSet issuers, CancellationToken ct)
    {
        if (Read(token, maxBytes, issuers) is not ({ } issuer, { } parsed, _))
            return Refuse(Problems.TokenInvalid);

        var claims = parsed.Claims;
        var (key, trouble) = await issuer.Keys.FindAsync(parsed.KeyId, parsed.Algorithm, ct);
        if (key is null)
            return Refuse(trouble ?? Problems.TokenInvalid);

        var result = await Handler.ValidateTokenAsync(token, new TokenValidationParameters
        {
            IssuerSigningKey = key,
            TryAllIssuerSigningKeys = false,
            IssuerSigningKeyResolver = (_, _, _, _) => [key],
            ValidAlgorithms = [parsed.Algorithm],
            ValidIssuer = issuer.Name,
            ValidAudiences = issuer.Audiences,
            IgnoreTrailingSlashWhenValidatingAudience = false,
            ValidateLifetime = false,      // below, by our clock, so that expired and never valid are told apart
        });
        if (!result.IsValid)
            return Refuse(Problems.TokenInvalid);

        return InForce(claims) is { } refusal ? Refuse(refusal) : (issuer, claims, null);
    }

    /// <summary>What it says and who should have signed it: nothing of it is believed yet.</summary>
    public static (Issuer? Issuer, CompactToken? Token, Problem? Refusal) Read(string token, int maxBytes, IssuerSet issuers) =>
        token.Length <= maxBytes && CompactToken.TryParse(token) is { } parsed && issuers.Find(parsed.Claims.Issuer) is { } issuer
        && issuer.Accepts(parsed) && !parsed.Claims.HasControlIn([.. issuers.Spoken.Names, issuer.RolesClaim])
            ? (issuer, parsed, null)
            : (null, null, Problems.TokenInvalid);

    public Problem? InForce(Claims claims)
    {
        var now = clock.GetUtcNow().ToUnixTimeSeconds();
        var skew = (long)options.ClockSkew.TotalSeconds;
        return claims.NotBefore > now + skew || claims.IssuedAt > now + skew ? Problems.TokenInvalid
            : claims.ExpiresAt + skew <= now ? Problems.TokenExpired
            : null;
    }

    private static (Issuer?, Claims?, Problem?) Refuse(Problem problem) => (null, null, problem);
}
