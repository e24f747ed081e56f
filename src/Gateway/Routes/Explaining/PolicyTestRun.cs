namespace Gateway.Routes.Explaining;

/// <summary>Does every test of a configuration hold? Asked at the start, before a reload and by <c>gateway check</c>.</summary>
internal sealed class PolicyTestRun(Explainers explainers, Askers askers)
{
    /// <param name="rulebook">Compiled, in force or not.</param>
    /// <returns>What each test found, in their order.</returns>
    public async Task<IReadOnlyList<PolicyTestResult>> RunAsync(Rulebook rulebook)
    {
        using var explainer = explainers.Of(rulebook);
        var results = new List<PolicyTestResult>();
        foreach (var test in rulebook.Settings.Get<PolicyTestOptions[]>())
            results.Add(await RunAsync($"{PolicyTestOptions.Section}:{results.Count}", test, explainer));
        return results;
    }

    private async Task<PolicyTestResult> RunAsync(string path, PolicyTestOptions test, Explainer explainer)
    {
        var asker = askers.OfWords(test.As is null ? null : TokenWords.Read(test.As), explainer.Rulebook.Issuers, out var error);
        if (asker is null)
            return new($"{path}:{nameof(test.As)}: {error}", null);

        var found = await explainer.ExplainAsync(test.Question, asker, alsoAlmost: false);
        var holds = found.Status == test.Expect && (test.Code ?? found.Code) == found.Code && (test.Route is null || test.Route.Equals(found.Route, StringComparison.OrdinalIgnoreCase));
        return new(holds ? null : $"{path}: {test.Request} as {asker.Name}: expected {Expected(test)}, got {Got(found)}: {found.Reason} Correct the policy, the route or the test.", found);
    }

    private static string Expected(PolicyTestOptions test) => $"{test.Expect}{(test.Code is null ? "" : " " + test.Code)}{(test.Route is null ? "" : $" by route {test.Route}")}";

    private static string Got(Explanation found) =>
        (found.Outcome switch
        {
            Outcome.Own => "an answer of the gateway's own",
            Outcome.Passes => $"{found.Status} (passes)",
            Outcome.Preflight => $"{found.Status} (answered by the gateway)",
            _ => $"{found.Status} {found.Code}",
        }) + (found.Route is null ? "" : $" by route {found.Route}, policy {found.Policy}");
}

/// <param name="Failure">Fact, rule and remedy; null: it holds.</param>
/// <param name="Found">What became of its request; null: nothing could.</param>
internal sealed record PolicyTestResult(string? Failure, Explanation? Found);
