namespace Gateway.IntegrationTests.Support;

/// <summary>A configuration file in the making. Keys are written as .NET writes them: "Gateway:Tokens:Issuer".</summary>
public sealed class SettingsFile
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    private readonly JsonObject root = [];

    /// <summary>A gateway in a process of its own, with its database in the folder that it is started in.</summary>
    public static SettingsFile Alone(Uri backend, string management = "http://127.0.0.1:0") => new SettingsFile()
        .Set("Urls", "http://127.0.0.1:0")
        .Set("Gateway:Management:Url", management)
        .Set("Gateway:Database:ConnectionString", "Data Source=gateway.db")
        .Set("Gateway:Drain:Delay", "00:00:00")
        .Destination("backend", backend);

    public SettingsFile Set(string key, JsonNode? value)
    {
        var path = key.Split(':');
        var section = root;
        foreach (var name in path[..^1])
            section = (JsonObject)(section[name] ??= new JsonObject());
        section[path[^1]] = value;
        return this;
    }

    public bool Has(string key)
    {
        JsonNode? node = root;
        foreach (var name in key.Split(':'))
            node = (node as JsonObject)?[name];
        return node is not null;
    }

    public SettingsFile Remove(string key)
    {
        var path = key.Split(':');
        JsonObject? section = root;
        foreach (var name in path[..^1])
            section = section?[name] as JsonObject;
        section?.Remove(path[^1]);
        return this;
    }

    /// <summary>A YARP route to the recording backend.</summary>
    public SettingsFile Route(string id, string path, string? policy = null, JsonObject? metadata = null, int? order = null)
    {
        var route = new JsonObject { ["ClusterId"] = "backend", ["Match"] = new JsonObject { ["Path"] = path } };
        if (policy is not null)
            route["AuthorizationPolicy"] = policy;
        if (metadata is not null)
            route["Metadata"] = metadata;
        if (order is not null)
            route["Order"] = order;
        return Set($"ReverseProxy:Routes:{id}", route);
    }

    public SettingsFile Destination(string cluster, Uri url) => Set($"ReverseProxy:Clusters:{cluster}:Destinations:one:Address", url.ToString());

    /// <summary>One more entry of TrustedIssuers.</summary>
    public SettingsFile Trust(JsonObject issuer)
    {
        var trusted = root["Gateway"]?["Tokens"]?["TrustedIssuers"] as JsonArray ?? [];
        trusted.Add(issuer);
        return trusted.Parent is null ? Set("Gateway:Tokens:TrustedIssuers", trusted) : this;
    }

    public override string ToString() => root.ToJsonString(Indented);
}
