using System.Buffers.Text;
using System.Text.Json;
using Gateway.Platform.Configuration;
using Gateway.Sessions;
using Gateway.Tokens;

namespace Gateway.Routes;

/// <summary>Which headers does a backend of this kind listen to, and how does it read them?</summary>
internal sealed class Dialect
{
    /// <param name="Name">As it is written.</param>
    /// <param name="Say">What it says of somebody; null: nothing, and the header is absent.</param>
    internal sealed record Header(string Name, Func<Identity, string?> Say);

    private const string Comma = ",";

    // Grafana cuts at blanks as well, heeds quotation marks, and takes what begins with a bracket for JSON.
    private const string Grafana = ", \"[";

    /// <summary>By the word that chooses it, in the configuration or at a route.</summary>
    public static readonly IReadOnlyDictionary<string, Dialect> ByWord = new Dictionary<string, Dialect>(StringComparer.Ordinal)
    {
        ["gateway"] = new(Claim("X-User-Id", "sub"), Claim("X-User-Name", "preferred_username"), Claim("X-User-Email", "email"), Claim("X-User-Roles", "roles"), Claim("X-Session-Id", "sid"), Claim("X-Token-Id", "jti")),
        ["forwarded"] = new(Claim("X-Forwarded-User", "preferred_username"), Claim("X-Forwarded-Preferred-Username", "preferred_username"), Claim("X-Forwarded-Email", "email"), Claim("X-Forwarded-Groups", "roles")),
        ["remote-user"] = new(Claim("Remote-User", "preferred_username"), Claim("Remote-Groups", "roles"), FullName("Remote-Name"), Claim("Remote-Email", "email")),
        ["x-remote-user"] = new(Claim("X-Remote-User", "preferred_username")),
        ["grafana"] = new(Claim("X-WEBAUTH-USER", "preferred_username"), FullName("X-WEBAUTH-NAME"), Claim("X-WEBAUTH-EMAIL", "email"), Claim("X-WEBAUTH-GROUPS", "roles", Grafana)),
        ["jenkins"] = new(Claim("X-Forwarded-User", "preferred_username"), Claim("X-Forwarded-Groups", "roles", "|")),
        ["userinfo"] = new(new Header("X-Userinfo", Json)),
    };

    public static string Unknown(string word) => $"'{word}' is not a dialect. It must be one of {string.Join(", ", ByWord.Keys)}{Suggestion.For(word, ByWord.Keys)}.";

    private Dialect(params Header[] headers) => Headers = headers;

    public IReadOnlyList<Header> Headers { get; }

    /// <summary>One claim; where it may be a list, a value with a separator in it must not look like two.</summary>
    public static Header Claim(string name, string claim, string separators = Comma) => claim is "sub" or "preferred_username" or "email" or "sid" or "jti"
        ? new(name, identity => identity.ValuesOf(claim) is [{ Length: > 0 } value] ? HeaderValue.Encode(value) : null)
        : new(name, identity => HeaderValue.List(identity.ValuesOf(claim), separators));

    public static AssertedClaims ClaimsOf(Identity identity) => new(identity.Subject, identity.Username, identity.Email, identity.Roles, identity.Claims.SessionId);

    private static Header FullName(string header) =>
        new(header, identity => HeaderValue.Encode(identity.ValuesOf("name") is [{ Length: > 0 } name] ? name : identity.Username));

    // Base64url without padding (RFC 4648 section 5) of UTF-8 JSON.
    private static string Json(Identity identity)
    {
        var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            ClaimsOf(identity).WriteTo(json);
            json.WriteEndObject();
        }

        return Base64Url.EncodeToString(buffer.ToArray());
    }
}
