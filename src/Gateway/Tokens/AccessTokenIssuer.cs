using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Gateway.Tokens;

/// <summary>What is known of a signed-in user and the session, to be said in a token.</summary>
internal sealed record AccessClaims(
    string Subject, string Username, string? Email, bool EmailVerified, IReadOnlyList<string> Roles, int Version,
    string SessionId, int Generation, DateTimeOffset AuthenticatedAt, string Method, DateTimeOffset SessionEndsAt);

/// <summary>Makes our access tokens: JWT, <c>typ: at+jwt</c> (RFC 9068).</summary>
internal sealed class AccessTokenIssuer(SigningKeys keys, Issuers issuers, TokenOptions options, TimeProvider clock)
{
    private static readonly JsonWebTokenHandler Handler = new() { SetDefaultTimesOnTokenCreation = false };

    public string Issue(AccessClaims claims)
    {
        var key = keys.Current;
        return Handler.CreateToken(
            Encoding.UTF8.GetString(Payload(claims)),
            new SigningCredentials(key.Security, key.Row.Algorithm),
            new Dictionary<string, object> { ["typ"] = "at+jwt" });
    }

    /// <summary>The same claims without a signature, for an identity that a cookie stands for.</summary>
    public Claims Describe(AccessClaims claims)
    {
        var payload = Payload(claims);
        using var document = JsonDocument.Parse(payload);
        return Claims.TryRead(payload, document.RootElement)!;
    }

    /// <summary>No token outlives its session, as far as that would go on if nobody used it again.</summary>
    public DateTimeOffset ExpiryOf(DateTimeOffset sessionEndsAt, DateTimeOffset now) =>
        now + options.AccessLifetime is var full && full < sessionEndsAt ? full : sessionEndsAt;

    private byte[] Payload(AccessClaims claims)
    {
        var now = clock.GetUtcNow();
        var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("iss", issuers.Own.Name);
            json.WriteString("aud", options.Audience);
            json.WriteString("sub", claims.Subject);
            json.WriteString("jti", Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)));
            json.WriteString("sid", claims.SessionId);
            json.WriteNumber("gen", claims.Generation);
            json.WriteNumber("iat", now.ToUnixTimeSeconds());
            json.WriteNumber("exp", ExpiryOf(claims.SessionEndsAt, now).ToUnixTimeSeconds());
            json.WriteNumber("auth_time", claims.AuthenticatedAt.ToUnixTimeSeconds());
            json.WriteStartArray("amr");
            json.WriteStringValue(claims.Method);
            json.WriteEndArray();
            json.WriteString("preferred_username", claims.Username);
            if (claims.Email is not null)
            {
                json.WriteString("email", claims.Email);
                json.WriteBoolean("email_verified", claims.EmailVerified);
            }

            json.WriteStartArray("roles");
            foreach (var role in claims.Roles)
                json.WriteStringValue(role);
            json.WriteEndArray();
            json.WriteString("scope", "");      // our users' tokens are not limited to scopes
            json.WriteNumber("ver", claims.Version);
            json.WriteEndObject();
        }

        return buffer.ToArray();
    }
}
