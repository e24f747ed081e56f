using Gateway.Tokens;

namespace Gateway.Routes.Policies;

/// <summary>What does a policy demand? Each is compiled once, however many routes and policies name it.</summary>
/// <remarks>After <see cref="PolicyRules"/> had nothing to say: what is wrong throws here, since it must not mean "anybody".</remarks>
internal sealed class PolicyCompiler(PoliciesOptions policies, TokenOptions tokens)
{
    private readonly Dictionary<string, Requirement[]> compiled = new(StringComparer.Ordinal);
    private readonly HashSet<string> underWay = new(StringComparer.Ordinal);

    /// <summary>What a name, or an inline rule, stands for.</summary>
    public PolicyOptions OptionsOf(string text) =>
        policies.GetValueOrDefault(text) ?? InlineRule.Parse(text, out var error) ?? throw new InvalidOperationException($"'{text}' is no policy: {error}");

    /// <summary>What the policy is called where that is written down: an inline rule may name people.</summary>
    public string NameOf(string text) =>
        policies.ContainsKey(text) || RouteRules.IsReserved(text) ? text : new AllOf(Compile(text)).Text;

    /// <summary>All must be met; none: it is enough to be signed in.</summary>
    public Requirement[] Compile(string text)
    {
        if (compiled.TryGetValue(text, out var known))
            return known;
        if (!underWay.Add(text))
            throw new InvalidOperationException($"'{text}' refers to itself.");

        return compiled[text] = [.. Parts(OptionsOf(text))];
    }

    private IEnumerable<Requirement> Parts(PolicyOptions rule)
    {
        if (rule.Text is { } text)
        {
            foreach (var requirement in Compile(text))
                yield return requirement;
        }

        if (rule.Roles is { } roles)
            yield return new AnyRole(roles);
        if (rule.Scopes is { } scopes)
            yield return new AllScopes(scopes);
        foreach (var (claim, values) in rule.Claims ?? [])
            yield return new AnyValue(claim, values);
        if (rule.Users is { } users)
            yield return new OneOfUsers(users);
        if (rule.Networks is { } networks)
            yield return new FromNetworks(networks);
        if (rule.Issuers is { } issuers)
            yield return new FromIssuers(issuers);
        if (rule.Mfa is true)
            yield return new MultiFactor();
        if (rule.MaxAuthAge is { } age)
            yield return new RecentLogin(age, tokens.ClockSkew);
        if (rule.AnyOf is { } any)
            yield return new AnyOf([.. any.Select(One)]);
        if (rule.AllOf is { } all)
            yield return new AllOf([.. all.Select(One)]);
        if (rule.Not is { } not)
            yield return new Not(One(not));
    }

    private Requirement One(PolicyOptions rule) => Parts(rule).ToArray() is var parts && parts is [var one] ? one : new AllOf(parts);
}
