using System.Diagnostics.Metrics;
using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace Gateway.Platform.Telemetry;

/// <summary>What does somebody get who scrapes this process?</summary>
/// <remarks>Begun with the management listener and ended after it, so that a start that takes long, and a drain, can be watched.</remarks>
internal sealed class Exposition : IDisposable
{
    private const string Ours = "Gateway";

    // YARP has none of its own; what it does with its connections is System.Net.Http's.
    private static readonly string[] Frameworks = ["Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Net.Http", "System.Runtime"];

    public Exposition(IMeterFactory meters, IEnumerable<IInstruments> instruments)
    {
        Meters = Sdk.CreateMeterProviderBuilder()
            .AddMeter([Ours, .. Frameworks])
            .AddView(instrument => View(instrument, meters))
            .AddPrometheusExporter()
            .Build();

        var meter = meters.Create(Ours);
        foreach (var some in instruments)
            some.AddTo(meter);
    }

    public MeterProvider Meters { get; }

    // Tests run several gateways in a process, and each has two listeners: what another factory's meters measure is not this gateway's.
    private static MetricStreamConfiguration? View(Instrument instrument, IMeterFactory meters) =>
        instrument.Meter.Scope is { } scope && scope != meters ? MetricStreamConfiguration.Drop : null;

    public void Dispose() => Meters.Dispose();
}
