using System.Diagnostics.Metrics;

namespace Gateway.Platform.Telemetry;

/// <summary>What is measured here? Each folder says it of its own; all of it hangs on the one meter of this gateway.</summary>
/// <remarks>
/// Values are kept where they arise and read when somebody scrapes, so that counting costs nothing else. Labels are bounded: ids of
/// routes, codes of problems, words of ours; never what a client has sent.
/// </remarks>
internal interface IInstruments
{
    void AddTo(Meter meter);
}
