using Gateway.Platform;
using Gateway.Platform.Database;
using Gateway.Sessions;
using Gateway.Tokens;

namespace Gateway.Admin;

/// <summary>May a balancer send requests here? Each part by itself, so that an operator sees which one is in the way.</summary>
internal sealed class Health(Serving serving, Store store, Freshness freshness, SigningKeys keys)
{
    public (bool Ready, HealthResponse Report) Report()
    {
        var checks = new Dictionary<string, string>
        {
            ["listener"] = serving.IsReady ? "ok" : "not open yet, or closing",
            ["database"] = store.IsInPlace ? "ok" : SqliteFile.Lost,
            ["keys"] = keys.Loaded ? "ok" : "not loaded",
            ["revocations"] = !freshness.Loaded ? "not loaded" : freshness.Holds ? "ok" : $"no news for {freshness.Age.TotalSeconds:0} s",
        };
        var ready = checks.Values.All(check => check == "ok");
        return (ready, new(ready ? "ready" : "not_ready", checks));
    }
}

public sealed record HealthResponse(string Status, IReadOnlyDictionary<string, string> Checks);
