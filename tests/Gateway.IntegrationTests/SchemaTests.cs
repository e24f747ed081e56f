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
    [InlineData("""{ "Gateway": { "Sessions": { "IdleLifetime": "24:00:00" } } }""")]
    [InlineData("""{ "Gateway": { "Tokens": { "Algorithm": "none" } } }""")]
    [InlineData("""{ "Gateway": { "Accounts": { "Signup": "Sometimes" } } }""")]
    [InlineData("""{ "Gateway": { "Passwords": { "WorkFactor": 99 } } }""")]
    [InlineData("""{ "Gateway": { "Policies": { "p": { "AnyOf": [ { "Not": { "Rolles": ["a"] } } ] } } } }""")]
    [InlineData("""{ "Gateway": { "Policies": { "p": { "Roles": "a" } } } }""")]
    [InlineData("""{ "Gateway": { "RateLimits": { "x": { "Kind": "Bucket" } } } }""")]
    [InlineData("""{ "ReverseProxy": { "Routes": { "x": { "AuthorisationPolicy": "anonymous" } } } }""")]
    [InlineData("""{ "ReverseProxy": { "Clusters": { "x": { "Destination": {} } } } }""")]
    [InlineData("""{ "ReverseProxy": { "Routes": { "x": { "Match": { "Path": 5 } } } } }""")]
    public void A_mistake_is_seen(string json) => Assert.NotEmpty(Errors(json));

    [Theory]
    [InlineData("""{ "ReverseProxy": { "Routes": { "x": { "Metadata": { "Mine": 100, "Assertion": true, "Identity": "grafana" } } } } }""")]
    [InlineData("""{ "ReverseProxy": { "Routes": { "x": { "Transforms": [ { "RequestHeadersCopy": true }, { "Whatever": "x" } ] } } } }""")]
    [InlineData("""{ "ReverseProxy": { "Clusters": { "x": { "HttpClient": { "Whatever": 1, "SslProtocols": ["Tls12"] } } } } }""")]
    [InlineData("""{ "$schema": "./gateway.schema.json", "Gateway": { "Policies": { "p": "role:a", "q": { "Not": "p" } } } }""")]
    [InlineData("""
        { "Gateway": {
          "PublicUrl": "http://localhost:8080", "Path": "/auth", "Secret": null, "SecretFile": null, "PreviousSecrets": [],
          "Database": { "Provider": "Sqlite", "ConnectionString": "Data Source=data/gateway.db", "Migrate": true }, "Redis": { "Configuration": null },
          "Management": { "Url": "http://127.0.0.1:8090", "Hosts": [] }, "Accounts": { "Signup": "Open", "DefaultRoles": ["user"], "ForwardUnverifiedEmail": false },
          "Passwords": { "WorkFactor": 12, "MinimumLength": 8, "Threads": 1, "QueueLimit": 32 },
          "Tokens": { "Issuer": null, "Audience": "gateway", "Algorithm": "ES256", "AccessLifetime": "00:05:00", "ClockSkew": "00:00:05", "TrustedIssuers": [
            { "Issuer": "https://login.example.com/", "Audiences": ["orders"], "Algorithms": ["RS256"], "Types": ["at+jwt", "JWT"], "MaxLifetime": null,
              "JwksFile": null, "JwksUri": null, "RolesClaim": "groups", "Roles": null, "SubjectPrefix": null } ] },
          "Sessions": { "IdleLifetime": "7.00:00:00", "AbsoluteLifetime": "30.00:00:00", "RefreshGrace": "00:00:10", "MaxPerUser": 100 },
          "Revocation": { "MaxStaleness": "00:00:10", "OnStale": "Deny" }, "Cache": { "Identities": 100000 },
          "Identity": { "Dialect": "gateway", "Headers": {}, "Assertion": false }, "Edge": { "AccessTokenHeader": true, "MaxTokenBytes": 8192, "AllowedHosts": [] },
          "Clients": [ { "Id": "orders", "SecretHash": "sha256:x" } ], "TrustedProxies": [], "Drain": { "Delay": "00:00:05", "Timeout": "00:00:20" },
          "Policies": { "all": { "Roles": ["a"], "Scopes": ["a"], "Claims": { "a": ["b"] }, "Users": ["a"], "Networks": ["10.0.0.0/8"], "Issuers": ["a"], "Mfa": true,
            "MaxAuthAge": "00:15:00", "MaxStaleness": "00:00:02", "OnStale": "Allow", "AnyOf": [ { "Roles": ["a"] } ], "AllOf": [ { "Roles": ["a"] } ], "Not": { "Roles": ["a"] },
            "Shadow": true, "Anonymous": false } },
          "PolicyTests": [ { "Request": "GET /", "As": null, "Expect": 401 }, { "Request": "GET /", "As": { "roles": ["a"] }, "Expect": 403 } ],
          "RateLimits": { "a": { "Kind": "TokenBucket", "Permits": 100, "Window": "00:00:10", "Queue": 0, "By": "User" } },
          "Cors": { "a": { "Origins": ["https://app.example.com"], "Methods": ["GET"], "Headers": [], "Credentials": false, "MaxAge": "00:10:00" } },
          "Timeouts": { "quick": "00:00:05" } } }
        """)]
    public void What_may_be_written_is_right_by_it(string json) => Assert.Empty(Errors(json));

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
