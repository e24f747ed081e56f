using System.Diagnostics.Metrics;
using Gateway.Platform.Telemetry;

namespace Gateway.Platform.Configuration;

/// <summary>Which configuration is in force, and what became of those that were written since?</summary>
internal sealed class ConfigurationState : IInstruments
{
    private readonly Tally reloads = new("outcome", "accepted", "refused");
    private volatile Report current = new(0, "", default, [], [], [], null);

    /// <param name="Version">1: that of the start; each accepted since has the next number.</param>
    /// <param name="Hash">SHA-256, in hexadecimal, of all that may change while serving: replicas with the same configuration have the same.</param>
    /// <param name="Since">When it came into force.</param>
    /// <param name="Files">Where it was read.</param>
    /// <param name="Warnings">What is allowed, and worth a look.</param>
    /// <param name="NeedsRestart">Keys that have changed in the files since the start, and only count from the next one.</param>
    /// <param name="Refused">What the files say now cannot be used; null: it is in force.</param>
    internal sealed record Report(int Version, string Hash, DateTimeOffset Since, IReadOnlyList<string> Files, IReadOnlyList<string> Warnings, IReadOnlyList<string> NeedsRestart, Refusal? Refused);

    internal sealed record Refusal(DateTimeOffset At, IReadOnlyList<string> Errors);

    public Report Current => current;

    public void Start(Report report) => current = report;

    public void Accept(Report report)
    {
        current = report;
        reloads.Add("accepted");
    }

    /// <summary>The files say what is in force again, or differ in what counts from the next start alone.</summary>
    public void Agree(IReadOnlyList<string> needsRestart) => current = current with { Refused = null, NeedsRestart = needsRestart };

    public void Refuse(DateTimeOffset at, IReadOnlyList<string> errors)
    {
        current = current with { Refused = new(at, errors) };
        reloads.Add("refused");
    }

    public void AddTo(Meter meter)
    {
        meter.CreateObservableCounter("gateway.configuration.reloads", () => reloads.Read(), null, "Configurations that were written while serving, by what became of them.");
        meter.CreateObservableGauge("gateway.configuration.version", () => current.Version, null, "Which configuration is in force; 1 is that of the start.");
        meter.CreateObservableGauge("gateway.configuration.refused", () => current.Refused is null ? 0 : 1, null, "1: what the files say now was refused, and an earlier configuration is in force.");
    }
}
