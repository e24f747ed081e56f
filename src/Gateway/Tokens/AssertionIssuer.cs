using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Gateway.Tokens;

/// <summary>Makes what a backend can check for itself: who is there, signed for its cluster alone. A JWT with a type of its own, so that nobody takes it for an access token (RFC 8725 section 3.11).</summary>
internal sealed class AssertionIssuer(SigningKeys keys, Issuers issuers, TimeProvider clock)
{
    /// <summary>Signed with a key that nobody else can check it with.</summary>
    public const string Unpublished = "HS256";

    public const string Type = "gateway-assertion+jwt";

    private const int Lifetime = 60;      // seconds
    private static readonly JsonWebTokenHandler Handler = new() { SetDefaultTimesOnTokenCreation = false };

    /// <param name="claims">What it says.</param>
    /// <param name="audience">For whom.</param>
    /// <param name="validUntil">Until when it is known; the assertion does not outlive that, to the second.</param>
    public Assertion Issue(AssertedClaims claims, string audience, DateTimeOffset validUntil)
    {
        var edition = keys.Edition;
        var issuedAt = clock.GetUtcNow().ToUnixTimeSeconds();
        var full = issuedAt + Lifetime;
        var expiresAt = Math.Clamp(validUntil.ToUnixTimeSeconds(), issuedAt + 1, full);
        var key = Signing();
        var text = Handler.CreateToken(
            Encoding.UTF8.GetString(Payload(claims, audience, issuedAt, expiresAt)),
            new SigningCredentials(key.Security, key.Row.Algorithm),
            new Dictionary<string, object> { ["typ"] = Type });

        // What ends with the identity cannot be renewed: it ends together with it.
        return new(text, edition, expiresAt < full ? long.MaxValue : issuedAt + (Lifetime / 2));
    }

    /// <summary>Has it half its life left, and is the key still there that signed it?</summary>
    public bool IsFresh(Assertion assertion) =>
        ReferenceEquals(assertion.Edition, keys.Edition) && clock.GetUtcNow().ToUnixTimeSeconds() <= assertion.RenewAfter;

    // For ten seconds after another algorithm was configured, the key in force may still be an unpublished one; its successor is published already.
    private SigningKeys.Key Signing() =>
        keys.Current is { Row.Algorithm: not Unpublished } current ? current : keys.Published.Last(key => key.Row.Algorithm != Unpublished);

    private byte[] Payload(AssertedClaims claims, string audience, long issuedAt, long expiresAt)
    {
        var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("iss", issuers.Own.Name);
            json.WriteString("aud", audience);
            json.WriteString("jti", Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)));
            json.WriteNumber("iat", issuedAt);
            json.WriteNumber("exp", expiresAt);
            claims.WriteTo(json);
            json.WriteEndObject();
        }

        return buffer.ToArray();
    }
}

/// <summary>One of them, as it is sent with every request until it is renewed.</summary>
internal sealed record Assertion(string Text, object Edition, long RenewAfter);
