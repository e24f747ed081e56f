using System.ComponentModel.DataAnnotations;
using System.Diagnostics.CodeAnalysis;

namespace Gateway.Tokens;

/// <summary>How are our own tokens made, and whose else do we believe?</summary>
internal sealed class TokenOptions : IValidatableObject
{
    public const string Section = "Gateway:Tokens";

    /// <summary>The <c>iss</c> of our tokens; null: the origin of PublicUrl.</summary>
    public string? Issuer { get; set; }

    public string Audience { get; set; } = "gateway";

    [AllowedValues("ES256", "RS256", "PS256", "HS256", ErrorMessage = "It must be ES256, RS256, PS256 or HS256.")]
    public string Algorithm { get; set; } = "ES256";

    [Range(typeof(TimeSpan), "00:00:01", "01:00:00", ErrorMessage = "It must be between 00:00:01 and 01:00:00.")]
    public TimeSpan AccessLifetime { get; set; } = TimeSpan.FromMinutes(5);

    [Range(typeof(TimeSpan), "00:00:00", "00:00:30", ErrorMessage = "It must be between 00:00:00 and 00:00:30.")]
    public TimeSpan ClockSkew { get; set; } = TimeSpan.FromSeconds(5);

    public IEnumerable<ValidationResult> Validate(ValidationContext context)
    {
        // RFC 8414 section 2, but http as well: so is PublicUrl on one's own machine.
        if (Issuer is not null && (!TrustedIssuerOptions.IsName(Issuer, out var url) || url.Scheme is not ("http" or "https") || url.Query.Length > 0 || url.Fragment.Length > 0))
            yield return new($"'{Issuer}' is not an issuer. It must be an http or https URL without query and fragment, or null for the origin of PublicUrl.", [nameof(Issuer)]);
        foreach (var (name, duration) in new[] { (nameof(AccessLifetime), AccessLifetime), (nameof(ClockSkew), ClockSkew) })
        {
            if (duration.Ticks % TimeSpan.TicksPerSecond != 0)
                yield return new($"'{duration}' has a fraction of a second, and tokens know none. It must be whole seconds.", [name]);
        }

        if (string.IsNullOrWhiteSpace(Audience))
            yield return new("is empty. It must be the aud that backends expect of our tokens, such as gateway.", [nameof(Audience)]);
    }
}

/// <summary>Another issuer whose access tokens open routes, and on what conditions. It never opens the gateway's own endpoints.</summary>
internal sealed class TrustedIssuerOptions : IValidatableObject
{
    public const string Section = TokenOptions.Section + ":TrustedIssuers";

    private static readonly string[] Known =
        ["ES256", "ES384", "ES512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "HS256", "HS384", "HS512"];

    public string Issuer { get; set; } = "";

    public string[] Audiences { get; set; } = [];

    public string[] Algorithms { get; set; } = ["RS256", "PS256", "ES256"];

    /// <summary>Allowed <c>typ</c>; a token without one counts as JWT.</summary>
    public string[] Types { get; set; } = ["at+jwt", "JWT"];

    /// <summary>The longest exp - iat that is believed; null: no limit.</summary>
    public TimeSpan? MaxLifetime { get; set; }

    public string? JwksFile { get; set; }

    public string? JwksUri { get; set; }

    /// <summary>Where the roles are: a string, a space-separated string or an array; dots lead into objects.</summary>
    public string? RolesClaim { get; set; }

    /// <summary>The only roles that are taken over; null: all.</summary>
    public string[]? Roles { get; set; }

    /// <summary>Put before the subject, so that two issuers cannot mean different people by one name.</summary>
    public string? SubjectPrefix { get; set; }

    public IEnumerable<ValidationResult> Validate(ValidationContext context)
    {
        if (!IsName(Issuer, out _))
            yield return new($"'{Issuer}' is not an issuer. It must be the exact text of the iss claim, an absolute URL.", [nameof(Issuer)]);
        if (Audiences.Length == 0 || Audiences.Any(string.IsNullOrEmpty))
            yield return new("is empty. Name the aud values that are meant for this gateway, so that tokens for others are refused.", [nameof(Audiences)]);
        if (Algorithms.Length == 0 || Algorithms.FirstOrDefault(a => !Known.Contains(a)) is not null)
            yield return new($"must be a list of {string.Join(", ", Known)}.", [nameof(Algorithms)]);
        if (Types.Length == 0)
            yield return new("is empty. Name at least one typ, such as at+jwt.", [nameof(Types)]);
        if (RolesClaim?.Trim() is "")
            yield return new("is empty. Name the claim that holds the roles, or leave the key out for roles.", [nameof(RolesClaim)]);
        if (SubjectPrefix?.Trim() is "")
            yield return new("is empty. Write a prefix such as partner:, or leave the key out.", [nameof(SubjectPrefix)]);
        if (MaxLifetime <= TimeSpan.Zero)
            yield return new("must be a positive duration, or null for no limit.", [nameof(MaxLifetime)]);
        if (JwksFile is not null && JwksUri is not null)
            yield return new("stands beside JwksUri. Only one of the two may be set; neither means discovery.", [nameof(JwksFile)]);
        if (JwksFile is null && !IsSafe(JwksUri ?? Issuer))
            yield return new("must be fetched by https (http only from this machine): whoever can change the keys can sign in as anybody.", [JwksUri is null ? nameof(Issuer) : nameof(JwksUri)]);
    }

    /// <summary>Uri forgives blanks, and takes a path for the address of a file; who compares the iss claim does not.</summary>
    public static bool IsName(string issuer, [NotNullWhen(true)] out Uri? url) =>
        Uri.TryCreate(issuer, UriKind.Absolute, out url) && !url.IsFile && !issuer.Any(char.IsWhiteSpace);

    private static bool IsSafe(string url) =>
        Uri.TryCreate(url, UriKind.Absolute, out var uri) && (uri.Scheme == Uri.UriSchemeHttps || (uri.Scheme == Uri.UriSchemeHttp && uri.IsLoopback));
}
