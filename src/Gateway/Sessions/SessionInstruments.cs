using System.Diagnostics.Metrics;
using Gateway.Platform.Redis;
using Gateway.Platform.Telemetry;

namespace Gateway.Sessions;

/// <summary>How much is remembered, how fresh is what is known of revocations, and how do refreshes end?</summary>
internal sealed class SessionInstruments(
    Identities identities, IdentityCache cache, Revocations revocations, Freshness freshness, RevocationFeed feed, RedisLink redis, Replicas replicas) : IInstruments
{
    public Outcomes Refreshes { get; } = new("gateway.refreshes", "Refresh tokens that were presented, by outcome.");

    public void AddTo(Meter meter)
    {
        Refreshes.AddTo(meter);

        // The hits follow from what the gate let pass, see Decisions: nothing more is counted on them.
        meter.CreateObservableCounter("gateway.identity_cache.misses", () => identities.Misses, null, "Credentials that had to be verified.");
        meter.CreateObservableGauge("gateway.identity_cache.size", () => cache.Count, null, "Credentials in memory.");
        meter.CreateObservableGauge("gateway.verifications_in_flight", () => identities.InFlight, null, "Credentials that are being verified.");

        meter.CreateObservableGauge("gateway.revocation.set_size", () => revocations.Count, null, "Revocations in memory.");
        meter.CreateObservableCounter("gateway.revocations_applied", () => revocations.Applied.Read(), null, "Revocations that were news here, by where they were heard of.");
        meter.CreateObservableGauge("gateway.revocation.age", () => freshness.Loaded ? freshness.Age.TotalSeconds : double.PositiveInfinity, "s", "Age of the youngest news of revocations, whichever source it is from.");
        meter.CreateObservableGauge("gateway.revocation.stale", () => freshness.IsStale ? 1 : 0, null, "1: older than Gateway:Revocation:MaxStaleness.");
        meter.CreateObservableGauge("gateway.revocation.source_age", () => Sources.Select(source => Of(source, source.Age.TotalSeconds)), "s", "Since the last good reading of that source began.");
        meter.CreateObservableGauge("gateway.revocation.source_up", () => Sources.Select(source => Of(source, source.IsAway ? 0 : 1)), null, "0: that source of revocations is away.");
        meter.CreateObservableGauge("gateway.replicas", () => replicas.Known, null, "Replicas that serve this database, this one included, as far as it knows.");
    }

    private IEnumerable<NewsSource> Sources => redis.IsConfigured ? [feed.Database, feed.Redis] : [feed.Database];

    private static Measurement<double> Of(NewsSource source, double value) => new(value, new KeyValuePair<string, object?>("source", source.Name));
}
