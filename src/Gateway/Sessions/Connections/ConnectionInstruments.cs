using System.Diagnostics.Metrics;
using Gateway.Platform.Telemetry;

namespace Gateway.Sessions.Connections;

/// <summary>What is open, and what did the gateway end?</summary>
internal sealed class ConnectionInstruments(OpenConnections connections) : IInstruments
{
    // In the order of ConnectionKind and of EndCause.
    private static readonly string[] Kinds = ["request", "grpc", "event_stream", "websocket"];
    private static readonly string[] Causes = ["revoked", "denied", "expired", "stale", "leaving"];

    private readonly Tally[] ended = [.. Kinds.Select(_ => new Tally("cause", Causes))];

    public void Ended(ConnectionKind kind, EndCause cause) => ended[(int)kind].Add(Causes[(int)cause]);

    public void AddTo(Meter meter)
    {
        meter.CreateObservableGauge("gateway.open_connections", () => Kinds.Select((name, kind) => new Measurement<int>(connections.Count((ConnectionKind)kind), Label(name))), null, "What was let in and is under way, by kind.");
        meter.CreateObservableCounter("gateway.connections_ended", () => ended.SelectMany((tally, kind) => tally.Read(Label(Kinds[kind]))), null, "What the gateway ended before it was over, by kind and cause.");
    }

    private static KeyValuePair<string, object?> Label(string kind) => new("kind", kind);
}
