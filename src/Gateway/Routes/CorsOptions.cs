using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Cors.Infrastructure;

namespace Gateway.Routes;

/// <summary>One entry of Gateway:Cors: pages of which other origins may read a route's answers, and send it what?</summary>
internal sealed class CorsOptions : IValidatableObject
{
    /// <summary>scheme://host[:port] as a browser writes it, or "*" alone.</summary>
    public string[] Origins { get; set; } = [];

    public string[] Methods { get; set; } = [];

    /// <summary>Headers that a page may send beyond those that need no asking.</summary>
    public string[] Headers { get; set; } = [];

    /// <summary>Whether the cookie counts when a page of such an origin sends it.</summary>
    public bool Credentials { get; set; }

    /// <summary>How long a browser need not ask again.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00", ErrorMessage = "It must be between 00:00:00 and 1.00:00:00.")]
    public TimeSpan MaxAge { get; set; } = TimeSpan.FromMinutes(10);

    public IEnumerable<ValidationResult> Validate(ValidationContext context)
    {
        if (Origins.Length == 0)
            yield return new("is empty, so nobody could use it. Name the origins whose pages may read the answers, such as https://app.example.com.", [nameof(Origins)]);
        if (Origins.FirstOrDefault(origin => origin != CorsConstants.AnyOrigin && !IsOrigin(origin)) is { } bad)
            yield return new($"'{bad}' is not an origin. It must be scheme://host or scheme://host:port as a browser writes it (small letters, no path, no default port), such as https://app.example.com.", [nameof(Origins)]);
        if (Origins.Contains(CorsConstants.AnyOrigin) && (Credentials || Origins.Length > 1))
            yield return new("has '*' in it. It must stand alone and without Credentials: otherwise every page on the net could act as whoever looks at it.", [nameof(Origins)]);
        foreach (var (name, tokens) in new[] { (nameof(Methods), Methods), (nameof(Headers), Headers) })
        {
            if (tokens.FirstOrDefault(token => !IsToken(token)) is { } word)
                yield return new($"'{word}' is not a name. Each must be named: letters, digits and '-', such as {(name == nameof(Methods) ? "PUT" : "X-Request-Id")}; there is no '*' here.", [name]);
        }
    }

    private static bool IsOrigin(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" && text == url.GetLeftPart(UriPartial.Authority) && url.UserInfo.Length == 0;

    private static bool IsToken(string text) => text.Length > 0 && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');
}

/// <summary>Gateway:Cors.</summary>
internal sealed class CorsPoliciesOptions : Dictionary<string, CorsOptions>
{
    public const string Section = "Gateway:Cors";

    /// <summary>Null for a route that names none: its answers are for pages of its own origin.</summary>
    public CorsPolicy? Compile(string? name)
    {
        if (string.IsNullOrEmpty(name))
            return null;

        var options = this[name];      // RouteRules has refused an unknown name
        var policy = new CorsPolicyBuilder(options.Origins).WithMethods(options.Methods).WithHeaders(options.Headers).SetPreflightMaxAge(options.MaxAge);
        return (options.Credentials ? policy.AllowCredentials() : policy).Build();
    }
}
