using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Gateway.Routes.Policies;

namespace Gateway.UnitTests.Routes.Policies;

/// <summary>A rule of one line is what an object would be.</summary>
public sealed class InlineRuleTests
{
    private const string Words = "It must be one of role, scope, claim, user, network, issuer, max-auth-age, mfa, authenticated";
    private const string Blank = "there is a blank too many. Terms stand between single spaces, with none before or after them.";

    private static readonly JsonSerializerOptions WhatIsThere = new()
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { KeysAlone } },
    };

    [Theory]
    [InlineData("role:admin", """{"Roles":["admin"]}""")]
    [InlineData("role:a|b", """{"Roles":["a","b"]}""")]
    [InlineData("role:a:b/c", """{"Roles":["a:b/c"]}""")]
    [InlineData("scope:orders:read", """{"Scopes":["orders:read"]}""")]
    [InlineData("scope:a scope:b", """{"Scopes":["a","b"]}""")]
    [InlineData("claim:tenant=acme|umbrella", """{"Claims":{"tenant":["acme","umbrella"]}}""")]
    [InlineData("claim:a.b=x claim:c=y=z", """{"Claims":{"a.b":["x"],"c":["y=z"]}}""")]
    [InlineData("claim:https://example.com/unit=it", """{"Claims":{"https://example.com/unit":["it"]}}""")]
    [InlineData("user:alice|partner:bob", """{"Users":["alice","partner:bob"]}""")]
    [InlineData("network:10.0.0.0/8|::1", """{"Networks":["10.0.0.0/8","::1"]}""")]
    [InlineData("issuer:https://id.example.com:8443/x", """{"Issuers":["https://id.example.com:8443/x"]}""")]
    [InlineData("mfa", """{"Mfa":true}""")]
    [InlineData("mfa mfa", """{"Mfa":true}""")]
    [InlineData("max-auth-age:00:15:00", """{"MaxAuthAge":"00:15:00"}""")]
    [InlineData("max-auth-age:1.00:00:00", """{"MaxAuthAge":"1.00:00:00"}""")]
    [InlineData("authenticated", "{}")]
    [InlineData("authenticated role:a", """{"Roles":["a"]}""")]
    [InlineData("mfa role:a|b scope:s claim:t=v max-auth-age:00:01:00", """{"Roles":["a","b"],"Scopes":["s"],"Claims":{"t":["v"]},"Mfa":true,"MaxAuthAge":"00:01:00"}""")]
    [InlineData("role:a role:b|c role:d", """{"Roles":["a"],"AllOf":[{"Roles":["b","c"]},{"Roles":["d"]}]}""")]
    [InlineData("claim:t=a claim:t=b", """{"Claims":{"t":["a"]},"AllOf":[{"Claims":{"t":["b"]}}]}""")]
    public void A_line_is_read(string text, string rule)
    {
        var parsed = InlineRule.Parse(text, out var error);

        Assert.Null(error);
        Assert.Equal(rule, JsonSerializer.Serialize(parsed, WhatIsThere));
    }

    [Theory]
    [InlineData("roel:admin", $"'roel' is no rule. {Words} (did you mean 'role'?).")]
    [InlineData("roles:admin", $"'roles' is no rule. {Words} (did you mean 'role'?).")]
    [InlineData("Role:admin", $"'Role' is no rule. {Words} (did you mean 'role'?).")]
    [InlineData("tenant=acme mfa", $"'tenant=acme' is no rule. {Words}.")]
    [InlineData(":admin", $"'' is no rule. {Words}.")]
    [InlineData("role:a  mfa", Blank)]
    [InlineData(" mfa", Blank)]
    [InlineData("mfa ", Blank)]
    [InlineData(" ", Blank)]
    [InlineData("role:", "'role:' leaves something empty. Write it like role:admin|staff.")]
    [InlineData("role mfa", "'role' leaves something empty. Write it like role:admin|staff.")]
    [InlineData("role:|a", "'role:|a' leaves something empty. Write it like role:admin|staff.")]
    [InlineData("role:a||b", "'role:a||b' leaves something empty. Write it like role:admin|staff.")]
    [InlineData("user:a|", "'user:a|' leaves something empty. Write it like user:alice|bob.")]
    [InlineData("scope:", "'scope:' leaves something empty. Write it like scope:orders:read.")]
    [InlineData("scope:a|b", "'scope:a|b' has alternatives, and all scopes of a rule are demanded. Write a term for each, or AnyOf.")]
    [InlineData("scope:\"a\"", "Scopes must be visible ASCII without quotes and backslashes (RFC 6749 section 3.3).")]
    [InlineData("claim:tenant", "'claim:tenant' leaves something empty. Write it like claim:tenant=acme|umbrella.")]
    [InlineData("claim:tenant=", "'claim:tenant=' leaves something empty. Write it like claim:tenant=acme|umbrella.")]
    [InlineData("claim:=acme", "'claim:=acme' leaves something empty. Write it like claim:tenant=acme|umbrella.")]
    [InlineData("network:10.0.0.0/33", "Networks '10.0.0.0/33' is not a network. Each must be a network such as 10.0.0.0/8 or fd00::/8, without bits beyond its prefix and with IPv4 written as such, or an address such as 10.0.0.1.")]
    [InlineData("network:::1 network:x", "Networks 'x' is not a network. Each must be a network such as 10.0.0.0/8 or fd00::/8, without bits beyond its prefix and with IPv4 written as such, or an address such as 10.0.0.1.")]
    [InlineData("issuer:", "'issuer:' leaves something empty. Write it like issuer:https://id.example.com.")]
    [InlineData("mfa:true", "'mfa:true' has a value, and mfa takes none. Write mfa.")]
    [InlineData("authenticated:", "'authenticated:' has a value, and authenticated takes none. Write authenticated.")]
    [InlineData("max-auth-age:15", "'15' is not a duration such as 00:15:00.")]
    [InlineData("max-auth-age:00:15:00|00:30:00", "'00:15:00|00:30:00' is not a duration such as 00:15:00.")]
    [InlineData("max-auth-age:00:00:00", "MaxAuthAge '00:00:00' is no age of a login. It must be whole seconds, 00:00:01 or more, such as 00:15:00.")]
    public void A_line_that_says_nothing_clear_is_refused_with_the_rule(string text, string error)
    {
        Assert.Null(InlineRule.Parse(text, out var said));

        Assert.Equal(error, said);
    }

    [Theory]
    [InlineData("mfa", true)]
    [InlineData("authenticated", true)]
    [InlineData("roel:x", true)]
    [InlineData("a b", true)]
    [InlineData("role", false)]
    [InlineData("staff", false)]
    [InlineData("mfa2", false)]
    public void A_name_is_told_from_a_line(string text, bool isLine) => Assert.Equal(isLine, InlineRule.IsMeant(text));

    [Fact]
    public void What_was_written_is_what_is_read()
    {
        var word = Law.TextOf("abz09:=/._-é", 6).Where(text => text.Length > 0);
        var words = from count in Gen.Choose(1, 3) from all in Gen.ArrayOf(word, count) select all;

        Law.Holds(
            from roles in words
            from scopes in Gen.ArrayOf(Law.TextOf("abz09:=/._-", 6).Where(text => text.Length > 0), 2)
            from claim in Law.TextOf("abz09:/._-é", 6).Where(text => text.Length > 0)
            from values in words
            from seconds in Gen.Choose(1, 1_000_000)
            select (roles, scopes, claim, values, Age: TimeSpan.FromSeconds(seconds)), given =>
            {
                var text = $"user:{string.Join('|', given.values)} role:{string.Join('|', given.roles)} scope:{given.scopes[0]} claim:{given.claim}={string.Join('|', given.values)} scope:{given.scopes[1]} max-auth-age:{given.Age}";

                var rule = InlineRule.Parse(text, out var error);

                Assert.Null(error);
                Assert.Equal((given.roles, given.scopes, given.values, given.values, given.Age), (rule!.Roles!, rule.Scopes!, rule.Users!, Assert.Contains(given.claim, rule.Claims!), rule.MaxAuthAge!.Value), SameWords);
            });
    }

    private static void KeysAlone(JsonTypeInfo type)
    {
        foreach (var property in type.Properties.Where(property => type.Type == typeof(PolicyOptions) && property.Set is null).ToArray())
            type.Properties.Remove(property);
    }

    private static bool SameWords((string[], string[], string[], string[], TimeSpan) a, (string[], string[], string[], string[], TimeSpan) b) =>
        a.Item1.SequenceEqual(b.Item1) && a.Item2.SequenceEqual(b.Item2) && a.Item3.SequenceEqual(b.Item3) && a.Item4.SequenceEqual(b.Item4) && a.Item5 == b.Item5;

    [Fact]
    public void No_text_is_too_much() =>
        Law.Holds(Law.AnyText(40), text => Assert.Equal(InlineRule.Parse(text, out var error) is null, error is not null), 1000);
}
