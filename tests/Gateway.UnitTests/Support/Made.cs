using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using Gateway.Platform;
using Gateway.Sessions;
using Gateway.Tokens;
using Microsoft.IdentityModel.Tokens;

namespace Gateway.UnitTests.Support;

/// <summary>Things as they would be after everything before them went well.</summary>
internal static class Made
{
    public const string Issuer = "https://login.example.com/";

    public static readonly DateTimeOffset Forever = new(2099, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static Claims Claims(string more = "", string issuer = OwnIssuer.Name, string subject = "u1", long issuedAt = 1)
    {
        var json = Encoding.UTF8.GetBytes($$"""{"iss":"{{issuer}}","sub":"{{subject}}","aud":"gateway","iat":{{issuedAt}},"exp":{{issuedAt + 1}}{{(more.Length > 0 ? "," + more : "")}}}""");
        using var document = JsonDocument.Parse(json);
        return Gateway.Tokens.Claims.TryRead(json, document.RootElement.Clone()) ?? throw new ArgumentException("These are no claims.", nameof(more));
    }

    /// <summary>An identity of our own issuer.</summary>
    public static Identity Identity(string more = """ "jti":"t1","sid":"s1","ver":1""", string credential = "credential", CredentialKind kind = CredentialKind.Bearer, DateTimeOffset? validUntil = null) =>
        new(kind, credential, Own, Claims(more), false, validUntil ?? Forever);

    /// <summary>An identity of a trusted issuer.</summary>
    public static Identity Foreign(string more = "", Action<TrustedIssuerOptions>? configure = null, long issuedAt = 1)
    {
        var trusted = new TrustedIssuerOptions { Issuer = Issuer, Audiences = ["gateway"] };
        configure?.Invoke(trusted);
        return new(CredentialKind.Bearer, "foreign", Own with { Name = Issuer, Trusted = trusted }, Claims(more, Issuer, issuedAt: issuedAt), false, Forever);
    }

    public static readonly Issuer Own = new(OwnIssuer.Name, new NoKeys(), ["gateway"], ["ES256"], new TokenOptions());

    /// <summary>A compact token of these parts as they are.</summary>
    public static string Token(string header, string payload, string signature = "signature") =>
        $"{Base64(header)}.{Base64(payload)}.{Base64(signature)}";

    public static string Base64(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));

    public static string Base64(byte[] bytes) => Base64Url.EncodeToString(bytes);

    public static Secrets Secrets(params string[] texts)
    {
        var secrets = new Secrets();
        secrets.Use(texts.DefaultIfEmpty("a secret of thirty-two bytes or more").Select(text => new Secret(text)));
        return secrets;
    }

    private sealed class NoKeys : IKeySource
    {
        public ValueTask<SoughtKey> FindAsync(string? keyId, string algorithm, CancellationToken ct) => new(new SoughtKey(null, null));
    }
}
