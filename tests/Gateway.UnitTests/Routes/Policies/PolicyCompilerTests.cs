using System.Net;
using Gateway.Routes.Policies;
using Gateway.Sessions;
using Gateway.Tokens;

namespace Gateway.UnitTests.Routes.Policies;

/// <summary>What is compiled lets pass whom the rule as it is written would.</summary>
public sealed class PolicyCompilerTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly string[] Addresses = ["10.0.0.1", "10.9.9.9", "::ffff:10.0.0.1", "192.168.1.1", "::1", "fd00::5"];
    private static readonly string[] Issuers = [OwnIssuer.Name, Made.Issuer];

    private static readonly PoliciesOptions Named = new()
    {
        ["a-or-b"] = new() { Roles = ["a", "b"] },
        ["deep"] = new() { AnyOf = [new("a-or-b"), new("scope:s mfa")], Not = new("role:x") },
        ["line"] = new("deep"),
    };

    private sealed record Person(
        bool IsOwn, string? Prefix, string Subject, string Name, string[] Roles, string[] Scopes, string[] Tenants, bool Mfa, int? LoggedIn, string? Address)
    {
        public Circumstances Asks() => new(
            new(CredentialKind.Bearer, "c", IsOwn ? Made.Own : Made.Own with { Name = Made.Issuer, Trusted = new() { Issuer = Made.Issuer, RolesClaim = "roles", SubjectPrefix = Prefix } },
                Made.Claims(Claims, Issuer, Subject), false, Made.Forever),
            Address is null ? null : IPAddress.Parse(Address), Now);

        public string Issuer => IsOwn ? Issuers[0] : Issuers[1];

        private string Claims =>
            $$"""
            "preferred_username":"{{Name}}","roles":[{{List(Roles)}}],"scope":"{{string.Join(' ', Scopes)}}","org":{"tenant":[{{List(Tenants)}}]},"amr":["pwd"{{(Mfa ? ",\"mfa\"" : "")}}]
            {{(LoggedIn is null ? "" : $",\"auth_time\":{Now.AddSeconds(LoggedIn.Value).ToUnixTimeSeconds()}")}}
            """;

        private static string List(string[] words) => string.Join(',', words.Select(word => $"\"{word}\""));
    }

    [Fact]
    public void A_compiled_rule_decides_as_the_written_one() => Law.Holds(
        from rule in Rule(3)
        from people in Gen.ArrayOf(Anybody, 8)
        select (rule, people), given =>
        {
            var policies = new PoliciesOptions { ["p"] = given.rule };
            foreach (var (name, named) in Named)
                policies[name] = named;
            var compiled = new AllOf(new PolicyCompiler(policies, new TokenOptions()).Compile("p"));

            Assert.All(given.people, person => Assert.Equal(Meets(given.rule, person), compiled.IsMetBy(person.Asks())));
            Assert.All(given.people.Where(person => !Meets(given.rule, person)), person => Assert.InRange(compiled.RefusalOf(person.Asks()).Status, 401, 403));
        }, 2000);

    [Fact]
    public void A_policy_is_compiled_once_whoever_names_it()
    {
        var compiler = new PolicyCompiler(Named, new());

        Assert.Same(compiler.Compile("a-or-b")[0], compiler.Compile("deep")[0].Parts[0]);
        Assert.Same(compiler.Compile("line")[0], compiler.Compile("deep")[0]);
    }

    [Theory]
    [InlineData("ordres")]
    [InlineData("anonymous")]
    [InlineData("role:")]
    [InlineData("circle")]
    public void What_is_wrong_never_means_anybody(string policy) =>
        Assert.Throws<InvalidOperationException>(() => new PolicyCompiler(new() { ["circle"] = new() { Not = new("circle") } }, new()).Compile(policy));

    [Theory]
    [InlineData("deep", "deep")]
    [InlineData("anonymous", "anonymous")]
    [InlineData("authenticated", "authenticated")]
    [InlineData("user:alice|bob role:a", "(role: a) and (user: one of 2)")]
    public void A_policy_is_written_down_without_names_of_people(string policy, string name) =>
        Assert.Equal(name, new PolicyCompiler(Named, new()).NameOf(policy));

    // The reference: slow, and plain to see.
    private static bool Meets(PolicyOptions rule, Person who) => rule.Text is { } text
        ? text switch
        {
            "a-or-b" => who.Roles.Contains("a") || who.Roles.Contains("b"),
            "deep" or "line" => (Meets(new("a-or-b"), who) || Meets(new("scope:s mfa"), who)) && !who.Roles.Contains("x"),
            "scope:s mfa" => who.Scopes.Contains("s") && who.Mfa,
            "role:x" => who.Roles.Contains("x"),
            "authenticated" => true,
            _ => throw new ArgumentException(text, nameof(rule)),
        }
        : new[]
        {
            rule.Roles is null || rule.Roles.Intersect(who.Roles).Any(),
            rule.Scopes is null || !rule.Scopes.Except(who.Scopes).Any(),
            rule.Claims is null || rule.Claims.All(claim => claim.Value.Intersect(who.Tenants).Any()),
            rule.Users is null || (who.IsOwn ? rule.Users.Contains(who.Subject) || rule.Users.Contains(who.Name) : who.Prefix is not null && rule.Users.Contains(who.Prefix + who.Subject)),
            rule.Networks is null || (who.Address is not null && rule.Networks.Any(network => Holds(network, IPAddress.Parse(who.Address)))),
            rule.Issuers is null || rule.Issuers.Contains(who.Issuer),
            rule.Mfa is null || who.Mfa,
            rule.MaxAuthAge is null || (who.LoggedIn is { } at && at <= 5 && -at <= rule.MaxAuthAge.Value.TotalSeconds),
            rule.AnyOf is null || rule.AnyOf.Any(part => Meets(part, who)),
            rule.AllOf is null || rule.AllOf.All(part => Meets(part, who)),
            rule.Not is null || !Meets(rule.Not, who),
        }.All(isMet => isMet);

    private static bool Holds(string network, IPAddress address) =>
        IPNetwork.Parse(network).Contains(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address);

    private static Gen<Person> Anybody =>
        from isOwn in Gen.Elements(true, true, false)
        from prefix in Gen.Elements("p:", null)
        from subject in Gen.Elements("u1", "u2")
        from name in Gen.Elements("alice", "bob")
        from roles in Some("a", "b", "x")
        from scopes in Some("s", "t")
        from tenants in Some("acme", "umbrella")
        from mfa in Gen.Elements(true, false)
        from loggedIn in Gen.Elements<int?>(null, 0, 5, 6, -60, -61, -900)
        from address in Gen.Elements([.. Addresses, null])
        select new Person(isOwn, prefix, subject, name, roles, scopes, tenants, mfa, loggedIn, address);

    private static Gen<PolicyOptions> Rule(int depth) => depth == 0 ? Leaf : Gen.Frequency<PolicyOptions>(
        (3, Leaf),
        (2, Rules(depth).Select(rules => new PolicyOptions { AnyOf = rules })),
        (2, Rules(depth).Select(rules => new PolicyOptions { AllOf = rules })),
        (1, Rule(depth - 1).Select(rule => new PolicyOptions { Not = rule })),
        (1, from any in Rules(depth) from roles in Many("a", "b", "x") from not in Rule(depth - 1) select new PolicyOptions { Roles = roles, AnyOf = any, Not = not }));

    private static Gen<PolicyOptions[]> Rules(int depth) => from count in Gen.Choose(1, 3) from rules in Gen.ArrayOf(Rule(depth - 1), count) select rules;

    private static Gen<PolicyOptions> Leaf => Gen.OneOf<PolicyOptions>(
        Many("a", "b", "x").Select(roles => new PolicyOptions { Roles = roles }),
        Many("s", "t").Select(scopes => new PolicyOptions { Scopes = scopes }),
        Many("acme", "umbrella").Select(values => new PolicyOptions { Claims = new() { ["org.tenant"] = values } }),
        Many("alice", "u1", "p:u1", "p:alice").Select(users => new PolicyOptions { Users = users }),
        Many("10.0.0.0/8", "10.0.0.1/32", "::1/128", "fd00::/8", "0.0.0.0/0").Select(networks => new PolicyOptions { Networks = networks }),
        Many(Issuers).Select(issuers => new PolicyOptions { Issuers = issuers }),
        Gen.Constant(new PolicyOptions { Mfa = true }),
        Gen.Constant(new PolicyOptions { MaxAuthAge = TimeSpan.FromMinutes(1) }),
        Gen.Elements("a-or-b", "deep", "line", "scope:s mfa", "role:x", "authenticated").Select(text => new PolicyOptions(text)),
        from roles in Many("a", "b") from scopes in Many("s", "t") select new PolicyOptions { Roles = roles, Scopes = scopes, Mfa = true });

    private static Gen<string[]> Some(params string[] words) => Gen.SubListOf(words).Select(some => some.ToArray());

    private static Gen<string[]> Many(params string[] words) => Some(words).Where(some => some.Length > 0);
}
