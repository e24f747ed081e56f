using Gateway.Routes.Policies;

namespace Gateway.Routes.Explaining;

/// <summary>Which routes and policies does no test touch? A test touches the route that decides, its policy, and whatever that refers to.</summary>
internal sealed class Coverage
{
    public Coverage(Rulebook rulebook, IReadOnlyList<PolicyTestResult> results)
    {
        var (routes, policies) = (rulebook.Settings.Get<ReverseProxyOptions>().Routes, rulebook.Settings.Get<PoliciesOptions>());
        var touched = results.Select(result => result.Found?.Route).OfType<string>().ToHashSet(StringComparer.OrdinalIgnoreCase);
        var asked = new HashSet<string>(StringComparer.Ordinal);
        foreach (var name in touched.Select(route => routes[route].AuthorizationPolicy).OfType<string>())
            Touch(name);
        (Routes, Policies) = (routes.Count, policies.Count);
        UntouchedRoutes = [.. routes.Keys.Where(route => !touched.Contains(route)).Order(StringComparer.Ordinal)];
        UntouchedPolicies = [.. policies.Keys.Where(policy => !asked.Contains(policy)).Order(StringComparer.Ordinal)];

        void Touch(string name)
        {
            if (policies.TryGetValue(name, out var policy) && asked.Add(name))
                Follow(policy);
        }

        void Follow(PolicyOptions rule)
        {
            if (rule.Text is { } text)
                Touch(text);
            foreach (var (_, within) in rule.Within)
                Follow(within);
        }
    }

    public int Routes { get; }

    public int Policies { get; }

    public IReadOnlyList<string> UntouchedRoutes { get; }

    public IReadOnlyList<string> UntouchedPolicies { get; }

    public override string ToString() => string.Join(Environment.NewLine,
        [.. Lines("routes", Routes, UntouchedRoutes), .. Lines("policies", Policies, UntouchedPolicies)]);

    private static IEnumerable<string> Lines(string what, int all, IReadOnlyList<string> untouched)
    {
        var touched = all - untouched.Count;
        yield return $"Policy tests touch {touched} of {all} {what} ({(all == 0 ? 100 : touched * 100 / all)} %).";
        if (untouched.Count > 0)
            yield return $"No test touches the {what}: {string.Join(", ", untouched)}";
    }
}
