using Gateway.Platform;
using Gateway.Platform.Configuration;

namespace Gateway.Tokens;

/// <summary>Whose tokens do we believe?</summary>
internal sealed class Issuers
{
    private readonly Dictionary<string, Issuer> byName;

    public Issuers(TokenOptions tokens, GatewayOptions gateway, SigningKeys keys, TimeProvider clock, ILogger<PublishedKeys> logger)
    {
        Own = new(tokens.Issuer ?? gateway.Origin, keys, [tokens.Audience], ["ES256", "RS256", "PS256", "HS256"], tokens);      // each key pins its own; after a change the old ones still verify
        byName = tokens.TrustedIssuers
            .Select(o => new Issuer(o.Issuer, new PublishedKeys(o, clock, logger), o.Audiences, o.Algorithms, tokens) { Trusted = o })
            .Prepend(Own)
            .ToDictionary(i => i.Name, StringComparer.Ordinal);
    }

    public Issuer Own { get; }

    public Issuer? Find(string name) => byName.GetValueOrDefault(name);

    /// <summary>What is wrong with the configured issuers taken together.</summary>
    internal sealed class Rule(TokenOptions tokens, GatewayOptions gateway) : ISettingsRule
    {
        public Task<IReadOnlyList<string>> CheckAsync() => Task.FromResult<IReadOnlyList<string>>([.. Check()]);

        private IEnumerable<string> Check()
        {
            var own = tokens.Issuer ?? gateway.Origin;
            foreach (var (i, issuer) in tokens.TrustedIssuers.Index())
            {
                var path = $"{TokenOptions.Section}:TrustedIssuers:{i}";
                if (issuer.Issuer == own)
                    yield return $"{path}:Issuer: '{own}' is the gateway's own. A trusted issuer must be another one; remove the entry.";
                if (tokens.TrustedIssuers.Take(i).Any(other => other.Issuer == issuer.Issuer))
                    yield return $"{path}:Issuer: '{issuer.Issuer}' is there twice. Each issuer may be listed once.";
                if (issuer.JwksFile is { } file && Unreadable(file) is { } error)
                    yield return $"{path}:JwksFile: {file} cannot be used ({error}). It must be a JWKS: {{\"keys\": [...]}}.";
            }
        }

        private static string? Unreadable(string file)
        {
            try
            {
                return PublishedKeys.ReadFile(file).Keys.Count == 0 ? "it holds no key" : null;
            }
            catch (Exception e)
            {
                return e.Message;
            }
        }
    }
}

/// <summary>One issuer, and what a token of its must look like before its signature is worth the work.</summary>
internal sealed record Issuer(string Name, IKeySource Keys, string[] Audiences, string[] Algorithms, TokenOptions Tokens)
{
    private static readonly string[] OwnTypes = ["at+jwt"];

    /// <summary>Null: it is our own.</summary>
    public TrustedIssuerOptions? Trusted { get; init; }

    public string RolesClaim => Trusted?.RolesClaim ?? "roles";

    public bool Accepts(CompactToken token)
    {
        var claims = token.Claims;
        return Algorithms.Contains(token.Algorithm)
            && (Trusted?.Types ?? OwnTypes).Contains(TypeOf(token), StringComparer.OrdinalIgnoreCase)
            && claims.Audiences.Intersect(Audiences, StringComparer.Ordinal).Any()
            && claims.ExpiresAt > claims.IssuedAt
            && (MaxLifetime is not { } max || claims.ExpiresAt - claims.IssuedAt <= max.TotalSeconds)
            && (Trusted is not null || claims is { TokenId: not null, SessionId: not null, Version: not null, Generation: not null } && token.KeyId is not null);
    }

    // "application/" may be written out (RFC 7515 section 4.1.9).
    private static string TypeOf(CompactToken token) =>
        token.Type is not { } type ? "JWT" : type.StartsWith("application/", StringComparison.OrdinalIgnoreCase) ? type["application/".Length..] : type;

    private TimeSpan? MaxLifetime => Trusted is null ? Tokens.AccessLifetime : Trusted.MaxLifetime;
}
