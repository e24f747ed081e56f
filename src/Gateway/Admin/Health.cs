using System.Diagnostics.Metrics;
using System.Text.Json.Serialization;
using Gateway.Accounts;
using Gateway.Platform;
using Gateway.Platform.Database;
using Gateway.Platform.Redis;
using Gateway.Platform.Telemetry;
using Gateway.Sessions;
using Gateway.Tokens;

namespace Gateway.Admin;

/// <summary>May a balancer send requests here? Each part by itself, so that an operator sees which one is in the way.</summary>
/// <remarks>
/// Not ready means that no request would be served, or protected ones would be refused. A database that is away does not, as long as
/// there is news of revocations: all replicas share it, and a balancer that gave up all of them would make an outage of a hiccup.
/// Nothing is asked of database or Redis here: who reads them every second knows.
/// </remarks>
internal sealed class Health(
    Serving serving, Store store, RevocationFeed feed, RedisLink redis, Freshness freshness, SigningKeys keys, HashingThreads hashing) : IInstruments
{
    private const string Ok = "ok";

    public (bool Ready, HealthResponse Report) Report()
    {
        var inTheWay = new Dictionary<string, string?>
        {
            ["listener"] = serving.IsReady ? null : serving.IsLeaving ? "closing: this process is leaving" : "not open yet",
            ["keys"] = keys.Loaded ? null : "not loaded",
            ["revocations"] = !freshness.Loaded ? "not loaded" : freshness.Holds ? null : $"no news for {Seconds(freshness.Age)}; protected routes are refused",
            ["database"] = store.IsInPlace ? null : SqliteFile.Lost,
        };
        var ready = inTheWay.Values.All(reason => reason is null);
        var checks = inTheWay.ToDictionary(part => part.Key, part => part.Value ?? Degraded(part.Key) ?? Ok);
        checks["redis"] = redis.IsConfigured ? Degraded("redis") ?? Ok : "not configured";
        checks["hashing"] = Degraded("hashing") ?? Ok;
        checks["configuration"] = Ok;      // there is no other one in force than the one that was checked at the start
        return (ready, new(ready ? "ready" : "not_ready", checks, Details()));
    }

    public void AddTo(Meter meter) => meter.CreateObservableGauge("gateway.ready", () => Report().Ready ? 1 : 0, null, "1: /health/ready answers 200.");

    /// <summary>Something fails, and requests are served all the same.</summary>
    private string? Degraded(string part) => part switch
    {
        "database" when feed.Database.IsAway => $"degraded: not read for {Seconds(feed.Database.Age)}; logins, refreshes and cookies that are not in memory get 503",
        "redis" when feed.Redis.IsAway => $"degraded: away, or out of order, for {Seconds(feed.Redis.Age)}; replicas hear of each other from the database, within about a second",
        "revocations" when freshness.IsStale => $"degraded: no news for {Seconds(freshness.Age)}; requests go on because Gateway:Revocation:OnStale says so",
        "hashing" when hashing.IsFull => $"degraded: {hashing.Limit} passwords wait to be hashed; more logins get 503 busy",
        _ => null,
    };

    private Dictionary<string, string> Details() => new()
    {
        ["revocations"] = $"read from the database {Seconds(feed.Database.Age)} ago" + (redis.IsConfigured ? $", from Redis {Seconds(feed.Redis.Age)} ago" : ""),
        ["hashing"] = $"{hashing.Waiting} waiting, at most {hashing.Limit}",
    };

    private static string Seconds(TimeSpan time) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.0} s");
}

/// <param name="Status">"live"; "ready" or "not_ready".</param>
/// <param name="Checks">"ok", "not configured", or in words what is wrong; what begins with "degraded" is in nobody's way.</param>
/// <param name="Details">What there is to know beside.</param>
public sealed record HealthResponse(
    string Status, IReadOnlyDictionary<string, string> Checks,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyDictionary<string, string>? Details = null);
