using System.Diagnostics.Metrics;
using Gateway.Platform.Telemetry;

namespace Gateway.Accounts;

/// <summary>How do logins and sign-ups end, and how many wait for the slow part of them?</summary>
internal sealed class AccountInstruments(HashingThreads hashing, Passwords passwords) : IInstruments
{
    public Outcomes Logins { get; } = new("gateway.logins", "Logins by outcome.");

    public Outcomes Signups { get; } = new("gateway.signups", "Sign-ups by outcome.");

    public void AddTo(Meter meter)
    {
        Logins.AddTo(meter);
        Signups.AddTo(meter);
        meter.CreateObservableCounter("gateway.passwords.unreadable", () => passwords.Unreadable, null, "Passwords that were tried at a stored hash that cannot be read.");
        meter.CreateObservableGauge("gateway.hashing_queue.length", () => hashing.Waiting, null, "Passwords that wait to be hashed.");
        meter.CreateObservableGauge("gateway.hashing_queue.limit", () => hashing.Limit, null, "How many may wait, Gateway:Passwords:QueueLimit.");
        meter.CreateObservableCounter("gateway.hashing_queue.refused", () => hashing.Refused, null, "Passwords that were not hashed because the queue was full.");
    }
}
