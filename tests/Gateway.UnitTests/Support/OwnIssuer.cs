using Gateway.Platform;
using Gateway.Platform.Database;
using Gateway.Tokens;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Gateway.UnitTests.Support;

/// <summary>The gateway as an issuer: keys in a database of its own, a clock that the test moves.</summary>
internal sealed class OwnIssuer : IDisposable
{
    public const string Name = "http://localhost:8080";

    private OwnIssuer(TokenOptions options, TrustedIssuerOptions[] trusted)
    {
        Options = options;
        Secrets.Use([new("a secret of thirty-two bytes or more")]);
        Transactions = new(Database.Store, (_, _) => Task.CompletedTask, TimeProvider.System);
        Keys = new(Database.Store, Database, Transactions, Secrets, options, Clock, NullLogger<SigningKeys>.Instance);
        Issuers = new(options, new GatewayOptions(), Keys, new(options), Clock, NullLogger<PublishedKeys>.Instance);
        Tokens = new(Keys, Issuers, options, Clock);
        Issuers.Trust(Issuers.Trusting(trusted, new([])));
        Verifier = new(options, Clock);
    }

    public FakeTimeProvider Clock { get; } = new(new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
    public FileDatabase Database { get; } = new();
    public Transactions Transactions { get; }
    public Secrets Secrets { get; } = new();
    public TokenOptions Options { get; }
    public SigningKeys Keys { get; }
    public Issuers Issuers { get; }
    public AccessTokenIssuer Tokens { get; }
    public TokenVerifier Verifier { get; }

    public static async Task<OwnIssuer> StartAsync(Action<TokenOptions>? configure = null, params TrustedIssuerOptions[] trusted)
    {
        var options = new TokenOptions();
        configure?.Invoke(options);
        var issuer = new OwnIssuer(options, trusted);
        await issuer.Keys.EnsureAsync(TestContext.Current.CancellationToken);
        return issuer;
    }

    public static AccessClaims Bob(string subject = "u1", string session = "s1", int version = 1, params string[] roles) => new(
        subject, "bob", "bob@example.com", true, roles, version, session, 0, DateTimeOffset.UnixEpoch, "pwd", DateTimeOffset.MaxValue);

    public string Issue(AccessClaims? claims = null) => Tokens.Issue(claims ?? Bob());

    /// <summary>Any payload, signed with the key in force: what a fault in the issuer would give out.</summary>
    public string Sign(string payload, string type = "at+jwt", SecurityKey? key = null, string algorithm = "ES256") =>
        new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(
            payload, new SigningCredentials(key ?? Keys.Current.Security, algorithm), new Dictionary<string, object> { ["typ"] = type });

    public async Task<Verified> VerifyAsync(string token, int maxBytes = 8192) =>
        await Verifier.VerifyAsync(token, maxBytes, Issuers.Current, TestContext.Current.CancellationToken);

    public void Dispose()
    {
        Transactions.Dispose();
        Database.Dispose();
    }
}
