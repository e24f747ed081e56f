using System.Diagnostics.Metrics;
using Gateway.Sessions;
using Gateway.Sessions.Connections;

namespace Gateway.UnitTests.Sessions.Connections;

/// <summary>What was ended is counted under its own kind and cause, whatever is added to either.</summary>
public sealed class ConnectionInstrumentTests
{
    [Theory]
    [InlineData(nameof(ConnectionKind.Exchange), "request", nameof(EndCause.Revoked), "revoked")]
    [InlineData(nameof(ConnectionKind.Grpc), "grpc", nameof(EndCause.Denied), "denied")]
    [InlineData(nameof(ConnectionKind.EventStream), "event_stream", nameof(EndCause.Expired), "expired")]
    [InlineData(nameof(ConnectionKind.WebSocket), "websocket", nameof(EndCause.Stale), "stale")]
    [InlineData(nameof(ConnectionKind.Exchange), "request", nameof(EndCause.Leaving), "leaving")]
    public void What_was_ended_is_counted_under_its_kind_and_cause(string kind, string kindLabel, string cause, string causeLabel)
    {
        var counted = Read(instruments => instruments.Ended(Enum.Parse<ConnectionKind>(kind), Enum.Parse<EndCause>(cause)));

        Assert.Equal((kindLabel, causeLabel), Assert.Single(counted, one => one.Value > 0).Key);
    }

    [Fact]
    public void Every_kind_and_cause_is_shown_before_it_happens() =>
        Assert.Equal(Enum.GetValues<ConnectionKind>().Length * Enum.GetValues<EndCause>().Length, Read(_ => { }).Count);

    private static Dictionary<(string? Kind, string? Cause), long> Read(Action<ConnectionInstruments> act)
    {
        var (instruments, counted) = (new ConnectionInstruments(new OpenConnections(new SessionOptions())), new Dictionary<(string?, string?), long>());
        using var meter = new Meter(nameof(ConnectionInstrumentTests));
        using var listener = new MeterListener { InstrumentPublished = (instrument, reader) => { if (instrument.Meter == meter) reader.EnableMeasurementEvents(instrument); } };
        listener.SetMeasurementEventCallback<long>((_, value, tags, _) => counted[(Tag(tags, "kind"), Tag(tags, "cause"))] = value);
        instruments.AddTo(meter);
        listener.Start();

        act(instruments);
        listener.RecordObservableInstruments();
        return counted;
    }

    private static string? Tag(ReadOnlySpan<KeyValuePair<string, object?>> tags, string name)
    {
        foreach (var (key, value) in tags)
        {
            if (key == name)
                return (string?)value;
        }

        return null;
    }
}
