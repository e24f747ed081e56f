using Gateway.Platform.Configuration;

namespace Gateway.UnitTests.Routes.Policies;

/// <summary>Every wrong value of every key of a policy is refused with fact, rule and remedy.</summary>
public sealed class PolicyOptionsTests
{
    private const string Keys = "AllOf, Anonymous, AnyOf, Claims, Issuers, MaxAuthAge, MaxStaleness, Mfa, Networks, Not, OnStale, Roles, Scopes, Shadow, Users";
    private const string Nothing = "demands nothing, so it would let everybody or nobody pass. Write at least one of Roles, Scopes, Claims, Users, Networks, Issuers, Mfa, MaxAuthAge, AnyOf, AllOf, Not; for 'any signed-in user' use the policy authenticated.";
    private const string Null = "is null. Leave the key out, or give it a value.";
    private const string List = "must be a list: write [ ... ].";
    private const string Network = "is not a network. Each must be a network such as 10.0.0.0/8 or fd00::/8, without bits beyond its prefix and with IPv4 written as such, or an address such as 10.0.0.1.";
    private const string Age = "is no age of a login. It must be whole seconds, 00:00:01 or more, such as 00:15:00.";
    private const string OfRoute = "speaks about a route as a whole, and would not be heeded within a rule. Write it at the top of the policy.";
    private const string OnlyAtRoute = "speaks about a route as a whole, and would not be heeded here.";
    private const string Undefined = "is not defined. It must be authenticated, a name under Gateway:Policies or an inline rule such as role:admin|staff";
    private const string Blank = "there is a blank too many. Terms stand between single spaces, with none before or after them.";
    private const string Words = "It must be one of role, scope, claim, user, network, issuer, max-auth-age, mfa, authenticated";
    private const string Stranger = "is no issuer whose tokens are believed. It must be one of http://localhost:8080, https://login.example.com/";

    [Theory]
    // Nothing at all
    [InlineData("{}", "", Nothing)]
    [InlineData("null", "", Nothing)]
    [InlineData("[]", "", Nothing)]
    [InlineData("\"\"", "", Nothing)]
    [InlineData("""{"Mfa":true,"AnyOf":[{}]}""", "AnyOf:0", Nothing)]
    [InlineData("""{"AllOf":[{"AnyOf":["mfa",{}]}]}""", "AllOf:0:AnyOf:1", Nothing)]
    [InlineData("""{"AnyOf":[null]}""", "AnyOf:0", Nothing)]
    [InlineData("""{"Not":{"Not":{"AnyOf":[{}]}}}""", "Not:Not:AnyOf:0", Nothing)]
    [InlineData("""{"MaxStaleness":"00:00:02","OnStale":"Allow"}""", "", Nothing)]
    [InlineData("""{"Shadow":true}""", "", Nothing)]
    [InlineData("""{"Anonymous":false}""", "", Nothing)]
    // Unknown keys
    [InlineData("""{"Role":["admin"]}""", "Role", $"this key does not exist. It must be one of {Keys} (did you mean 'Roles'?).")]
    [InlineData("""{"roels":["admin"]}""", "roels", $"this key does not exist. It must be one of {Keys} (did you mean 'Roles'?).")]
    [InlineData("""{"AnyOf":[{"Any":["mfa"]}]}""", "AnyOf:0:Any", $"this key does not exist. It must be one of {Keys} (did you mean 'AnyOf'?).")]
    [InlineData("""{"Not":{"MFA":true,"MaxAuthAg":"00:15:00"}}""", "Not:MaxAuthAg", $"this key does not exist. It must be one of {Keys} (did you mean 'MaxAuthAge'?).")]
    [InlineData("""{"Text":"mfa"}""", "Text", $"this key does not exist. It must be one of {Keys}.")]
    // Roles
    [InlineData("""{"Roles":[]}""", "Roles", "must name at least one role.")]
    [InlineData("""{"Roles":[""]}""", "Roles", "must name at least one role.")]
    [InlineData("""{"Roles":["admin"," "]}""", "Roles", "must name at least one role.")]
    [InlineData("""{"Roles":null}""", "Roles", Null)]
    [InlineData("""{"Roles":[null]}""", "Roles:0", "is null. It must be a text.")]
    [InlineData("""{"Roles":[["admin"]]}""", "Roles:0", "is a group or a list. It must be a text.")]
    [InlineData("""{"Roles":"admin"}""", "Roles", List)]
    [InlineData("""{"Roles":{"admin":true}}""", "Roles", List)]
    // Scopes
    [InlineData("""{"Scopes":[]}""", "Scopes", "must name at least one scope.")]
    [InlineData("""{"Scopes":[""]}""", "Scopes", "must name at least one scope.")]
    [InlineData("""{"Scopes":["a b"]}""", "Scopes", "must be visible ASCII without quotes and backslashes (RFC 6749 section 3.3).")]
    [InlineData("""{"Scopes":["é"]}""", "Scopes", "must be visible ASCII without quotes and backslashes (RFC 6749 section 3.3).")]
    [InlineData("""{"Scopes":"orders:read"}""", "Scopes", List)]
    [InlineData("""{"Scopes":null}""", "Scopes", Null)]
    // Claims
    [InlineData("""{"Claims":{}}""", "Claims", Null)]
    [InlineData("""{"Claims":{"tenant":[]}}""", "Claims", "must name at least one claim, and for each at least one value.")]
    [InlineData("""{"Claims":{"tenant":[""]}}""", "Claims", "must name at least one claim, and for each at least one value.")]
    [InlineData("""{"Claims":{" ":["acme"]}}""", "Claims", "must name at least one claim, and for each at least one value.")]
    [InlineData("""{"Claims":{"tenant":"acme"}}""", "Claims:tenant", List)]
    [InlineData("""{"Claims":"tenant"}""", "Claims", "is a value. It must be an object of named entries.")]
    // Users
    [InlineData("""{"Users":[]}""", "Users", "must name at least one user, by name or id.")]
    [InlineData("""{"Users":[" "]}""", "Users", "must name at least one user, by name or id.")]
    [InlineData("""{"Users":"bob"}""", "Users", List)]
    [InlineData("""{"Users":null}""", "Users", Null)]
    // Networks
    [InlineData("""{"Networks":[]}""", "Networks", "must name at least one network or address.")]
    [InlineData("""{"Networks":[""]}""", "Networks", "must name at least one network or address.")]
    [InlineData("""{"Networks":"10.0.0.0/8"}""", "Networks", List)]
    [InlineData("""{"Networks":null}""", "Networks", Null)]
    [InlineData("""{"Networks":["10.0.0.0/33"]}""", "Networks", $"'10.0.0.0/33' {Network}")]
    [InlineData("""{"Networks":["10.0.0.1/8"]}""", "Networks", $"'10.0.0.1/8' {Network}")]
    [InlineData("""{"Networks":["::1","fd00::/129"]}""", "Networks", $"'fd00::/129' {Network}")]
    [InlineData("""{"Networks":["::ffff:10.0.0.0/104"]}""", "Networks", $"'::ffff:10.0.0.0/104' {Network}")]
    [InlineData("""{"Networks":["office.example.com"]}""", "Networks", $"'office.example.com' {Network}")]
    [InlineData("""{"AnyOf":["mfa",{"Networks":["10.0.0.0/-1"]}]}""", "AnyOf:1:Networks", $"'10.0.0.0/-1' {Network}")]
    // Issuers
    [InlineData("""{"Issuers":[]}""", "Issuers", "must name at least one issuer.")]
    [InlineData("""{"Issuers":["  "]}""", "Issuers", "must name at least one issuer.")]
    [InlineData("""{"Issuers":"https://login.example.com/"}""", "Issuers", List)]
    [InlineData("""{"Issuers":null}""", "Issuers", Null)]
    [InlineData("""{"Issuers":["https://login.example.com"]}""", "Issuers", $"'https://login.example.com' {Stranger} (did you mean 'https://login.example.com/'?).")]
    [InlineData("""{"Not":{"Issuers":["http://localhost:8080","urn:a"]}}""", "Not:Issuers", $"'urn:a' {Stranger}.")]
    // Mfa
    [InlineData("""{"Mfa":false}""", "Mfa", "is false, which demands nothing. Write true, or leave the key out.")]
    [InlineData("""{"Mfa":"yes"}""", "Mfa", "'yes' is not true or false.")]
    [InlineData("""{"Mfa":null}""", "Mfa", Null)]
    [InlineData("""{"Mfa":[true]}""", "Mfa", "is a group or a list. It must be true or false.")]
    // MaxAuthAge
    [InlineData("""{"MaxAuthAge":"00:00:00"}""", "MaxAuthAge", $"'00:00:00' {Age}")]
    [InlineData("""{"MaxAuthAge":"-00:15:00"}""", "MaxAuthAge", $"'-00:15:00' {Age}")]
    [InlineData("""{"MaxAuthAge":"00:00:01.5"}""", "MaxAuthAge", $"'00:00:01.5000000' {Age}")]
    [InlineData("""{"MaxAuthAge":"900"}""", "MaxAuthAge", "'900' is not a duration such as 00:05:00 or 7.00:00:00.")]
    [InlineData("""{"MaxAuthAge":900}""", "MaxAuthAge", "'900' is not a duration such as 00:05:00 or 7.00:00:00.")]
    [InlineData("""{"MaxAuthAge":"15 minutes"}""", "MaxAuthAge", "'15 minutes' is not a duration such as 00:05:00 or 7.00:00:00.")]
    [InlineData("""{"Roles":["admin"],"MaxAuthAge":null}""", "MaxAuthAge", Null)]
    // AnyOf, AllOf, Not
    [InlineData("""{"AnyOf":[]}""", "AnyOf", "must hold at least one rule.")]
    [InlineData("""{"AllOf":[]}""", "AllOf", "must hold at least one rule.")]
    [InlineData("""{"AnyOf":null}""", "AnyOf", Null)]
    [InlineData("""{"AllOf":null}""", "AllOf", Null)]
    [InlineData("""{"Not":null}""", "Not", Null)]
    [InlineData("""{"Not":{}}""", "Not", Null)]
    [InlineData("""{"AnyOf":"mfa"}""", "AnyOf", List)]
    [InlineData("""{"AllOf":{"one":{"Mfa":true}}}""", "AllOf", List)]
    [InlineData("""{"Not":["mfa"]}""", "Not:0", $"this key does not exist. It must be one of {Keys}.")]
    // What speaks about a route
    [InlineData("""{"Anonymous":"perhaps"}""", "Anonymous", "'perhaps' is not true or false.")]
    [InlineData("""{"Anonymous":null}""", "Anonymous", "is null. It must be true or false.")]
    [InlineData("""{"Anonymous":true,"Roles":["a"]}""", "Anonymous", "stands beside other rules, which it would make pointless. Remove it, or them.")]
    [InlineData("""{"Anonymous":true,"Not":"mfa"}""", "Anonymous", "stands beside other rules, which it would make pointless. Remove it, or them.")]
    [InlineData("""{"Anonymous":true,"Shadow":true}""", "Shadow", "stands beside Anonymous, which refuses nobody. Remove it.")]
    [InlineData("""{"Mfa":true,"Shadow":1}""", "Shadow", "'1' is not true or false.")]
    [InlineData("""{"Mfa":true,"MaxStaleness":"00:00:01"}""", "MaxStaleness", "'00:00:01' is not allowed. It must be 00:00:02 or more.")]
    [InlineData("""{"Mfa":true,"MaxStaleness":"2 s"}""", "MaxStaleness", "'2 s' is not a duration such as 00:05:00 or 7.00:00:00.")]
    [InlineData("""{"Mfa":true,"OnStale":"Refuse"}""", "OnStale", "'Refuse' is not one of Deny, Allow.")]
    [InlineData("""{"AnyOf":[{"Anonymous":true}]}""", "AnyOf:0:Anonymous", OfRoute)]
    [InlineData("""{"Not":{"Mfa":true,"Shadow":true}}""", "Not:Shadow", OfRoute)]
    [InlineData("""{"AllOf":["mfa",{"Roles":["a"],"MaxStaleness":"00:00:02"}]}""", "AllOf:1:MaxStaleness", OfRoute)]
    [InlineData("""{"Not":{"AnyOf":[{"Mfa":true,"OnStale":"Deny"}]}}""", "Not:AnyOf:0:OnStale", OfRoute)]
    // Texts in the place of a rule
    [InlineData("\"ordres\"", "", $"'ordres' {Undefined} (did you mean 'orders'?).")]
    [InlineData("true", "", $"'True' {Undefined}.")]
    [InlineData("\"role\"", "", $"'role' {Undefined}.")]
    [InlineData("""{"AnyOf":["Orders"]}""", "AnyOf:0", $"'Orders' {Undefined} (did you mean 'orders'?).")]
    [InlineData("\"anonymous\"", "", $"'anonymous' {OnlyAtRoute} Write it as a route's AuthorizationPolicy.")]
    [InlineData("""{"Not":"anonymous"}""", "Not", $"'anonymous' {OnlyAtRoute} Write it as a route's AuthorizationPolicy.")]
    [InlineData("\"welcome\"", "", "'welcome' has Anonymous, which speaks about a route as a whole, and would not be heeded here. Refer to a policy without it.")]
    [InlineData("""{"AllOf":["mfa",{"AnyOf":["watched"]}]}""", "AllOf:1:AnyOf:0", "'watched' has Shadow, which speaks about a route as a whole, and would not be heeded here. Refer to a policy without it.")]
    [InlineData("""{"Not":"fresh"}""", "Not", "'fresh' has MaxStaleness, which speaks about a route as a whole, and would not be heeded here. Refer to a policy without it.")]
    [InlineData("""{"Not":"patient"}""", "Not", "'patient' has OnStale, which speaks about a route as a whole, and would not be heeded here. Refer to a policy without it.")]
    [InlineData("\" \"", "", $"' ': {Blank}")]
    [InlineData("\"orders \"", "", $"'orders ': 'orders' is no rule. {Words}.")]
    [InlineData("""{"AnyOf":["roel:admin"]}""", "AnyOf:0", $"'roel:admin': 'roel' is no rule. {Words} (did you mean 'role'?).")]
    [InlineData("""{"Not":"issuer:https://login.example.com"}""", "Not", $"'issuer:https://login.example.com': 'https://login.example.com' {Stranger} (did you mean 'https://login.example.com/'?).")]
    [InlineData("""{"Not":"issuer:http://localhost:8080 issuer:urn:b"}""", "Not", $"'issuer:http://localhost:8080 issuer:urn:b': 'urn:b' {Stranger}.")]
    public void A_wrong_value_is_refused(string policy, string at, string error) => Assert.Equal(
        [at.Length == 0 ? $"Gateway:Policies:p: {error}" : $"Gateway:Policies:p:{at}: {error}"],
        new WrittenPolicies($$"""
            {
              "p": {{policy}},
              "orders": { "Roles": ["clerk"] }, "welcome": { "Anonymous": true }, "watched": { "Mfa": true, "Shadow": true },
              "fresh": { "Mfa": true, "MaxStaleness": "00:00:02" }, "patient": { "Mfa": true, "OnStale": "Allow" }
            }
            """).Errors);

    [Theory]
    [InlineData("anonymous", "this name has a meaning already. Choose another.")]
    [InlineData("authenticated", "this name has a meaning already. Choose another.")]
    [InlineData("mfa authenticated", "this name is an inline rule, and would hide what it says. Choose another.")]
    public void A_name_that_has_a_meaning_is_refused(string name, string error) =>
        Assert.Equal([$"Gateway:Policies:{name}: {error}"], new WrittenPolicies($$"""{ "{{name}}": { "Roles": ["a"] } }""").Errors);

    [Theory]
    [InlineData("""{ "a": "a" }""", "a", "a → a")]
    [InlineData("""{ "a": "b", "b": "a" }""", "a", "a → b → a")]
    [InlineData("""{ "a": { "Not": "a" } }""", "a", "a → a")]
    [InlineData("""{ "a": { "AnyOf": ["mfa", { "AllOf": ["b"] }] }, "b": { "Not": "c" }, "c": { "AllOf": ["a", "mfa"] } }""", "a", "a → b → c → a")]
    [InlineData("""{ "x": "a", "a": "b", "b": "a" }""", "a", "a → b → a")]
    public void Policies_that_refer_to_each_other_in_a_circle_are_refused(string policies, string at, string circle) =>
        Assert.Equal([$"Gateway:Policies:{at}: refers to itself: {circle}. Take one of these references out."], new WrittenPolicies(policies).Errors);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void References_go_so_deep_and_no_deeper(bool backwards)
    {
        string[] Chain(int length) => [.. Enumerable.Range(0, length).Select(i => $"\"p{i}\": " + (i == length - 1 ? "\"mfa\"" : $"{{ \"Not\": \"p{i + 1}\" }}"))];
        string Json(int length) => "{" + string.Join(",", backwards ? Chain(length).Reverse() : Chain(length)) + "}";

        Assert.Empty(new WrittenPolicies(Json(16)).Errors);
        Assert.Contains("refers to a policy that refers to a policy, and so on, more than 16 deep. Say some of it directly.", Assert.Single(new WrittenPolicies(Json(17)).Errors));
        Assert.NotEmpty(new WrittenPolicies(Json(2000)).Errors);
    }

    [Theory]
    [InlineData("ordres", "'ordres' is not defined. It must be anonymous, authenticated, a name under Gateway:Policies or an inline rule such as role:admin|staff (did you mean 'orders'?).")]
    [InlineData("Authenticated", "'Authenticated' is not defined. It must be anonymous, authenticated, a name under Gateway:Policies or an inline rule such as role:admin|staff (did you mean 'authenticated'?).")]
    [InlineData("", "'' is not defined. It must be anonymous, authenticated, a name under Gateway:Policies or an inline rule such as role:admin|staff.")]
    [InlineData("rolle:admin", $"'rolle:admin': 'rolle' is no rule. {Words} (did you mean 'role'?).")]
    [InlineData("issuer:urn:a", $"'issuer:urn:a': 'urn:a' {Stranger}.")]
    [InlineData("orders", null)]
    [InlineData("welcome", null)]
    [InlineData("anonymous", null)]
    [InlineData("authenticated", null)]
    [InlineData("role:admin scope:orders:read", null)]
    public void What_stands_at_a_route_is_checked(string policy, string? error) =>
        Assert.Equal(error, new WrittenPolicies("""{ "orders": "mfa", "welcome": { "Anonymous": true } }""").Rules.ErrorOfRoute(policy));

    [Fact]
    public void Names_that_differ_in_case_alone_are_refused()
    {
        using var folder = new TempFolder();
        var file = folder.Write("gateway.json", """{ "Gateway": { "Policies": { "staff": "mfa", "Staff": "role:a" } } }""");
        var errors = new List<string>();

        new ConfigurationFile(file, FileContent.Of(file), errors).Read();

        Assert.Equal([$"{file}: Gateway:Policies:staff and Gateway:Policies:Staff differ only in case. Keep one, or give them different names."], errors);
    }
}
