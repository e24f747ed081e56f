using System.Diagnostics.CodeAnalysis;
using System.Text;
using Microsoft.AspNetCore.Routing.Patterns;

namespace Gateway.Routes;

/// <summary>What does a route's Match:Path say, as ASP.NET's routing reads it?</summary>
internal sealed record RoutePath(decimal Precedence, RouteSegment[] Segments)
{
    /// <returns>Null: routing could not use it, for this reason.</returns>
    public static RoutePath? TryParse(string? path, ParameterPolicyFactory constraints, out string? error)
    {
        error = null;
        try
        {
            var pattern = Parse(path);
            return new(pattern.InboundPrecedence, [.. pattern.PathSegments.Select(segment => new RouteSegment(segment, constraints))]);
        }
        catch (Exception e)      // as many types as there are constraints
        {
            error = $"Match:Path '{path}' cannot be routed ({e.GetBaseException().Message.TrimEnd('.')}). It must be a pattern of ASP.NET's routing, such as /orders/{{id:int}} or /orders/{{**rest}}.";
            return null;
        }
    }

    /// <summary>Is every segment of <paramref name="own"/> there, literally? A catch-all is not: it only takes what nobody claims.</summary>
    public static bool BeginsWith(string? path, string own)
    {
        try
        {
            var first = own.AsSpan().Trim('/');
            if (!path.AsSpan().Contains(first[..(first.IndexOf('/') is var end and >= 0 ? end : first.Length)], StringComparison.OrdinalIgnoreCase))
                return false;      // most, without taking them apart

            var (wanted, segments) = (own.Split('/', StringSplitOptions.RemoveEmptyEntries), Parse(path).PathSegments);
            return segments.Count >= wanted.Length
                && wanted.Index().All(w => segments[w.Index].Parts is [RoutePatternLiteralPart part] && part.Content.Equals(w.Item, StringComparison.OrdinalIgnoreCase));
        }
        catch (Exception e) when (e is RoutePatternException or InvalidOperationException)
        {
            return false;      // TryParse says what is wrong with it
        }
    }

    /// <summary>As paths are matched: what is no ASCII, and the space, are escaped. Between braces stands what does not match literally.</summary>
    [return: NotNullIfNotNull(nameof(path))]
    public static string? Escape(string? path)
    {
        if (path is null || !path.AsSpan().ContainsAnyExceptInRange('!', '~'))
            return path;

        var (escaped, depth) = (new StringBuilder(), 0);
        foreach (var rune in path.EnumerateRunes())
        {
            depth += rune.Value switch { '{' => 1, '}' => -1, _ => 0 };
            _ = depth > 0 || rune.Value is >= '!' and <= '~' ? escaped.Append(rune) : escaped.Append(Uri.EscapeDataString(rune.ToString()));
        }

        return escaped.ToString();
    }

    // Without a path YARP takes every one.
    private static RoutePattern Parse(string? path) => RoutePatternFactory.Parse(string.IsNullOrEmpty(path) ? "/{**rest}" : Escape(path));
}
