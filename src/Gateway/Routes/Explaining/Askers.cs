using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gateway.Platform;
using Gateway.Sessions;
using Gateway.Tokens;

namespace Gateway.Routes.Explaining;

/// <summary>Whom would a token prove that says this? Nothing is signed here, and what is made up is known to no gate.</summary>
internal sealed class Askers(AccessTokenIssuer tokens, TokenVerifier verifier, Issuers own, Revocations revocations, CredentialRules rules, TokenOptions options, TimeProvider clock)
{
    private const string SomeSession = "a-session-id", SomeToken = "a-token-id", Somebody = "somebody";

    /// <param name="said">Claims, in the words of <see cref="TokenWords"/>, without errors; null: nobody.</param>
    /// <param name="issuers">Whose tokens count.</param>
    /// <param name="error">What keeps these from being claims at all; null: nothing.</param>
    public Asker? OfWords(JsonObject? said, IssuerSet issuers, out string? error)
    {
        error = null;
        if (said is null)
            return Asker.Nobody;

        var issuer = issuers.Find(TokenWords.TextOf(said[TokenWords.Issuer]) ?? own.Own.Name)!;
        var json = Encoding.UTF8.GetBytes(Payload(said, issuer).ToJsonString());
        using var document = JsonDocument.Parse(json);
        if (Claims.TryRead(json, document.RootElement) is { } claims)
            return Of(TokenWords.Describe(said), issuer, claims, issuers);

        error = "a token with these claims would not be read: jti, sid, preferred_username and email are texts, and scope is one too.";
        return null;
    }

    /// <param name="user">As the database has it.</param>
    public Asker OfUser(Subject user)
    {
        if (user.IsDisabled)
            return new($"user {user.Username}", Refusal: Problems.AccountDisabled);

        var claims = tokens.Describe(new(user.Id, user.Username, user.Email, user.EmailVerified, user.Roles, user.Version, SomeSession, 0, clock.GetUtcNow(), LoginContext.Password, DateTimeOffset.MaxValue));
        return new($"user {user.Username}", Identity(own.Own, claims), Note: "A token of this user's from a login of this moment, by password, is assumed.");
    }

    /// <summary>As far as it can be read without database and network.</summary>
    public async Task<Asker> OfTokenAsync(string token, IssuerSet issuers, CancellationToken ct)
    {
        var (issuer, read, refusal) = TokenVerifier.Read(token, rules.MaxTokenBytes, issuers);
        if (issuer?.Trusted?.JwksFile is not null)
            return await VerifiedAsync(token, issuers, ct);
        if (read is null || issuer is null)
            return OfToken(refusal);

        var note = $"The token's signature was not checked, nor whether it was revoked: that takes {(issuer.Trusted is null ? "the keys in the database" : "the keys that its issuer publishes")}. A running gateway does it at /admin/explain.";
        return (verifier.InForce(read.Claims) is { } late ? OfToken(late) : Of("a token", issuer, read.Claims, issuers)) with { Note = note, Kinds = Asker.Tokens };
    }

    /// <summary>As the gate would: signature, times, revocations.</summary>
    public async Task<Asker> VerifiedAsync(string token, IssuerSet issuers, CancellationToken ct)
    {
        var (issuer, claims, refusal) = await verifier.VerifyAsync(token, rules.MaxTokenBytes, issuers, ct);
        if (refusal is not null)
            return OfToken(refusal);

        var identity = Identity(issuer!, claims!);
        var hit = revocations.Hit(identity);
        return hit is RevocationHit.None ? new("a token", identity) { Kinds = Asker.Tokens } : OfToken(Gate.Refusal(hit, CredentialKind.Bearer));
    }

    private static Asker OfToken(Problem? refusal) => new("a token", Refusal: refusal ?? Problems.TokenInvalid) { Kinds = Asker.Tokens };

    private Asker Of(string name, Issuer issuer, Claims claims, IssuerSet issuers) =>
        claims.HasControlIn(issuers.Spoken.Names.Append(issuer.RolesClaim)) ? new(name, Refusal: Problems.TokenInvalid) : new(name, Identity(issuer, claims));

    private Identity Identity(Issuer issuer, Claims claims) => new(CredentialKind.Bearer, "", issuer, claims, rules.ForwardUnverifiedEmail, clock.GetUtcNow() + options.AccessLifetime);

    /// <summary>What is not said is as in most tokens: a login of this moment, with a password.</summary>
    private JsonObject Payload(JsonObject said, Issuer issuer)
    {
        var now = clock.GetUtcNow();
        var payload = new JsonObject
        {
            ["iss"] = issuer.Name,
            ["aud"] = issuer.Audiences[0],
            ["sub"] = TokenWords.TextOf(said[TokenWords.Subject]) ?? Somebody,
            ["iat"] = now.ToUnixTimeSeconds(),
            ["exp"] = (now + options.AccessLifetime).ToUnixTimeSeconds(),
            ["auth_time"] = TokenWords.TimeOf(said[TokenWords.LoginTime], now) ?? now.ToUnixTimeSeconds(),
            ["amr"] = new JsonArray([.. Methods(said).Select(method => JsonValue.Create(method))]),
        };
        if (issuer.Trusted is null)
            (payload["jti"], payload["sid"], payload["preferred_username"]) = (SomeToken, SomeSession, Somebody);
        if (said[TokenWords.User] is { } user)
            payload["preferred_username"] = TokenWords.TextOf(user);
        if (said[TokenWords.Scope] is { } scope)
            payload["scope"] = string.Join(' ', TokenWords.ListOf(scope, ' ')!);
        if (said[TokenWords.Roles] is { } roles)
            TokenWords.TryPut(payload, issuer.RolesClaim.Split('.'), new JsonArray([.. TokenWords.ListOf(roles, ',', ' ')!.Select(role => JsonValue.Create(role))]));
        if (said.ContainsKey("email"))
            payload["email_verified"] = true;      // unless it is said otherwise, below

        foreach (var (claim, value) in said.Where(word => !TokenWords.IsKnown(word.Key)))
            payload[claim] = value?.DeepClone();
        return payload;
    }

    private static IEnumerable<string> Methods(JsonObject said) =>
        [.. TokenWords.ListOf(said[TokenWords.Methods], ',', ' ') ?? [LoginContext.Password], .. TokenWords.FlagOf(said[TokenWords.Mfa]) is true ? ["mfa"] : Array.Empty<string>()];
}
