using System.ComponentModel.DataAnnotations;
using Gateway.Platform;
using Gateway.Sessions;

namespace Gateway.Routes.Policies;

/// <summary>One entry of Gateway:Policies, or a rule within one. Every part that is there must be met.</summary>
internal sealed class PolicyOptions : IValidatableObject
{
    public PolicyOptions()
    {
    }

    /// <param name="text">Stands for a rule: the name of another policy, or an <see cref="InlineRule"/>.</param>
    public PolicyOptions(string text) => Text = text;

    /// <summary>What stood in the place of an object; null: an object did.</summary>
    public string? Text { get; }

    /// <summary>Any of these. Names match exactly.</summary>
    [Required]
    public string[]? Roles { get; set; }

    /// <summary>All of these.</summary>
    [Required]
    public string[]? Scopes { get; set; }

    /// <summary>For each claim any of its values; dots lead into objects.</summary>
    [Required]
    public Dictionary<string, string[]>? Claims { get; set; }

    /// <summary>Any of these: our own users by name or id, another issuer's by the subject with its prefix.</summary>
    [Required]
    public string[]? Users { get; set; }

    /// <summary>Whoever asks is in any of these networks, or has one of these addresses.</summary>
    [Required]
    public string[]? Networks { get; set; }

    /// <summary>Any of these has issued the credential; our own may be named.</summary>
    [Required]
    public string[]? Issuers { get; set; }

    /// <summary>The login had more than one factor (<c>amr</c> holds "mfa", RFC 8176).</summary>
    [Required]
    public bool? Mfa { get; set; }

    /// <summary>The login is no older (<c>auth_time</c>, RFC 9470).</summary>
    [Required]
    public TimeSpan? MaxAuthAge { get; set; }

    [Required]
    public PolicyOptions[]? AnyOf { get; set; }

    [Required]
    public PolicyOptions[]? AllOf { get; set; }

    [Required]
    public PolicyOptions? Not { get; set; }

    /// <summary>Nobody has to be signed in; who is, is told to the backend.</summary>
    public bool Anonymous { get; set; }

    /// <summary>Lets pass whom the policy would refuse, and says so.</summary>
    public bool Shadow { get; set; }

    /// <summary>How old news of ended sessions may be here; null: as Gateway:Revocation says.</summary>
    [Range(typeof(TimeSpan), "00:00:02", "1.00:00:00", ErrorMessage = "It must be 00:00:02 or more.")]
    public TimeSpan? MaxStaleness { get; set; }

    /// <summary>And when it is older: refuse, or go by what is known? Null: as Gateway:Revocation says.</summary>
    public OnStale? OnStale { get; set; }

    /// <summary>Demands nothing of who is signed in.</summary>
    public bool IsEmpty => new object?[] { Text, Roles, Scopes, Claims, Users, Networks, Issuers, Mfa, MaxAuthAge, AnyOf, AllOf, Not }.All(part => part is null);

    /// <summary>The rules within, each with its key.</summary>
    public IEnumerable<RuleWithin> Within =>
    [
        .. AnyOf?.Select((rule, i) => new RuleWithin($"{nameof(AnyOf)}:{i}", rule)) ?? [],
        .. AllOf?.Select((rule, i) => new RuleWithin($"{nameof(AllOf)}:{i}", rule)) ?? [],
        .. Not is null ? [] : new[] { new RuleWithin(nameof(Not), Not) },
    ];

    /// <summary>Which of its keys speak about a route as a whole? They are heeded where a route names the policy, and nowhere else.</summary>
    public IEnumerable<string> KeysOfRoutes => new[]
    {
        (nameof(Anonymous), Anonymous), (nameof(Shadow), Shadow), (nameof(MaxStaleness), MaxStaleness is not null), (nameof(OnStale), OnStale is not null),
    }.Where(key => key.Item2).Select(key => key.Item1);

    public IEnumerable<ValidationResult> Validate(ValidationContext context)
    {
        if (IsEmpty && !Anonymous)
            yield return new("demands nothing, so it would let everybody or nobody pass. Write at least one of Roles, Scopes, Claims, Users, Networks, Issuers, Mfa, MaxAuthAge, AnyOf, AllOf, Not; for 'any signed-in user' use the policy authenticated.");
        if (Anonymous && !IsEmpty)
            yield return new("stands beside other rules, which it would make pointless. Remove it, or them.", [nameof(Anonymous)]);
        if (Anonymous && Shadow)
            yield return new("stands beside Anonymous, which refuses nobody. Remove it.", [nameof(Shadow)]);
        foreach (var (key, list, one) in new[] { (nameof(Roles), Roles, "role"), (nameof(Scopes), Scopes, "scope"), (nameof(Users), Users, "user, by name or id"), (nameof(Networks), Networks, "network or address"), (nameof(Issuers), Issuers, "issuer") })
        {
            if (IsBlank(list))
                yield return new($"must name at least one {one}.", [key]);
        }

        if (!IsBlank(Scopes) && Scopes?.Any(scope => scope.Any(c => c is <= ' ' or > '~' or '"' or '\\')) is true)
            yield return new("must be visible ASCII without quotes and backslashes (RFC 6749 section 3.3).", [nameof(Scopes)]);
        if (Claims is not null && (Claims.Count == 0 || Claims.Any(claim => string.IsNullOrWhiteSpace(claim.Key) || IsBlank(claim.Value))))
            yield return new("must name at least one claim, and for each at least one value.", [nameof(Claims)]);
        if (!IsBlank(Networks) && Networks?.FirstOrDefault(text => NetworksAttribute.TryParse(text) is null) is { } network)
            yield return new($"'{network}' is not a network. {NetworksAttribute.Rule}", [nameof(Networks)]);
        if (Mfa is false)
            yield return new("is false, which demands nothing. Write true, or leave the key out.", [nameof(Mfa)]);
        if (MaxAuthAge is { } age && (age < TimeSpan.FromSeconds(1) || age.Ticks % TimeSpan.TicksPerSecond != 0))
            yield return new($"'{age}' is no age of a login. It must be whole seconds, 00:00:01 or more, such as 00:15:00.", [nameof(MaxAuthAge)]);
        foreach (var (key, list) in new[] { (nameof(AnyOf), AnyOf), (nameof(AllOf), AllOf) })
        {
            if (list is { Length: 0 })
                yield return new("must hold at least one rule.", [key]);
        }

        foreach (var (key, rule) in Within)
        {
            foreach (var word in rule.KeysOfRoutes)
                yield return new("speaks about a route as a whole, and would not be heeded within a rule. Write it at the top of the policy.", [$"{key}:{word}"]);
        }
    }

    private static bool IsBlank(string[]? list) => list is not null && (list.Length == 0 || list.Any(string.IsNullOrWhiteSpace));
}

internal sealed record RuleWithin(string Key, PolicyOptions Rule);

/// <summary>Gateway:Policies.</summary>
internal sealed class PoliciesOptions : Dictionary<string, PolicyOptions>
{
    public const string Section = "Gateway:Policies";
}
