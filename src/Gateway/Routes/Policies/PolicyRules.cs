using Gateway.Platform;
using Gateway.Platform.Configuration;
using Gateway.Tokens;

namespace Gateway.Routes.Policies;

/// <summary>What is wrong with the policies taken together: what they refer to, and in what names and texts?</summary>
/// <param name="policies">As they were read.</param>
/// <param name="issuers">The names of those whose tokens are believed, ours first.</param>
internal sealed class PolicyRules(PoliciesOptions policies, string[] issuers)
{
    private const int Deepest = 16;      // references; judging follows them

    public IEnumerable<string> Errors() => [.. policies.Keys.SelectMany(name => ErrorsOf(name, policies[name])), .. Chains()];

    /// <param name="text">A route's AuthorizationPolicy.</param>
    /// <returns>Null: nothing.</returns>
    public string? ErrorOfRoute(string text) =>
        RouteRules.IsReserved(text) || policies.ContainsKey(text) ? null
        : ErrorOf(text, $"{RouteRules.Anonymous}, {RouteRules.Authenticated}", [RouteRules.Anonymous, RouteRules.Authenticated]);

    private IEnumerable<string> ErrorsOf(string name, PolicyOptions policy)
    {
        var path = $"{PoliciesOptions.Section}:{name}";
        if (RouteRules.IsReserved(name))
            yield return $"{path}: this name has a meaning already. Choose another.";
        else if (name != InlineRule.Mfa && InlineRule.Parse(name, out _) is not null)
            yield return $"{path}: this name is an inline rule, and would hide what it says. Choose another.";

        foreach (var error in ErrorsOfRule(path, policy))
            yield return error;
    }

    private IEnumerable<string> ErrorsOfRule(string path, PolicyOptions rule)
    {
        if (rule.Text is { } text && ErrorOfText(text) is { } error)
            yield return $"{path}: {error}";
        if (ErrorOfIssuers(rule) is { } stranger)
            yield return $"{path}:{nameof(rule.Issuers)}: {stranger}";
        foreach (var (key, within) in rule.Within)
        {
            foreach (var deeper in ErrorsOfRule($"{path}:{key}", within))
                yield return deeper;
        }
    }

    /// <param name="text">In the place of a rule.</param>
    private string? ErrorOfText(string text)
    {
        if (text == RouteRules.Authenticated)
            return null;
        if (text == RouteRules.Anonymous)
            return $"'{text}' speaks about a route as a whole, and would not be heeded here. Write it as a route's AuthorizationPolicy.";
        if (!policies.TryGetValue(text, out var policy))
            return ErrorOf(text, RouteRules.Authenticated, [RouteRules.Authenticated]);

        return policy.KeysOfRoutes.FirstOrDefault() is { } key
            ? $"'{text}' has {key}, which speaks about a route as a whole, and would not be heeded here. Refer to a policy without it."
            : null;
    }

    private string? ErrorOf(string text, string reserved, string[] words)
    {
        if (!InlineRule.IsMeant(text))
            return $"'{text}' is not defined. It must be {reserved}, a name under {PoliciesOptions.Section} or an inline rule such as {InlineRule.Example}{Suggestion.For(text, [.. policies.Keys, .. words])}.";

        var rule = InlineRule.Parse(text, out var error);
        error ??= rule!.Within.Select(within => within.Rule).Prepend(rule).Select(ErrorOfIssuers).FirstOrDefault(stranger => stranger is not null);
        return error is null ? null : $"'{text}': {error}";
    }

    private string? ErrorOfIssuers(PolicyOptions rule) =>
        rule.Issuers?.FirstOrDefault(name => !string.IsNullOrWhiteSpace(name) && !issuers.Contains(name, StringComparer.Ordinal)) is { } stranger
            ? $"'{stranger}' is no issuer whose tokens are believed. It must be one of {string.Join(", ", issuers)}{Suggestion.For(stranger, issuers)}."
            : null;

    /// <summary>Policies that refer to themselves, at whatever remove; or through so many others that judging would follow them for too long.</summary>
    private List<string> Chains()
    {
        var (errors, depths, trail) = (new List<string>(), new Dictionary<string, int>(StringComparer.Ordinal), new List<string>());
        foreach (var name in policies.Keys)
            DepthOf(name);
        return errors;

        int DepthOf(string name)
        {
            if (depths.TryGetValue(name, out var known))
                return known;
            if (trail.IndexOf(name) is >= 0 and var start)
            {
                errors.Add($"{PoliciesOptions.Section}:{name}: refers to itself: {string.Join(" → ", trail.Skip(start).Append(name))}. Take one of these references out.");
                return 0;
            }

            trail.Add(name);
            var depth = trail.Count > Deepest ? Deepest : DeepestOf(ReferencesOf(policies[name]));
            trail.RemoveAt(trail.Count - 1);
            if (depth == Deepest)
                errors.Add($"{PoliciesOptions.Section}:{name}: refers to a policy that refers to a policy, and so on, more than {Deepest} deep. Say some of it directly.");
            return depths[name] = depth + 1;
        }

        int DeepestOf(IEnumerable<string> references)
        {
            var deepest = 0;
            foreach (var reference in references)
                deepest = Math.Max(deepest, DepthOf(reference));
            return deepest;
        }
    }

    private IEnumerable<string> ReferencesOf(PolicyOptions rule) =>
        rule.Text is { } text ? policies.ContainsKey(text) ? [text] : [] : rule.Within.SelectMany(within => ReferencesOf(within.Rule));
}
