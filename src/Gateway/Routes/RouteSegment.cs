using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.AspNetCore.Routing.Template;

namespace Gateway.Routes;

/// <summary>Which texts does this segment of a route's path match? As ASP.NET's routing would answer.</summary>
internal sealed class RouteSegment
{
    // One for each kind of constraint that ASP.NET knows; what a constraint itself names is added to them.
    private static readonly string[] Common = ["1", "0", "-1", "a", "x", "aB1", "true", "1.5", "a.txt", "2026-01-31", "8d0a4b5e-53a4-4f3c-9d3e-0c5b1a2f7e60"];

    private readonly RoutePatternPathSegment segment;
    private readonly Constrained[] constraints;
    private TemplateMatcher? matcher;

    private sealed record Constrained(string Name, IRouteConstraint By);

    /// <exception cref="InvalidOperationException">A constraint does not exist.</exception>
    /// <exception cref="ArgumentException">A constraint cannot be what it says, such as a broken regular expression.</exception>
    public RouteSegment(RoutePatternPathSegment segment, ParameterPolicyFactory factory)
    {
        this.segment = segment;
        constraints =
        [
            .. from part in segment.Parts.OfType<RoutePatternParameterPart>()
               from policy in part.ParameterPolicies
               select new Constrained(part.Name, (IRouteConstraint)factory.Create(part, policy)),
        ];
        if (constraints.Length > 0)
            Matches("1");      // regular expressions are compiled at first use
    }

    /// <summary>Null: it holds a parameter.</summary>
    public string? Literal => segment.IsSimple && segment.Parts[0] is RoutePatternLiteralPart literal ? literal.Content : null;

    /// <summary>A text that both match; null: none was found among those that come to mind.</summary>
    public string? CommonTextWith(RouteSegment other) =>
        Literal ?? Samples().Concat(other.Samples()).FirstOrDefault(text => Matches(text) && other.Matches(text));

    private bool Matches(string text)
    {
        var values = new RouteValueDictionary();
        matcher ??= new(new RouteTemplate(RoutePatternFactory.Pattern(segment)), []);
        return matcher.TryMatch("/" + text, values)
            && constraints.All(one => one.By.Match(null, null, one.Name, values, RouteDirection.IncomingRequest));
    }

    private IEnumerable<string> Samples()
    {
        var named = segment.Parts.OfType<RoutePatternParameterPart>().SelectMany(part => part.ParameterPolicies)
            .SelectMany(policy => string.Concat(policy.Content?.Select(c => char.IsLetterOrDigit(c) ? c : ' ') ?? []).Split(' ', StringSplitOptions.RemoveEmptyEntries));
        var values = Common.Concat(named.SelectMany(Around));
        return segment.IsSimple ? values : values.Select(Filled);
    }

    // The n of a constraint may be a length, or a bound that is meant or not.
    private static IEnumerable<string> Around(string word) => int.TryParse(word, out var n) && n is >= 0 and < int.MaxValue
        ? [.. new[] { n - 1, n, n + 1 }.Select(m => m.ToString(System.Globalization.CultureInfo.InvariantCulture)), .. "10a".Select(c => new string(c, Math.Min(n, 256)))]
        : [word];

    private string Filled(string value) => string.Concat(segment.Parts.Select(part => part switch
    {
        RoutePatternLiteralPart literal => literal.Content,
        RoutePatternSeparatorPart separator => separator.Content,
        _ => value,
    }));
}
