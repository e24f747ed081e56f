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
        if (token.Length > maxBytes || CompactToken.TryParse(token) is not { } parsed)
            return Refuse(Problems.TokenInvalid);

        var claims = parsed.Claims;
        if (issuers.Find(claims.Issuer) is not { } issuer || !issuer.Accepts(parsed) || claims.HasControlIn([.. issuers.Spoken.Names, issuer.RolesClaim]))
            return Refuse(Problems.TokenInvalid);
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

    private Problem? InForce(Claims claims)
    {
        var now = clock.GetUtcNow().ToUnixTimeSeconds();
        var skew = (long)options.ClockSkew.TotalSeconds;
        return claims.NotBefore > now + skew || claims.IssuedAt > now + skew ? Problems.TokenInvalid
            : claims.ExpiresAt + skew <= now ? Problems.TokenExpired
            : null;
    }

    private static (Issuer?, Claims?, Problem?) Refuse(Problem problem) => (null, null, problem);
}
