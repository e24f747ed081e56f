using System.Diagnostics.Metrics;
using Gateway.Platform.Telemetry;

namespace Gateway.Sessions.Connections;

/// <summary>What is open, and what did the gateway end?</summary>
internal sealed class ConnectionInstruments(OpenConnections connections) : IInstruments
{
    private static readonly Dictionary<ConnectionKind, KeyValuePair<string, object?>> Kinds = new()
    {
        [ConnectionKind.Exchange] = new("kind", "request"),
        [ConnectionKind.Grpc] = new("kind", "grpc"),
        [ConnectionKind.EventStream] = new("kind", "event_stream"),
        [ConnectionKind.WebSocket] = new("kind", "websocket"),
    };

    private static readonly Dictionary<EndCause, string> Causes = new()
    {
        [EndCause.Revoked] = "revoked", [EndCause.Denied] = "denied", [EndCause.Expired] = "expired", [EndCause.Stale] = "stale", [EndCause.Leaving] = "leaving",
    };

    private readonly Dictionary<ConnectionKind, Tally> ended = Kinds.Keys.ToDictionary(kind => kind, _ => new Tally("cause", [.. Causes.Values]));

    public void Ended(ConnectionKind kind, EndCause cause) => ended[kind].Add(Causes[cause]);

    public void AddTo(Meter meter)
    {
        meter.CreateObservableGauge("gateway.open_connections", () => Kinds.Select(kind => new Measurement<int>(connections.Count(kind.Key), kind.Value)), null, "What was let in and is under way, by kind.");
        meter.CreateObservableCounter("gateway.connections_ended", () => ended.SelectMany(kind => kind.Value.Read(Kinds[kind.Key])), null, "What the gateway ended before it was over, by kind and cause.");
    }
}
