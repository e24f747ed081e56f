using Gateway.Platform.Configuration;

namespace Gateway.IntegrationTests.Platform;

/// <summary>The defaults, written out: they pass as they are, and none of their keys takes another kind of value.</summary>
public sealed class DefaultConfigurationTests : IDisposable
{
    private const string Defaults = """
        {
          "PublicUrl":   "http://localhost:8080",
          "Path":        "/auth",
          "Secret":      null,  "SecretFile": null,  "PreviousSecrets": [],
          "Database":    { "Provider": "Sqlite", "ConnectionString": "Data Source=data/gateway.db", "Migrate": true },
          "Redis":       { "Configuration": null },
          "Management":  { "Url": "http://127.0.0.1:8090", "Hosts": [] },
          "Accounts":    { "Signup": "Open", "DefaultRoles": ["user"], "ForwardUnverifiedEmail": false },
          "Passwords":   { "WorkFactor": 12, "MinimumLength": 8, "Threads": 1, "QueueLimit": 32 },
          "Tokens":      { "Issuer": null, "Audience": "gateway", "Algorithm": "ES256", "AccessLifetime": "00:05:00", "ClockSkew": "00:00:05", "TrustedIssuers": [] },
          "Sessions":    { "IdleLifetime": "7.00:00:00", "AbsoluteLifetime": "30.00:00:00", "RefreshGrace": "00:00:10", "MaxPerUser": 100 },
          "Revocation":  { "MaxStaleness": "00:00:10", "OnStale": "Deny" },
          "Cache":       { "Identities": 100000 },
          "Identity":    { "Dialect": "gateway", "Headers": {}, "Assertion": false },
          "Edge":        { "AccessTokenHeader": true, "MaxTokenBytes": 8192, "AllowedHosts": [] },
          "Clients":     [],
          "TrustedProxies": [],
          "Drain":       { "Delay": "00:00:05", "Timeout": "00:00:20" },
          "Policies":    {}, "PolicyTests": [], "RateLimits": {}, "Cors": {}, "Timeouts": {}
        }
        """;

    private readonly TempFolder folder = new();

    public static TheoryData<string> Keys => [.. KeysOf(JsonNode.Parse(Defaults)!.AsObject(), "Gateway")];

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Defaults_pass_as_they_are()
    {
        await using var app = await GatewayHost.BuildAsync(Arguments(_ => { }));

        Assert.Empty(folder.Names().Except(["gateway.json"]));
    }

    [Theory, MemberData(nameof(Keys))]
    public async Task Value_of_another_kind_is_refused_by_its_key(string key)
    {
        var refusal = await Assert.ThrowsAsync<StartRefusedException>(() => GatewayHost.BuildAsync(Arguments(settings => settings.Set(key, OfAnotherKind(key)))));

        Assert.Contains(refusal.Errors, error => error.StartsWith(key + ":", StringComparison.Ordinal));
        Assert.Null(refusal.InnerException);
    }

    private string[] Arguments(Action<SettingsFile> change)
    {
        var settings = new SettingsFile().Set("Gateway", JsonNode.Parse(Defaults));
        change(settings);
        return ["--config", folder.Write("gateway.json", settings.ToString())];
    }

    /// <summary>Where there is one value a group, and where there is a group or a list one value.</summary>
    private static JsonNode OfAnotherKind(string key) =>
        key.Split(':')[1..].Aggregate(JsonNode.Parse(Defaults), (at, name) => at![name]) is JsonObject or JsonArray ? "wrong" : new JsonObject { ["wrong"] = "kind" };

    private static IEnumerable<string> KeysOf(JsonObject group, string path) =>
        group.SelectMany(member => (member.Value is JsonObject inner ? KeysOf(inner, $"{path}:{member.Key}") : []).Prepend($"{path}:{member.Key}"));
}
