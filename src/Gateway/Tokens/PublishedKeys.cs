using System.Globalization;
using Gateway.Platform;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace Gateway.Tokens;

/// <summary>The keys of another issuer: from a file, a JWKS address or its discovery document.</summary>
/// <remarks>
/// One fetch serves all who wait for it, and few may wait: an issuer that does not answer must not hold up the tokens of others.
/// A key that nobody knows makes us ask again, but not more often than <see cref="AskAgainAfter"/>: anybody can make one up.
/// </remarks>
internal sealed partial class PublishedKeys : IKeySource
{
    public static readonly TimeSpan AskAgainAfter = TimeSpan.FromSeconds(10);

    /// <summary>For how long what a key has proved may be remembered: whoever only remembers never asks for it again.</summary>
    public static readonly TimeSpan TrustFor = TimeSpan.FromMinutes(30);

    private static readonly TimeSpan RenewAfter = TimeSpan.FromHours(1);
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan FetchTimeout = TimeSpan.FromSeconds(4);
    private const int MaxWaiting = 64;

    private readonly TrustedIssuerOptions issuer;
    private readonly TimeProvider clock;
    private readonly ILogger logger;
    private readonly Lock gate = new();

    private volatile Published? known;
    private volatile bool isFailing;
    private Func<Task<JsonWebKeySet>>? read;      // made by the first fetch: a start, and an issuer with a file, needs no client
    private Task fetching = Task.CompletedTask;
    private long? asked;
    private int waiting;

    private sealed record Published(JsonWebKeySet Set, long At);

    public PublishedKeys(TrustedIssuerOptions issuer, TimeProvider clock, ILogger<PublishedKeys> logger)
    {
        (this.issuer, this.clock, this.logger) = (issuer, clock, logger);
        if (issuer.JwksFile is { } file)
            known = new(ReadFile(file), clock.GetTimestamp());
    }

    /// <exception cref="Exception">The file cannot be read, or holds no JWKS.</exception>
    public static JsonWebKeySet ReadFile(string file) => new(File.ReadAllText(file));

    public ValueTask<SoughtKey> FindAsync(string? keyId, string algorithm, CancellationToken ct)
    {
        if (Find(keyId, algorithm) is not { } key)
            return AskAsync(keyId, algorithm, ct);

        if (clock.GetElapsedTime(known!.At) > RenewAfter)
            _ = Fetch();      // a key that was withdrawn must not verify for ever; nobody waits for that
        return new(new SoughtKey(key, null));
    }

    private async ValueTask<SoughtKey> AskAsync(string? keyId, string algorithm, CancellationToken ct)
    {
        try
        {
            if (Interlocked.Increment(ref waiting) > MaxWaiting)
                return new(null, Problems.IssuerUnavailable);
            await Fetch().WaitAsync(ct);
        }
        finally
        {
            Interlocked.Decrement(ref waiting);
        }

        // Who got no answer does not know that the key is wrong; who has one from a moment ago does.
        return Find(keyId, algorithm) is { } news ? new(news, null) : new(null, isFailing ? Problems.IssuerUnavailable : null);
    }

    private JsonWebKey? Find(string? keyId, string algorithm)
    {
        JsonWebKey? found = null;
        foreach (var key in known?.Set.Keys ?? [])
        {
            if ((keyId is not null && key.Kid != keyId) || !Fits(key, algorithm))
                continue;
            if (found is not null)
                return null;      // two fit: which of them was meant is nobody's to guess
            found = key;
        }

        return found;
    }

    private static bool Fits(JsonWebKey key, string algorithm) =>
        key.Use is null or "sig"
        && (key.Alg is null || key.Alg == algorithm)
        && (key.KeyOps.Count == 0 || key.KeyOps.Contains("verify"))
        && (algorithm[..2], key.Kty) switch
        {
            // The curve belongs to the algorithm (RFC 7518 section 3.4); shorter keys than these are refused (sections 3.2, 3.3).
            ("ES", "EC") => key.Crv == CurveOf(algorithm),
            ("HS", "oct") => key.KeySize >= int.Parse(algorithm.AsSpan(2), CultureInfo.InvariantCulture),
            ("RS" or "PS", "RSA") => key.KeySize >= 2048,
            _ => false,
        };

    private static string CurveOf(string algorithm) => algorithm switch { "ES256" => "P-256", "ES384" => "P-384", _ => "P-521" };

    /// <summary>The fetch that is under way, or a new one if it is time for one.</summary>
    private Task Fetch()
    {
        lock (gate)
        {
            var pause = known is null ? RetryAfter : AskAgainAfter;
            if (!fetching.IsCompleted || issuer.JwksFile is not null || (asked is { } last && clock.GetElapsedTime(last) < pause))
                return fetching;

            asked = clock.GetTimestamp();
            return fetching = Task.Run(FetchAsync);
        }
    }

    private async Task FetchAsync()
    {
        try
        {
            var set = await (read ??= Source(issuer))().WaitAsync(FetchTimeout, clock);
            known = set.Keys.Count > 0 ? new(set, clock.GetTimestamp()) : throw new InvalidDataException("The issuer publishes no key.");
            if (isFailing)
                KeysAreBack(logger, issuer.Issuer);
            isFailing = false;
        }
        // Whatever it is, what was known before goes on; said once, not at every try.
        catch (Exception e)
        {
            if (!isFailing)
                KeysNotFetched(logger, issuer.Issuer, e.GetBaseException().Message);
            isFailing = true;
        }
    }

    private static Func<Task<JsonWebKeySet>> Source(TrustedIssuerOptions issuer)
    {
        var options = new JwtBearerOptions
        {
            Authority = issuer.Issuer,
            BackchannelTimeout = FetchTimeout,
            RequireHttpsMetadata = false,      // TrustedIssuerOptions has refused http from anywhere but this machine
        };
        new JwtBearerPostConfigureOptions().PostConfigure(issuer.Issuer, options);

        var address = issuer.JwksUri ?? options.MetadataAddress!;
        var documents = new HttpDocumentRetriever(options.Backchannel) { RequireHttps = address.StartsWith("https:", StringComparison.OrdinalIgnoreCase) };
        if (issuer.JwksUri is not null)
            return async () => new(await documents.GetDocumentAsync(address, CancellationToken.None));

        return async () =>
        {
            // A document that speaks for somebody else is no key source for this issuer (RFC 8414 section 3.3).
            var found = await OpenIdConnectConfigurationRetriever.GetAsync(address, documents, CancellationToken.None);
            return found.Issuer == issuer.Issuer ? found.JsonWebKeySet : throw new InvalidDataException($"{address} is the discovery document of '{found.Issuer}'.");
        };
    }

    [LoggerMessage(2000, LogLevel.Warning, "The keys of {Issuer} could not be fetched: {Reason} Tokens whose key is not known yet are answered 503 until they can")]
    private static partial void KeysNotFetched(ILogger logger, string issuer, string reason);

    [LoggerMessage(2001, LogLevel.Information, "The keys of {Issuer} could be fetched again")]
    private static partial void KeysAreBack(ILogger logger, string issuer);
}
