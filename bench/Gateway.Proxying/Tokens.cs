using System.Security.Cryptography;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Gateway.Bench;

/// <summary>An issuer that every peer trusts, and what it has issued: ES256.</summary>
internal sealed class Tokens : IDisposable
{
    public const string Issuer = "https://issuer.bench", Audience = "bench", KeyId = "bench";

    private readonly ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public Tokens(int count) => All = Mint(count);

    public string[] All { get; }

    public string Jwks
    {
        get
        {
            var point = key.ExportParameters(false).Q;
            return new JsonObject { ["keys"] = new JsonArray(new JsonObject { ["kty"] = "EC", ["kid"] = KeyId, ["use"] = "sig", ["alg"] = "ES256", ["crv"] = "P-256", ["x"] = Base64UrlEncoder.Encode(point.X), ["y"] = Base64UrlEncoder.Encode(point.Y) }) }.ToJsonString();
        }
    }

    /// <summary>One of a gateway's TrustedIssuers.</summary>
    public static JsonObject Trusted(string jwks) =>
        new() { ["Issuer"] = Issuer, ["Audiences"] = new JsonArray(Audience), ["Algorithms"] = new JsonArray("ES256"), ["JwksFile"] = jwks, ["RolesClaim"] = "role" };

    public string[] Mint(int count) => [.. Enumerable.Range(0, count).AsParallel().Select(MintOne)];

    private string MintOne(int n) => new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(new SecurityTokenDescriptor
    {
        Issuer = Issuer,
        Audience = Audience,
        IssuedAt = DateTime.UtcNow,
        NotBefore = DateTime.UtcNow.AddSeconds(-5),
        Expires = DateTime.UtcNow.AddDays(1),
        Claims = new Dictionary<string, object> { ["sub"] = $"user{n}", ["email"] = $"user{n}@example.com", ["role"] = "member", ["sid"] = Guid.NewGuid().ToString("N"), ["jti"] = Guid.NewGuid().ToString("N") },
        SigningCredentials = new(new ECDsaSecurityKey(key) { KeyId = KeyId }, SecurityAlgorithms.EcdsaSha256),
    });

    public void Dispose() => key.Dispose();
}
