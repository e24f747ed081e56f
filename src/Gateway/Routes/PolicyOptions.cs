using System.ComponentModel.DataAnnotations;
using Gateway.Platform;
using Gateway.Sessions;

namespace Gateway.Routes;

/// <summary>One entry of Gateway:Policies. Every part that is there must be met.</summary>
internal sealed class PolicyOptions : IValidatableObject
{
    /// <summary>Any of these. Names match exactly.</summary>
    [Required]
    public string[]? Roles { get; set; }

    /// <summary>All of these.</summary>
    [Required]
    public string[]? Scopes { get; set; }

    /// <summary>For each claim any of its values; dots lead into objects.</summary>
    [Required]
    public Dictionary<string, string[]>? Claims { get; set; }

    /// <summary>Nobody has to be signed in; who is, is told to the backend.</summary>
    public bool Anonymous { get; set; }

    /// <summary>How old news of ended sessions may be here; null: as Gateway:Revocation says.</summary>
    [Range(typeof(TimeSpan), "00:00:02", "1.00:00:00", ErrorMessage = "It must be 00:00:02 or more.")]
    public TimeSpan? MaxStaleness { get; set; }

    /// <summary>And when it is older: refuse, or go by what is known? Null: as Gateway:Revocation says.</summary>
    public OnStale? OnStale { get; set; }

    public IEnumerable<ValidationResult> Validate(ValidationContext context)
    {
        if (Roles is null && Scopes is null && Claims is null && !Anonymous)
            yield return new("demands nothing, so it would let everybody or nobody pass. Write at least one of Roles, Scopes, Claims; for 'any signed-in user' use the policy authenticated.");
        if (Anonymous && (Roles ?? Scopes ?? (object?)Claims) is not null)
            yield return new("stands beside other rules, which it would make pointless. Remove it, or them.", [nameof(Anonymous)]);
        if (IsBlank(Roles))
            yield return new("must name at least one role.", [nameof(Roles)]);
        if (IsBlank(Scopes))
            yield return new("must name at least one scope.", [nameof(Scopes)]);
        else if (Scopes?.Any(scope => scope.Any(c => c is <= ' ' or > '~' or '"' or '\\')) is true)
            yield return new("must be visible ASCII without quotes and backslashes (RFC 6749 section 3.3).", [nameof(Scopes)]);
        if (Claims is not null && (Claims.Count == 0 || Claims.Values.Any(IsBlank)))
            yield return new("must name at least one claim, and for each at least one value.", [nameof(Claims)]);
    }

    private static bool IsBlank(string[]? list) => list is not null && (list.Length == 0 || list.Any(string.IsNullOrWhiteSpace));
}

/// <summary>How is the backend told who it is?</summary>
internal sealed class IdentityHeaderOptions : IValidatableObject
{
    public const string Section = "Gateway:Identity";

    /// <summary>In the words of which kind of backend; a route's metadata may say otherwise.</summary>
    public string Dialect { get; set; } = "gateway";

    /// <summary>More headers: name, and the claim whose value it gets.</summary>
    public Dictionary<string, string> Headers { get; set; } = [];

    /// <summary>Signed as well, for the route's cluster; a route's metadata may say otherwise.</summary>
    public bool Assertion { get; set; }

    public IEnumerable<ValidationResult> Validate(ValidationContext context)
    {
        if (!Routes.Dialect.ByWord.ContainsKey(Dialect))
            yield return new(Routes.Dialect.Unknown(Dialect), [nameof(Dialect)]);
        foreach (var name in Headers.Keys.Where(name => !IdentityHeaders.MayBeNamed(name)))
            yield return new($"'{name}' cannot be an identity header. It must be a header name (RFC 9110) that neither frames, routes nor proves the request, such as X-Tenant.", [nameof(Headers)]);
        foreach (var (name, claim) in Headers.Where(h => string.IsNullOrWhiteSpace(h.Value)))
            yield return new($"'{claim}' is no claim. It must be the name of the claim that {name} gets.", [nameof(Headers)]);
        foreach (var twins in Headers.Keys.GroupBy(name => name, CanonicalName.Comparer).Where(group => group.Count() > 1))
            yield return new($"{string.Join(" and ", twins)} are one header to many backends. Keep one of them.", [nameof(Headers)]);
    }
}
