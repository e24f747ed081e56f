using System.Globalization;
using Gateway.Platform.Configuration;

namespace Gateway.Routes.Policies;

/// <summary>Which rule does this line say? <c>role:clerk|admin scope:orders:read</c> is what an object with these Roles and Scopes is.</summary>
internal static class InlineRule
{
    public const string Example = "role:admin|staff";
    public const string Mfa = "mfa";

    /// <summary>The words, and how each is written with its value; null: it has none.</summary>
    private static readonly Dictionary<string, string?> Words = new(StringComparer.Ordinal)
    {
        ["role"] = Example,
        ["scope"] = "scope:orders:read",
        ["claim"] = "claim:tenant=acme|umbrella",
        ["user"] = "user:alice|bob",
        ["network"] = "network:10.0.0.0/8|::1",
        ["issuer"] = "issuer:https://id.example.com",
        ["max-auth-age"] = "max-auth-age:00:15:00",
        [Mfa] = null,
        [RouteRules.Authenticated] = null,
    };

    /// <summary>Is it meant for a rule, right or wrong, rather than for a name?</summary>
    public static bool IsMeant(string text) => text.Contains(':') || text.Contains(' ') || Words.GetValueOrDefault(text, "") is null;

    /// <param name="text">Terms between single spaces; all must be met.</param>
    /// <param name="error">Null: none.</param>
    public static PolicyOptions? Parse(string text, out string? error)
    {
        var rule = new PolicyOptions();
        var more = new List<PolicyOptions>();
        error = text.Split(' ').Select(term => Read(term, rule, more)).FirstOrDefault(wrong => wrong is not null)
            ?? more.Prepend(rule).Where(part => !part.IsEmpty).SelectMany(part => part.Validate(new(part)))
                .Select(result => $"{string.Concat(result.MemberNames)} {result.ErrorMessage}").FirstOrDefault();
        if (more.Count > 0)
            rule.AllOf = [.. more];
        return error is null ? rule : null;
    }

    private static string? Read(string term, PolicyOptions rule, List<PolicyOptions> more)
    {
        if (term.Length == 0)
            return "there is a blank too many. Terms stand between single spaces, with none before or after them.";

        var colon = term.IndexOf(':');
        var (word, value) = colon < 0 ? (term, null) : (term[..colon], term[(colon + 1)..]);
        if (!Words.TryGetValue(word, out var example))
            return $"'{word}' is no rule. It must be one of {string.Join(", ", Words.Keys)}{Suggestion.For(word, Words.Keys)}.";
        if (example is null && value is not null)
            return $"'{term}' has a value, and {word} takes none. Write {word}.";

        // "tenant=acme|umbrella", and everywhere else the alternatives alone.
        var equals = word == "claim" ? value?.IndexOf('=') ?? -1 : -1;
        string[] values = value?[(equals + 1)..].Split('|') ?? [];
        if (example is not null && (values.Length == 0 || values.Contains("") || (word == "claim" && equals < 1)))
            return $"'{term}' leaves something empty. Write it like {example}.";

        switch (word)
        {
            case "role":
                Free(rule.Roles).Roles = values;
                break;
            case "scope" when values.Length > 1:
                return $"'{term}' has alternatives, and all scopes of a rule are demanded. Write a term for each, or AnyOf.";
            case "scope":
                rule.Scopes = [.. rule.Scopes ?? [], value!];
                break;
            case "claim":
                var claim = value![..equals];
                (Free(rule.Claims?.GetValueOrDefault(claim)).Claims ??= [])[claim] = values;
                break;
            case "user":
                Free(rule.Users).Users = values;
                break;
            case "network":
                Free(rule.Networks).Networks = values;
                break;
            case "issuer":
                Free(rule.Issuers).Issuers = values;
                break;
            case "max-auth-age":
                if (!TimeSpan.TryParseExact(value, "c", CultureInfo.InvariantCulture, out var age) || !value!.Contains(':'))
                    return $"'{value}' is not a duration such as 00:15:00.";
                Free(rule.MaxAuthAge).MaxAuthAge = age;
                break;
            case Mfa:
                rule.Mfa = true;
                break;
        }

        return null;

        // What is said twice is demanded twice.
        PolicyOptions Free(object? taken)
        {
            if (taken is null)
                return rule;

            more.Add(new());
            return more[^1];
        }
    }
}
