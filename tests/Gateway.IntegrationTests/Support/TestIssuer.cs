using System.Security.Cryptography;

namespace Gateway.IntegrationTests.Support;

/// <summary>Another issuer of tokens, with keys of its own and no library between it and the bytes.</summary>
public sealed class TestIssuer
{
    private readonly AsymmetricAlgorithm key;

    public TestIssuer(string issuer, string algorithm = "ES256", string audience = "orders") : this(issuer, audience, NewKey(algorithm), Guid.NewGuid().ToString("N")) { }

    public TestIssuer(string issuer, string audience, AsymmetricAlgorithm key, string keyId) => (Issuer, Audience, this.key, KeyId) = (issuer, audience, key, keyId);

    /// <summary>Another issuer's name with that one's key.</summary>
    public TestIssuer(string issuer, string audience, TestIssuer signer) : this(issuer, audience, signer.key, signer.KeyId) { }

    public string Issuer { get; }

    public string Audience { get; }

    public string KeyId { get; }

    public string Algorithm => key is RSA ? "RS256" : "ES256";

    /// <summary>The same issuer with another key, as after a rotation or as someone would who only claims to be it.</summary>
    public TestIssuer WithAnotherKey(bool sameKeyId = false) => new(Issuer, Audience, NewKey(Algorithm), sameKeyId ? KeyId : Guid.NewGuid().ToString("N"));

    public JsonObject Header() => new() { ["alg"] = Algorithm, ["typ"] = "at+jwt", ["kid"] = KeyId };

    public JsonObject Payload()
    {
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        return new() { ["iss"] = Issuer, ["aud"] = Audience, ["sub"] = "u-1", ["iat"] = now, ["exp"] = now + 300, ["jti"] = Guid.NewGuid().ToString("N") };
    }

    /// <summary>A good token, with these claims over the usual ones.</summary>
    public string Token(JsonObject? claims = null)
    {
        var payload = Payload();
        foreach (var (name, value) in claims ?? [])
            payload[name] = value?.DeepClone();
        return Sign(Header(), payload);
    }

    public string Sign(JsonObject header, JsonObject payload) => Sign(header.ToJsonString(), payload.ToJsonString());

    public string Sign(string header, string payload) => Sign(Encoding.UTF8.GetBytes(header), Encoding.UTF8.GetBytes(payload));

    public string Sign(byte[] header, byte[] payload)
    {
        var signed = $"{Jwt.Encode(header)}.{Jwt.Encode(payload)}";
        return $"{signed}.{Jwt.Encode(SignatureOf(Encoding.ASCII.GetBytes(signed)))}";
    }

    /// <summary>The public key as the text that attackers feed to HMAC.</summary>
    public string PublicKeyPem => key.ExportSubjectPublicKeyInfoPem();

    public static string Jwks(params TestIssuer[] issuers) => new JsonObject { ["keys"] = new JsonArray([.. issuers.Select(i => i.Jwk())]) }.ToJsonString();

    public JsonObject Jwk()
    {
        var jwk = new JsonObject { ["kid"] = KeyId, ["alg"] = Algorithm, ["use"] = "sig" };
        if (key is RSA rsa)
        {
            var numbers = rsa.ExportParameters(includePrivateParameters: false);
            (jwk["kty"], jwk["n"], jwk["e"]) = ("RSA", Jwt.Encode(numbers.Modulus!), Jwt.Encode(numbers.Exponent!));
        }
        else
        {
            var point = ((ECDsa)key).ExportParameters(includePrivateParameters: false).Q;
            (jwk["kty"], jwk["crv"], jwk["x"], jwk["y"]) = ("EC", "P-256", Jwt.Encode(point.X!), Jwt.Encode(point.Y!));
        }
        return jwk;
    }

    /// <summary>An entry of TrustedIssuers for this issuer; where its keys are comes from the caller.</summary>
    public JsonObject Entry() => new() { ["Issuer"] = Issuer, ["Audiences"] = new JsonArray(Audience), ["Algorithms"] = new JsonArray(Algorithm) };

    /// <summary>Serves discovery and keys from that backend, whose address must then be this issuer's name.</summary>
    public void PublishAt(RecordingBackend server)
    {
        server.AnswerJson("/.well-known/openid-configuration", new JsonObject { ["issuer"] = Issuer, ["jwks_uri"] = new Uri(server.Url, "/keys").ToString() }.ToJsonString());
        server.AnswerJson("/keys", Jwks(this));
    }

    private byte[] SignatureOf(byte[] bytes) => key is RSA rsa
        ? rsa.SignData(bytes, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
        : ((ECDsa)key).SignData(bytes, HashAlgorithmName.SHA256);

    private static AsymmetricAlgorithm NewKey(string algorithm) => algorithm == "RS256" ? RSA.Create(2048) : ECDsa.Create(ECCurve.NamedCurves.nistP256);
}
