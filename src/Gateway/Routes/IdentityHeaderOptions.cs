using System.ComponentModel.DataAnnotations;
using Gateway.Platform;

namespace Gateway.Routes;

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
        foreach (var (name, claim) in Headers)
        {
            if (string.IsNullOrWhiteSpace(claim))
                yield return new($"'{claim}' is no claim. It must be the name of the claim that {name} gets.", [nameof(Headers)]);
        }

        foreach (var twins in Headers.Keys.GroupBy(name => name, CanonicalName.Comparer).Where(group => group.Count() > 1))
            yield return new($"{string.Join(" and ", twins)} are one header to many backends. Keep one of them.", [nameof(Headers)]);
    }
}
