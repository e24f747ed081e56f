using System.Security.Cryptography;
using System.Text.Json;
using Gateway.Platform;
using Gateway.Platform.Configuration;

namespace Gateway.Tokens;

/// <summary>Whose tokens do we believe? Our own always; which others may change while serving.</summary>
internal sealed class Issuers
{
    private readonly TokenOptions tokens;
    private readonly TokenLifetimes lifetimes;
    private readonly TimeProvider clock;
    private readonly ILogger<PublishedKeys> logger;
    private volatile IssuerSet current;

    public Issuers(TokenOptions tokens, GatewayOptions gateway, SigningKeys keys, TokenLifetimes lifetimes, TimeProvider clock, ILogger<PublishedKeys> logger)
    {
        (this.tokens, this.lifetimes, this.clock, this.logger) = (tokens, lifetimes, clock, logger);
        Own = new(NameOfOwn(tokens, gateway), keys, [tokens.Audience], ["ES256", "RS256", "PS256", "HS256"], tokens);      // each key pins its own; after a change the old ones still verify
        current = new(Own, [], new([]));
    }

    public Issuer Own { get; }

    /// <summary>Those of the configuration in force. A request is judged by those that came with its route.</summary>
    public IssuerSet Current => current;

    /// <summary>Ours and these. Whoever is trusted already, on the same terms, stays the same, with its keys and whom it has proved.</summary>
    /// <param name="trusted">As they were configured.</param>
    /// <param name="spoken">Which claims leave in headers.</param>
    /// <exception cref="Exception">A JwksFile cannot be read.</exception>
    public IssuerSet Trusting(TrustedIssuerOptions[] trusted, SpokenClaims spoken) => new(Own, [.. trusted.Select(options =>
    {
        var source = SourceOf(options);
        return current.Trusted.FirstOrDefault(known => known.Source == source && TermsOf(known.Trusted!, current.Spoken) == TermsOf(options, spoken))
            ?? new Issuer(options.Issuer, KeysFrom(source) ?? new PublishedKeys(options, clock, logger), options.Audiences, options.Algorithms, tokens) { Trusted = options, Source = source };
    })], spoken);

    /// <summary>From now on.</summary>
    public void Trust(IssuerSet issuers)
    {
        foreach (var issuer in issuers.Trusted)
            lifetimes.Allow(issuer.Trusted!.MaxLifetime ?? TimeSpan.Zero);
        current = issuers;
    }

    /// <summary>All that was said of it, in one text.</summary>
    private static string TermsOf(TrustedIssuerOptions options, SpokenClaims spoken) => JsonSerializer.Serialize((object[])[options, spoken]);

    private static KeySource SourceOf(TrustedIssuerOptions options) =>
        new(options.Issuer, options.JwksUri, options.JwksFile, options.JwksFile is { } file ? Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file))) : null);

    // What is known of them stays: it may be that nobody can be asked for them right now.
    private IKeySource? KeysFrom(KeySource source) => current.Trusted.FirstOrDefault(known => known.Source == source)?.Keys;

    /// <summary>Of all who are believed, ours first.</summary>
    public static string[] NamesIn(Settings settings) =>
        [NameOfOwn(settings.Get<TokenOptions>(), settings.Get<GatewayOptions>()), .. settings.Get<TrustedIssuerOptions[]>().Select(issuer => issuer.Issuer)];

    private static string NameOfOwn(TokenOptions tokens, GatewayOptions gateway) => tokens.Issuer ?? gateway.Origin;

    /// <summary>What is wrong with the configured issuers taken together.</summary>
    internal sealed class Rule : ISettingsRule
    {
        public Task<IReadOnlyList<string>> CheckAsync(Settings settings) => Task.FromResult<IReadOnlyList<string>>(
            [.. Check(settings.Get<TrustedIssuerOptions[]>(), NamesIn(settings)[0])]);

        public static IEnumerable<string> Check(TrustedIssuerOptions[] trusted, string own)
        {
            foreach (var (i, issuer) in trusted.Index())
            {
                var path = $"{TrustedIssuerOptions.Section}:{i}";
                if (issuer.Issuer == own)
                    yield return $"{path}:Issuer: '{own}' is the gateway's own. A trusted issuer must be another one; remove the entry.";
                if (trusted.Take(i).Any(other => other.Issuer == issuer.Issuer))
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

/// <summary>Whom one configuration believes.</summary>
/// <param name="own">Always.</param>
/// <param name="trusted">The others.</param>
/// <param name="spoken">Claims that must hold no control characters, as they leave in headers.</param>
internal sealed class IssuerSet(Issuer own, Issuer[] trusted, SpokenClaims spoken)
{
    public IReadOnlyList<Issuer> Trusted => trusted;

    public SpokenClaims Spoken => spoken;

    public Issuer? Find(string name)
    {
        if (name == own.Name)
            return own;

        foreach (var issuer in trusted)
        {
            if (issuer.Name == name)
                return issuer;
        }

        return null;
    }

    /// <summary>Is that one still believed, and on the same terms?</summary>
    public bool Holds(Issuer issuer)
    {
        if (ReferenceEquals(issuer, own))
            return true;

        foreach (var known in trusted)
        {
            if (ReferenceEquals(issuer, known))
                return true;
        }

        return false;
    }
}

/// <summary>Where do an issuer's keys come from?</summary>
/// <param name="FileHash">Of what JwksFile held when it was read.</param>
internal sealed record KeySource(string Issuer, string? JwksUri, string? JwksFile, string? FileHash);

/// <summary>One issuer, and what a token of its must look like before its signature is worth the work.</summary>
internal sealed record Issuer(string Name, IKeySource Keys, string[] Audiences, string[] Algorithms, TokenOptions Tokens)
{
    private static readonly string[] OwnTypes = ["at+jwt"];

    /// <summary>Null: it is our own.</summary>
    public TrustedIssuerOptions? Trusted { get; init; }

    /// <summary>Null: it is our own.</summary>
    public KeySource? Source { get; init; }

    /// <summary>Without telling: we have to ask. Of keys in a file, and of our own, we hear.</summary>
    public bool MayWithdrawKeys => Trusted is { JwksFile: null };

    public string RolesClaim => Trusted?.RolesClaim ?? "roles";

    public bool Accepts(CompactToken token)
    {
        var claims = token.Claims;
        return Algorithms.Contains(token.Algorithm)
            && (Trusted?.Types ?? OwnTypes).Contains(TypeOf(token), StringComparer.OrdinalIgnoreCase)
            && Array.Exists(claims.Audiences, Audiences.Contains)
            && claims.ExpiresAt > claims.IssuedAt
            && (MaxLifetime is not { } max || claims.ExpiresAt - claims.IssuedAt <= max.TotalSeconds)
            && (Trusted is not null || claims is { TokenId: not null, SessionId: not null, Version: not null, Generation: not null } && token.KeyId is not null);
    }

    // "application/" may be written out (RFC 7515 section 4.1.9).
    private static string TypeOf(CompactToken token) =>
        token.Type is not { } type ? "JWT" : type.StartsWith("application/", StringComparison.OrdinalIgnoreCase) ? type["application/".Length..] : type;

    private TimeSpan? MaxLifetime => Trusted is null ? Tokens.AccessLifetime : Trusted.MaxLifetime;
}
