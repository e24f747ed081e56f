using System.Diagnostics.Metrics;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;

namespace Gateway.Platform.Telemetry;

/// <summary>What does somebody get who scrapes this process?</summary>
/// <remarks>Begun by the first scrape, so that a start that takes long can be watched, or as soon as the gateway serves; ended after the management listener, so that a drain can.</remarks>
internal sealed class Exposition : IDisposable
{
    private const string Ours = "Gateway", Requests = "Microsoft.AspNetCore.Hosting";
    private const int Few = 200, PerRoute = 8, AtLeast = 2000, AtMost = 20_000;

    // YARP has none of its own; what it does with its connections is System.Net.Http's.
    private static readonly string[] Frameworks = [Requests, "Microsoft.AspNetCore.Server.Kestrel", "System.Net.Http", "System.Runtime"];

    // The first two would leave some hundred bytes of garbage for each proxied request, to say once more what http.server.request.duration
    // says; the third would count each HTTP/2 request in and out, for the moment in which it changes threads.
    private static readonly string[] TooDear = ["http.client.request.duration", "http.client.active_requests", "kestrel.queued_requests"];

    public Exposition(IMeterFactory meters, Decisions decisions, IEnumerable<IInstruments> instruments)
    {
        Meters = Sdk.CreateMeterProviderBuilder()
            .SetResourceBuilder(ResourceBuilder.CreateEmpty())      // nothing of it is shown: see TargetInfoEnabled
            .AddMeter([Ours, .. Frameworks])
            .AddView(instrument => View(instrument, meters, Math.Clamp(PerRoute * decisions.Routes, AtLeast, AtMost)))
            .AddPrometheusExporter(prometheus => (prometheus.ScopeInfoEnabled, prometheus.TargetInfoEnabled) = (false, false))
            .Build();

        var meter = meters.Create(Ours);
        foreach (var some in instruments)
            some.AddTo(meter);
    }

    public MeterProvider Meters { get; }

    private static MetricStreamConfiguration View(Instrument instrument, IMeterFactory meters, int many)
    {
        // Tests run several gateways in a process, and each has two listeners: what another factory's meters measure is not this gateway's.
        if ((instrument.Meter.Scope is { } scope && scope != meters) || TooDear.Contains(instrument.Name))
            return MetricStreamConfiguration.Drop;

        // Room is taken in advance for as many series; one more than that is counted in one that says overflow.
        return new() { CardinalityLimit = instrument.Meter.Name is Requests || Decisions.Counters.Contains(instrument.Name) ? many : Few };
    }

    public void Dispose() => Meters.Dispose();
}
