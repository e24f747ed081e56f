using System.Net;
using Gateway.Routes.Policies;
using Gateway.Sessions;

namespace Gateway.UnitTests.Routes.Policies;

/// <summary>Who meets which rule?</summary>
public sealed class RequirementTests
{
    private const string Id = "0b9e5c1e-7f10-4a53-9a57-0d5b35c9a2f1";
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("""{"Roles":["staff","admin"]}""", """ "roles":["admin"] """, true)]
    [InlineData("""{"Roles":["staff","admin"]}""", """ "roles":["x","staff"] """, true)]
    [InlineData("""{"Roles":["staff"]}""", """ "roles":["Staff"] """, false)]
    [InlineData("""{"Roles":["staff"]}""", """ "roles":["staff2"] """, false)]
    [InlineData("""{"Roles":["staff"]}""", "", false)]
    [InlineData("""{"Scopes":["a","b"]}""", """ "scope":"b c a" """, true)]
    [InlineData("""{"Scopes":["a","b"]}""", """ "scope":"a" """, false)]
    [InlineData("""{"Scopes":["a"]}""", """ "scope":"A" """, false)]
    [InlineData("""{"Claims":{"tenant":["acme","umbrella"]}}""", """ "tenant":"umbrella" """, true)]
    [InlineData("""{"Claims":{"tenant":["acme"]}}""", """ "tenant":["x","acme"] """, true)]
    [InlineData("""{"Claims":{"tenant":["acme"]}}""", """ "tenant":"Acme" """, false)]
    [InlineData("""{"Claims":{"org.unit":["it"]}}""", """ "org":{"unit":["hr","it"]} """, true)]
    [InlineData("""{"Claims":{"org.unit":["it"]}}""", """ "org.unit":"it" """, true)]
    [InlineData("""{"Claims":{"level":["3"]}}""", """ "level":3 """, true)]
    [InlineData("""{"Claims":{"tenant":["acme"],"level":["3"]}}""", """ "tenant":"acme" """, false)]
    [InlineData("""{"Mfa":true}""", """ "amr":["pwd","mfa"] """, true)]
    [InlineData("""{"Mfa":true}""", """ "amr":["pwd","otp"] """, false)]
    [InlineData("""{"Mfa":true}""", """ "amr":["MFA"] """, false)]
    [InlineData("""{"Mfa":true}""", "", false)]
    [InlineData("""{"Roles":["a"],"Scopes":["s"]}""", """ "roles":["a"],"scope":"s" """, true)]
    [InlineData("""{"Roles":["a"],"Scopes":["s"]}""", """ "roles":["a"] """, false)]
    [InlineData("""{"AnyOf":[{"Roles":["a"]},{"Scopes":["s"]}]}""", """ "scope":"s" """, true)]
    [InlineData("""{"AnyOf":[{"Roles":["a"]},{"Scopes":["s"]}]}""", """ "roles":["b"] """, false)]
    [InlineData("""{"AllOf":[{"Roles":["a"]},{"Roles":["b"]}]}""", """ "roles":["a","b"] """, true)]
    [InlineData("""{"AllOf":[{"Roles":["a"]},{"Roles":["b"]}]}""", """ "roles":["a"] """, false)]
    [InlineData("""{"Not":{"Roles":["a"]}}""", """ "roles":["b"] """, true)]
    [InlineData("""{"Not":{"Roles":["a"]}}""", """ "roles":["a"] """, false)]
    [InlineData("""{"Not":{"Roles":["a"],"Scopes":["s"]}}""", """ "roles":["a"] """, true)]
    [InlineData("""{"Roles":["a"],"Not":"role:b"}""", """ "roles":["a","b"] """, false)]
    [InlineData("\"named\"", """ "roles":["named"] """, true)]
    [InlineData("\"named\"", "", false)]
    [InlineData("""{"AnyOf":["named","role:x mfa"]}""", """ "roles":["x"],"amr":["mfa"] """, true)]
    [InlineData("""{"AnyOf":["named","role:x mfa"]}""", """ "roles":["x"] """, false)]
    [InlineData("\"authenticated\"", "", true)]
    [InlineData("""{"Not":"authenticated"}""", "", false)]
    [InlineData("\"mfa\"", """ "roles":["two"] """, true)] // a policy of that name wins
    public void Claims_decide(string rule, string claims, bool isMet) =>
        Assert.Equal(isMet, IsMet(rule, Made.Identity(claims.Trim()), others: rule == "\"mfa\"" ? ""","mfa":"role:two" """ : ""","named":"role:named" """));

    [Theory]
    [InlineData("bob", true)]
    [InlineData("u1", true)]
    [InlineData("alice", false)]
    [InlineData("Bob", false)]
    public void Our_own_user_is_known_by_name_and_id(string user, bool isMet) =>
        Assert.Equal(isMet, IsMet($$"""{"Users":["nobody","{{user}}"]}""", Made.Identity(""" "preferred_username":"bob" """)));

    [Theory]
    [InlineData(Id, "bob", true)]
    [InlineData("u2", Id, false)]
    public void An_id_is_nobodys_name(string subject, string name, bool isMet) => Assert.Equal(isMet, IsMet(
        $$"""{"Users":["{{Id}}"]}""",
        new(CredentialKind.Bearer, "c", Made.Own, Made.Claims($""" "preferred_username":"{name}" """, subject: subject), false, Made.Forever)));

    [Theory]
    [InlineData("partner:", "partner:u1", true)]
    [InlineData("partner:", "u1", false)]
    [InlineData("partner:", "bob", false)]
    [InlineData("partner:", "partner:bob", false)]
    [InlineData(null, "u1", false)]
    [InlineData(null, "bob", false)]
    public void Another_issuers_user_is_known_by_the_subject_with_its_prefix_alone(string? prefix, string user, bool isMet) =>
        Assert.Equal(isMet, IsMet($$"""{"Users":["{{user}}"]}""", Made.Foreign(""" "preferred_username":"bob" """, issuer => issuer.SubjectPrefix = prefix)));

    [Theory]
    [InlineData("10.0.0.0/8", "10.255.0.1", true)]
    [InlineData("10.0.0.0/8", "11.0.0.1", false)]
    [InlineData("10.0.0.0/8", "::ffff:10.1.2.3", true)]
    [InlineData("10.0.0.0/8", "::ffff:11.1.2.3", false)]
    [InlineData("10.0.0.0/8", "::10.1.2.3", false)] // IPv4-compatible is another thing
    [InlineData("10.0.0.1", "10.0.0.1", true)]
    [InlineData("10.0.0.1", "10.0.0.2", false)]
    [InlineData("::ffff:10.0.0.1", "10.0.0.1", true)]
    [InlineData("0.0.0.0/0", "203.0.113.7", true)]
    [InlineData("0.0.0.0/0", "::1", false)]
    [InlineData("::/0", "2001:db8::1", true)]
    [InlineData("::/0", "::ffff:10.0.0.1", false)] // IPv4, whatever it wears
    [InlineData("::1", "::1", true)]
    [InlineData("::1", "127.0.0.1", false)]
    [InlineData("fd00::/8", "fdff::1", true)]
    [InlineData("fd00::/8", "fe00::1", false)]
    [InlineData("2001:db8:0:8000::/49", "2001:db8:0:8000::5", true)]
    [InlineData("2001:db8:0:8000::/49", "2001:db8:0:7fff::5", false)]
    [InlineData("192.168.4.0/22", "192.168.7.255", true)]
    [InlineData("192.168.4.0/22", "192.168.8.0", false)]
    [InlineData("10.0.0.0/8", null, false)]
    [InlineData("0.0.0.0/0", null, false)]
    public void Peer_is_in_the_network(string network, string? peer, bool isMet) =>
        Assert.Equal(isMet, IsMet($$"""{"Networks":["192.0.2.1","{{network}}"]}""", Made.Identity(), peer));

    [Fact]
    public void A_network_holds_what_dotnet_says_that_it_holds() => Law.Holds(
        from bytes in Gen.ArrayOf(Gen.Elements<byte>(0, 1, 127, 128, 255), 16)
        from four in Gen.Elements(true, false)
        from prefix in Gen.Choose(0, four ? 32 : 128)
        from flipped in Gen.Choose(0, four ? 31 : 127)
        select (Bytes: four ? bytes[..4] : bytes, prefix, flipped), test =>
        {
            var network = new IPNetwork(Masked(test.Bytes, test.prefix), test.prefix);
            var near = network.BaseAddress.GetAddressBytes();
            near[test.flipped / 8] ^= (byte)(0x80 >> test.flipped % 8);
            var peer = new IPAddress(near);
            if (peer.IsIPv4MappedToIPv6 || network.BaseAddress.IsIPv4MappedToIPv6)
                return;

            Assert.Equal(network.Contains(peer), new FromNetworks([network.ToString()]).IsMetBy(new(Made.Identity(), peer, Now)));
        }, 1000);

    [Theory]
    [InlineData("00:15:00", 0, true)]
    [InlineData("00:15:00", -900, true)]
    [InlineData("00:15:00", -901, false)]
    [InlineData("00:15:00", 5, true)] // within the clock skew
    [InlineData("00:15:00", 6, false)]
    [InlineData("1.00:00:00", -86400, true)]
    [InlineData("1.00:00:00", -86401, false)]
    [InlineData("00:15:00", null, false)]
    public void Login_is_recent(string maxAge, int? loggedIn, bool isMet) => Assert.Equal(isMet, IsMet(
        $$"""{"MaxAuthAge":"{{maxAge}}"}""",
        Made.Identity(loggedIn is null ? """ "tenant":"acme" """ : $""" "auth_time":{Now.AddSeconds(loggedIn.Value).ToUnixTimeSeconds()} """)));

    [Theory]
    [InlineData(OwnIssuer.Name, true, false)]
    [InlineData(Made.Issuer, false, true)]
    public void Issuer_is_named(string issuer, bool ours, bool others)
    {
        var rule = $$"""{"Issuers":["{{issuer}}"]}""";

        Assert.Equal((ours, others), (IsMet(rule, Made.Identity()), IsMet(rule, Made.Foreign())));
    }

    [Theory]
    [InlineData("""{"Roles":["a","b"]}""", "role: a or b")]
    [InlineData("""{"Scopes":["a","b"]}""", "scope: a b")]
    [InlineData("""{"Claims":{"email":["bob@example.com"]}}""", "claim: email")]
    [InlineData("""{"Users":["alice","bob"]}""", "user: one of 2")]
    [InlineData("""{"Networks":["10.0.0.0/8","::1"]}""", "network: 10.0.0.0/8 or ::1")]
    [InlineData("""{"Issuers":["http://localhost:8080"]}""", "issuer: http://localhost:8080")]
    [InlineData("""{"Mfa":true}""", "mfa")]
    [InlineData("""{"MaxAuthAge":"00:15:00"}""", "max-auth-age: 00:15:00")]
    [InlineData("""{"AnyOf":["role:a|b",{"Scopes":["s"],"Not":"mfa"}]}""", "(role: a or b) or ((scope: s) and (not (mfa)))")]
    [InlineData("\"authenticated\"", "authenticated")]
    public void A_rule_says_what_it_demands_and_names_nobody(string rule, string text) => Assert.Equal(text, WrittenPolicies.Compile(rule).Text);

    [Fact]
    public void Each_part_of_a_rule_can_be_judged_by_itself()
    {
        var rule = WrittenPolicies.Compile("""{"Roles":["a"],"AnyOf":["role:b",{"Not":"scope:s"}]}""");
        var circumstances = new Circumstances(Made.Identity(""" "roles":["b"],"scope":"s" """), null, Now);

        Assert.Equal(
            ["- (role: a) and ((role: b) or (not (scope: s)))", " - role: a", " + (role: b) or (not (scope: s))", "  + role: b", "  - not (scope: s)", "   + scope: s"],
            Tree(rule, ""));

        IEnumerable<string> Tree(Requirement node, string indent) =>
            [$"{indent}{(node.IsMetBy(in circumstances) ? '+' : '-')} {node.Text}", .. node.Parts.SelectMany(part => Tree(part, indent + " "))];
    }

    /// <param name="rule">What is demanded.</param>
    /// <param name="claims">Of who asks.</param>
    /// <param name="requirement">What the log says; null: the rule is met.</param>
    [Theory]
    [InlineData("""{"Roles":["a"],"Scopes":["s"]}""", "", "policy_denied", "role: a")]
    [InlineData("""{"Roles":["a"],"Scopes":["s","t"]}""", """ "roles":["a"],"scope":"t" """, "insufficient_scope", "scope: s t")]
    [InlineData("""{"MaxAuthAge":"00:15:00"}""", "", "insufficient_user_authentication", "max-auth-age: 00:15:00")]
    [InlineData("""{"Mfa":true}""", "", "insufficient_user_authentication", "mfa")]
    [InlineData("""{"Roles":["a"],"Mfa":true}""", "", "policy_denied", "role: a")]
    [InlineData("""{"Mfa":true,"Not":"role:a"}""", """ "roles":["a"] """, "policy_denied", "not (role: a)")] // to log in again would be in vain
    [InlineData("""{"AllOf":["mfa","role:a"]}""", "", "policy_denied", "role: a")]
    [InlineData("""{"AllOf":["mfa","role:a"]}""", """ "roles":["a"] """, "insufficient_user_authentication", "mfa")]
    [InlineData("""{"AllOf":["role:a","role:b"]}""", """ "roles":["a"] """, "policy_denied", "role: b")]
    [InlineData("""{"AnyOf":["role:a","scope:s"]}""", "", "policy_denied", "(role: a) or (scope: s)")]
    [InlineData("""{"AnyOf":["scope:s"]}""", "", "policy_denied", "scope: s")]
    [InlineData("""{"AnyOf":["role:a","mfa"]}""", "", "insufficient_user_authentication", "mfa")]
    [InlineData("""{"AnyOf":["role:a","role:b mfa"]}""", "", "policy_denied", "(role: a) or ((role: b) and (mfa))")]
    [InlineData("""{"AnyOf":["role:a","role:b mfa"]}""", """ "roles":["b"] """, "insufficient_user_authentication", "mfa")]
    [InlineData("""{"AnyOf":["role:a",{"AllOf":[{"AnyOf":["role:c","max-auth-age:00:01:00"]}]}]}""", "", "insufficient_user_authentication", "max-auth-age: 00:01:00")]
    [InlineData("""{"Not":"authenticated"}""", "", "policy_denied", "not (authenticated)")]
    [InlineData("""{"Not":{"Not":"mfa"}}""", "", "policy_denied", "not (not (mfa))")]
    [InlineData("""{"Users":["bob"]}""", "", "policy_denied", "user: one of 1")]
    [InlineData("""{"Networks":["10.0.0.0/8"]}""", "", "policy_denied", "network: 10.0.0.0/8")]
    [InlineData("""{"Issuers":["https://login.example.com/"]}""", "", "policy_denied", "issuer: https://login.example.com/")]
    public void A_refusal_says_what_would_help_and_the_log_what_decided(string rule, string claims, string code, string requirement)
    {
        var circumstances = new Circumstances(Made.Identity(claims.Trim()), IPAddress.Parse("203.0.113.7"), Now);
        var compiled = WrittenPolicies.Compile(rule);

        Assert.False(compiled.IsMetBy(in circumstances));
        var refusal = compiled.RefusalOf(in circumstances);
        Assert.Equal((code, requirement), (refusal.Code, refusal.Requirement));
        Assert.Equal(code == "insufficient_user_authentication" ? 401 : 403, refusal.Status);
    }

    [Theory]
    [InlineData("""{"Roles":["a"]}""", """ "roles":["a"] """)]
    [InlineData("""{"Scopes":["s","t"]}""", """ "scope":"s t" """)]
    [InlineData("""{"Claims":{"tenant":["acme"],"org.unit":["it"]}}""", """ "tenant":"acme","org":{"unit":"it"} """)]
    [InlineData("""{"Users":["bob"]}""", """ "preferred_username":"bob" """)]
    [InlineData("""{"Networks":["::1","10.0.0.0/8"]}""", "", "::ffff:10.1.2.3")]
    [InlineData("""{"Networks":["::1","10.0.0.0/8"]}""", "", "::1")]
    [InlineData("""{"Networks":["::1","10.0.0.0/8"]}""", "", "10.0.0.1")]
    [InlineData("""{"Issuers":["http://localhost:8080"]}""", "")]
    [InlineData("""{"Mfa":true}""", """ "amr":["mfa"] """)]
    [InlineData("""{"MaxAuthAge":"00:15:00"}""", """ "auth_time":1772366400 """)]
    [InlineData("""{"AnyOf":["role:a",{"AllOf":["scope:s",{"Not":"mfa"}]}]}""", """ "scope":"s" """)]
    public void Judging_allocates_nothing(string rule, string claims, string? peer = null)
    {
        var compiled = WrittenPolicies.Compile(rule);
        var met = new Circumstances(Made.Identity(claims.Trim()), peer is null ? null : IPAddress.Parse(peer), Now);
        var unmet = new Circumstances(Made.Foreign(), IPAddress.Parse("::ffff:203.0.113.7"), Now);
        Assert.True(compiled.IsMetBy(in met));
        Assert.False(compiled.IsMetBy(in unmet));
        compiled.RefusalOf(in unmet);

        Assert.Contains(0, Enumerable.Range(0, 3).Select(_ => Allocated()));      // not each time: .NET's own tables of casts grow now and then

        long Allocated()
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 1000; i++)
            {
                compiled.IsMetBy(in met);
                compiled.IsMetBy(in unmet);
                compiled.RefusalOf(in unmet);
            }

            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
    }

    private static bool IsMet(string rule, Identity identity, string? peer = null, string others = "") =>
        WrittenPolicies.Compile(rule, others).IsMetBy(new(identity, peer is null ? null : IPAddress.Parse(peer), Now));

    private static IPAddress Masked(byte[] bytes, int prefix) =>
        new([.. bytes.Select((b, i) => (byte)(b & (byte)(0xFF00 >> Math.Clamp(prefix - i * 8, 0, 8))))]);
}
