using Gateway.Platform.Configuration;
using Gateway.Tokens;

namespace Gateway.Routes.Explaining;

/// <summary>Do the tests of the configuration speak of what there is: its routes, its issuers, the words of tokens?</summary>
internal sealed class PolicyTestRules : ISettingsRule
{
    public Task<IReadOnlyList<string>> CheckAsync(Settings settings)
    {
        var (routes, issuers) = (settings.Get<ReverseProxyOptions>().Routes.Keys, Issuers.NamesIn(settings));
        return Task.FromResult<IReadOnlyList<string>>(
            [.. settings.Get<PolicyTestOptions[]>().SelectMany((test, i) => Errors(test, routes, issuers).Select(error => $"{PolicyTestOptions.Section}:{i}:{error}"))]);
    }

    private static IEnumerable<string> Errors(PolicyTestOptions test, IReadOnlyCollection<string> routes, string[] issuers)
    {
        if (test.Route is { } route && !routes.Contains(route, StringComparer.OrdinalIgnoreCase))
            yield return $"{nameof(test.Route)}: '{route}' is not defined. It must be a name under {ReverseProxyOptions.Section}:Routes{Suggestion.For(route, routes)}.";
        if (test.As?.Value is { Length: > 0 } text)
            yield return $"{nameof(test.As)}: '{text}' is a text. It must be an object of claims, such as {{ \"roles\": [\"clerk\"] }}, or null for nobody.";
        else if (test.As is { } said)
        {
            foreach (var error in TokenWords.Errors(TokenWords.Read(said), issuers))
                yield return $"{nameof(test.As)}:{error}";
        }
    }
}
