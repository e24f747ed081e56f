using System.Text.RegularExpressions;
using Gateway.Cli;

namespace Gateway.IntegrationTests;

/// <summary>gateway.schema.json says to an editor what the gateway would say at the start.</summary>
public sealed class SchemaTests
{
    private static readonly JsonDocumentOptions Comments = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };
    private static readonly string Written = File.ReadAllText(Path.Combine(Document.Repository, "gateway.schema.json"));
    private static readonly JsonObject Schema = JsonNode.Parse(Written)!.AsObject();

    public static TheoryData<string, int> Examples =>
    [
        .. new[] { "appsettings.example.json", "deploy/gateway.json" }.Select(file => (file, 0)),
        .. new[] { "README.md", "docs/policies.md", "docs/revocation.md", "docs/operations.md", "docs/deployment.md", "docs/security.md" }.SelectMany(file => Enumerable.Range(0, Blocks(file).Length).Select(i => (file, i))),
    ];

    [Fact]
    public void It_is_what_the_code_says() =>
        Assert.True(Written == SchemaCommand.Text(), "gateway.schema.json is out of date. Renew it: dotnet run --project src/Gateway -c Release -- schema > gateway.schema.json");

    [Theory]
    [MemberData(nameof(Examples))]
    public void Every_example_is_right_by_it(string file, int block) => Assert.Empty(Errors(file.EndsWith(".md", StringComparison.Ordinal) ? Blocks(file)[block] : File.ReadAllText(Path.Combine(Document.Repository, file))));

    [Theory]
    [InlineData("""{ "Gateway": { "Tokns": {} } }""")]
    [InlineData("""{ "Gateway": { "Tokens": { "AccessLifetime": 300 } } }""")]
    [InlineData("""{ "Gateway": { "Tokens": { "AccessLifetime": "5 minutes" } } }""")]
    [InlineData("""{ "Gateway": { "Tokens": { "Algorithm": "none" } } }""")]
    [InlineData("""{ "Gateway": { "Accounts": { "Signup": "Sometimes" } } }""")]
    [InlineData("""{ "Gateway": { "Passwords": { "WorkFactor": 99 } } }""")]
    [InlineData("""{ "Gateway": { "Policies": { "p": { "AnyOf": [ { "Not": { "Rolles": ["a"] } } ] } } } }""")]
    [InlineData("""{ "Gateway": { "Policies": { "p": { "Roles": "a" } } } }""")]
    [InlineData("""{ "Gateway": { "RateLimits": { "x": { "Kind": "Bucket" } } } }""")]
    [InlineData("""{ "ReverseProxy": { "Routes": { "x": { "AuthorisationPolicy": "anonymous" } } } }""")]
    [InlineData("""{ "ReverseProxy": { "Routes": { "x": { "Match": { "Path": 5 } } } } }""")]
    public void A_mistake_is_seen(string json) => Assert.NotEmpty(Errors(json));

    [Theory]
    [InlineData("Gateway:Tokens:TrustedIssuers")]
    [InlineData("Gateway:Policies")]
    [InlineData("Gateway:PolicyTests")]
    [InlineData("Gateway:RateLimits")]
    [InlineData("Gateway:Cors")]
    [InlineData("Gateway:Timeouts")]
    [InlineData("Gateway:Identity:Headers")]
    [InlineData("Gateway:Clients")]
    [InlineData("Gateway:TrustedProxies")]
    [InlineData("ReverseProxy:Routes")]
    [InlineData("ReverseProxy:Clusters")]
    public void Every_section_is_in_it(string path)
    {
        JsonNode? at = Schema;
        foreach (var name in path.Split(':'))
            at = at?["properties"]?[name];

        Assert.NotNull(at);
    }

    private static string[] Blocks(string file) =>
        [.. Regex.Matches(File.ReadAllText(Path.Combine(Document.Repository, file)), "```jsonc?\n(.*?)```", RegexOptions.Singleline).Select(match => match.Groups[1].Value.Trim()).Select(text => text.StartsWith('{') ? text : $"{{ {text} }}")
            .Where(text => text.Contains("\"Gateway\"") || text.Contains("\"ReverseProxy\""))];

    private static List<string> Errors(string json)
    {
        var errors = new List<string>();
        Check(JsonNode.Parse(json, documentOptions: Comments), Schema, "", errors);
        return errors;
    }

    /// <summary>The keywords that the schema uses, as JSON Schema 2020-12 has them.</summary>
    private static void Check(JsonNode? value, JsonObject schema, string path, List<string> errors)
    {
        if (schema["$ref"] is { } reference)
            Check(value, Schema["$defs"]![((string)reference!).Split('/')[^1]]!.AsObject(), path, errors);
        if (schema["anyOf"] is JsonArray any && !any.Any(one => Holds(value, one!.AsObject())))
            errors.Add($"{path}: none of the forms that it may have");
        if (schema["type"] is { } type && !(type is JsonArray types ? types.Select(t => (string)t!) : [(string)type!]).Any(t => IsOf(value, t)))
            errors.Add($"{path}: not {type.ToJsonString()}");
        if (schema["enum"] is JsonArray allowed && !allowed.Any(one => JsonNode.DeepEquals(one, value)))
            errors.Add($"{path}: not one of {allowed.ToJsonString()}");
        if (schema["pattern"] is { } pattern && value?.GetValueKind() is JsonValueKind.String && !Regex.IsMatch((string)value!, (string)pattern!))
            errors.Add($"{path}: not like {pattern}");
        if (value?.GetValueKind() is JsonValueKind.Number && ((schema["minimum"] is { } minimum && (double)value < (double)minimum) || (schema["maximum"] is { } maximum && (double)value > (double)maximum)))
            errors.Add($"{path}: out of range");
        if (value is JsonArray items && schema["items"] is JsonObject item)
        {
            foreach (var (i, element) in items.Index())
                Check(element, item, $"{path}:{i}", errors);
        }

        foreach (var (name, member) in value as JsonObject ?? [])
        {
            if (schema["properties"]?[name] is JsonObject known)
                Check(member, known, $"{path}:{name}", errors);
            else if (schema["additionalProperties"] is JsonObject other)
                Check(member, other, $"{path}:{name}", errors);
            else if (schema["additionalProperties"]?.GetValueKind() is JsonValueKind.False)
                errors.Add($"{path}:{name}: no such key");
        }
    }

    private static bool Holds(JsonNode? value, JsonObject schema)
    {
        var errors = new List<string>();
        Check(value, schema, "", errors);
        return errors.Count == 0;
    }

    private static bool IsOf(JsonNode? value, string type) => (type, value?.GetValueKind() ?? JsonValueKind.Null) switch
    {
        ("object", JsonValueKind.Object) or ("array", JsonValueKind.Array) or ("string", JsonValueKind.String) or ("null", JsonValueKind.Null) => true,
        ("boolean", JsonValueKind.True or JsonValueKind.False) or ("number", JsonValueKind.Number) => true,
        ("integer", JsonValueKind.Number) => (double)value! % 1 == 0,
        _ => false,
    };
}
