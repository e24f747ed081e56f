using System.Text;
using System.Text.Json;
using Gateway.Tokens;

namespace Gateway.UnitTests.Tokens;

public sealed class ClaimsTests
{
    private static readonly JsonSerializerOptions AsItIs = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly Dictionary<string, string> Required = new()
    {
        ["iss"] = "\"i\"", ["sub"] = "\"u1\"", ["aud"] = "\"gateway\"", ["iat"] = "1", ["exp"] = "2",
    };

    [Theory]
    [InlineData("iss")]
    [InlineData("sub")]
    [InlineData("aud")]
    [InlineData("iat")]
    [InlineData("exp")]
    public void What_every_token_must_say_is_required(string name)
    {
        Assert.NotNull(Read());
        Assert.Null(Read((name, null)));
    }

    [Theory]
    [InlineData("iss", "\"\"")]
    [InlineData("iss", "1")]
    [InlineData("iss", "null")]
    [InlineData("iss", "[\"i\"]")]
    [InlineData("sub", "\"\"")]
    [InlineData("sub", "1")]
    [InlineData("sub", "true")]
    [InlineData("sub", "\"\\ud800\"")]
    [InlineData("aud", "[]")]
    [InlineData("aud", "1")]
    [InlineData("aud", "null")]
    [InlineData("aud", "[\"gateway\",1]")]
    [InlineData("aud", "[[\"gateway\"]]")]
    [InlineData("aud", "{\"gateway\":true}")]
    [InlineData("aud", "\"\\udc00\"")]
    [InlineData("aud", "[\"gateway\",\"\\udc00\"]")]
    [InlineData("exp", "\"2\"")]
    [InlineData("exp", "-1")]
    [InlineData("exp", "1e3000")]
    [InlineData("exp", "253402300800")]
    [InlineData("exp", "9223372036854775808")]
    [InlineData("exp", "null")]
    [InlineData("exp", "true")]
    [InlineData("iat", "\"1\"")]
    [InlineData("iat", "{}")]
    [InlineData("nbf", "\"1\"")]
    [InlineData("nbf", "null")]
    [InlineData("nbf", "-1")]
    [InlineData("jti", "1")]
    [InlineData("jti", "null")]
    [InlineData("auth_time", "\"now\"")]
    [InlineData("preferred_username", "1")]
    [InlineData("preferred_username", "\"\\ud800\"")]
    [InlineData("email", "[\"bob@example.com\"]")]
    [InlineData("scope", "1")]
    [InlineData("scope", "[\"a\",1]")]
    [InlineData("exp", "2.0")]
    [InlineData("exp", "2.5")]
    [InlineData("exp", "2e0")]
    [InlineData("iat", "1.0")]
    public void A_claim_of_the_wrong_type_refuses_the_token(string name, string value) => Assert.Null(Read((name, value)));

    [Theory]
    [InlineData("\"gateway\"", new[] { "gateway" })]
    [InlineData("[\"orders\",\"gateway\"]", new[] { "orders", "gateway" })]
    [InlineData("\"gateway orders\"", new[] { "gateway orders" })]
    public void Audience_is_a_text_or_a_list(string value, string[] audiences) => Assert.Equal(audiences, Read(("aud", value))!.Audiences);

    [Theory]
    [InlineData("scope", "\"a b\"", new[] { "a", "b" })]
    [InlineData("scope", "\" a  b \"", new[] { "a", "b" })]
    [InlineData("scope", "\"\"", new string[0])]
    [InlineData("scope", "[\"a\",\"b\"]", new[] { "a", "b" })] // as Spring's authorization server writes it
    [InlineData("scp", "[\"a\",\"b\"]", new[] { "a", "b" })]
    [InlineData("scp", "\"a b\"", new[] { "a", "b" })]
    [InlineData("x", "1", new string[0])]
    public void Scopes_are_words(string name, string value, string[] scopes) => Assert.Equal(scopes, Read((name, value))!.Scopes);

    [Theory]
    [InlineData("ver", "\"2.0\"")]
    [InlineData("ver", "-1")]
    [InlineData("gen", "true")]
    [InlineData("sid", "[]")]
    public void What_is_ours_alone_may_mean_anything_to_others(string name, string value)
    {
        var claims = Read((name, value))!;

        Assert.Equal((null, null, null), (claims.Version, claims.Generation, claims.SessionId));
    }

    [Theory]
    [InlineData("sub", "\"a\\nb\"", true)]
    [InlineData("sub", "\"a\u007fb\"", true)]
    [InlineData("sub", "\"a\u0080b\"", true)]
    [InlineData("sub", "\"a\\u009fb\"", true)]
    [InlineData("roles", "[\"a\",\"b\\u0000\"]", true)]
    [InlineData("address", "{\"formatted\":\"1 Way\\nTown\"}", false)]
    [InlineData("sub", "\"a\\\\nb\"", false)]
    [InlineData("sub", "\"Jos\u00e9 \u00a0\"", false)]
    public void A_control_character_is_seen_where_it_could_leave(string name, string value, bool seen) =>
        Assert.Equal(seen, Read((name, value))!.HasControlIn(["sub", "roles", "absent", "address.country"]));

    [Fact]
    public void Every_control_character_is_seen_however_it_is_written() => Law.Holds(
        from text in Law.AnyText(6) from escaped in Gen.Elements(true, false) select (text, escaped), input =>
        {
            var json = input.escaped ? string.Concat(input.text.Select(c => $"\\u{(int)c:x4}")) : JsonSerializer.Serialize(input.text, AsItIs)[1..^1];
            Assert.Equal(input.text.Any(char.IsControl), Read(("sub", $"\"x{json}\""))!.HasControlIn(["sub"]));
        });

    [Theory]
    [InlineData("true", true)]
    [InlineData("false", false)]
    [InlineData("null", false)]
    [InlineData("\"true\"", false)]
    [InlineData("1", false)]
    public void An_address_is_verified_only_by_true(string value, bool verified) => Assert.Equal(verified, Read(("email_verified", value))!.EmailVerified);

    [Fact]
    public void What_is_absent_is_null()
    {
        var claims = Read()!;

        Assert.Null(claims.EmailVerified);
        Assert.Null(claims.TokenId);
        Assert.Null(claims.SessionId);
        Assert.Null(claims.Version);
        Assert.Null(claims.NotBefore);
    }

    [Theory]
    [InlineData("roles", new[] { "a", "b" })]
    [InlineData("name", new[] { "Bob" })]
    [InlineData("number", new[] { "1.50" })]
    [InlineData("flag", new[] { "true" })]
    [InlineData("nothing", new string[0])]
    [InlineData("object", new string[0])]
    [InlineData("object.roles", new[] { "c" })]
    [InlineData("object.inner.roles", new[] { "d" })]
    [InlineData("object.absent", new string[0])]
    [InlineData("name.roles", new string[0])]
    [InlineData("roles.0", new string[0])]
    [InlineData("https://example.com/roles", new[] { "e" })]
    [InlineData("dotted.name", new[] { "whole" })]
    [InlineData("mixed", new[] { "f", "1" })]
    [InlineData("half", new[] { "whole" })]
    [InlineData("escaped", new[] { "h" })]
    [InlineData("", new string[0])]
    [InlineData(".", new string[0])]
    [InlineData("object.", new string[0])]
    [InlineData("Roles", new string[0])]
    public void A_claim_is_found_by_its_path(string path, string[] values) => Assert.Equal(values, Read(
        ("\\u0065scaped", "\"h\""), ("roles", """["a","b"]"""), ("name", "\"Bob\""), ("number", "1.50"), ("flag", "true"), ("nothing", "null"),
        ("object", """{"roles":["c"],"inner":{"roles":["d"]}}"""), ("https://example.com/roles", "\"e\""),
        ("dotted.name", "\"whole\""), ("dotted", """{"name":"part"}"""), ("mixed", """["f",1,null,{"a":1},["g"]]"""),
        ("half", "[\"\\ud800\",\"whole\"]"))!.Values(path));

    [Fact]
    public void Any_path_is_answered() =>
        Law.Holds(Law.TextOf("abc.", 8), path => Read(("a", """{"b":{"c":["x"]}}"""), ("a.b", "\"y\""))!.Values(path));

    private static Claims? Read(params (string Name, string? Value)[] changes)
    {
        var members = new Dictionary<string, string>(Required);
        foreach (var (name, value) in changes)
        {
            members.Remove(name);
            if (value is not null)
                members[name] = value;
        }

        var json = Encoding.UTF8.GetBytes("{" + string.Join(',', members.Select(m => $"\"{m.Key}\":{m.Value}")) + "}");
        return Claims.TryRead(json, JsonDocument.Parse(json).RootElement);
    }
}
