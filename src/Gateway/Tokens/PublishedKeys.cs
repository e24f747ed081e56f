using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace Gateway.Tokens;

/// <summary>The keys of another issuer: from a file, a JWKS address or its discovery document.</summary>
internal sealed class PublishedKeys(TrustedIssuerOptions issuer, IConfigurationManager<OpenIdConnectConfiguration> source) : IKeySource
{
    public static PublishedKeys For(TrustedIssuerOptions issuer) => new(issuer, Source(issuer));

    /// <exception cref="Exception">The file cannot be read, or holds no JWKS.</exception>
    public static JsonWebKeySet ReadFile(string file) => new(File.ReadAllText(file));

    public async ValueTask<SecurityKey?> FindAsync(string? keyId, string algorithm, CancellationToken ct)
    {
        var published = await source.GetConfigurationAsync(ct);
        if (Find(published, keyId, algorithm) is { } key)
            return key;

        // The issuer may have rotated. The manager fetches in the background, at most once in its refresh interval.
        source.RequestRefresh();
        return Find(await source.GetConfigurationAsync(ct), keyId, algorithm);
    }

    private JsonWebKey? Find(OpenIdConnectConfiguration published, string? keyId, string algorithm)
    {
        // A discovery document that speaks for somebody else is no key source for this issuer (RFC 8414 section 3.3).
        if (published.Issuer is not null && published.Issuer != issuer.Issuer)
            return null;

        var fitting = published.JsonWebKeySet.Keys.Where(k => Fits(k, algorithm) && (keyId is null || k.Kid == keyId)).Take(2).ToArray();
        return fitting.Length == 1 ? fitting[0] : null;
    }

    private static bool Fits(JsonWebKey key, string algorithm) =>
        key.Use is null or "sig"
        && (key.Alg is null || key.Alg == algorithm)
        && key.Kty == algorithm[..2] switch { "ES" => "EC", "HS" => "oct", _ => "RSA" };

    private static IConfigurationManager<OpenIdConnectConfiguration> Source(TrustedIssuerOptions issuer)
    {
        if (issuer.JwksFile is { } file)
            return new StaticConfigurationManager<OpenIdConnectConfiguration>(new() { JsonWebKeySet = ReadFile(file) });

        var options = new JwtBearerOptions
        {
            Authority = issuer.Issuer,
            RequireHttpsMetadata = false,      // TrustedIssuerOptions has refused http from anywhere but this machine
            BackchannelTimeout = TimeSpan.FromSeconds(4),
            RefreshInterval = TimeSpan.FromSeconds(30),
        };
        new JwtBearerPostConfigureOptions().PostConfigure(issuer.Issuer, options);

        return issuer.JwksUri is not { } uri
            ? options.ConfigurationManager!
            : new ConfigurationManager<OpenIdConnectConfiguration>(uri, new JwksRetriever(), new HttpDocumentRetriever(options.Backchannel) { RequireHttps = false })
            {
                RefreshInterval = options.RefreshInterval,
            };
    }

    private sealed class JwksRetriever : IConfigurationRetriever<OpenIdConnectConfiguration>
    {
        public async Task<OpenIdConnectConfiguration> GetConfigurationAsync(string address, IDocumentRetriever retriever, CancellationToken cancel) =>
            new() { JsonWebKeySet = new(await retriever.GetDocumentAsync(address, cancel)) };
    }
}
