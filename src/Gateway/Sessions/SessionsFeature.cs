using Gateway.Platform.Configuration;
using Gateway.Platform.Database;
using Gateway.Platform.Telemetry;
using Gateway.Sessions.Connections;

namespace Gateway.Sessions;

/// <summary>The door of Sessions: does it still hold?</summary>
internal static class SessionsFeature
{
    public static IServiceCollection AddSessions(this IServiceCollection services) => services
        .AddSettings<SessionOptions>(SessionOptions.Section)
        .AddSettings<RevocationOptions>(RevocationOptions.Section)
        .AddSettings<CacheOptions>(CacheOptions.Section)
        .AddSettings<ClientOptions[]>(ClientOptions.Section)
        .AddSingleton<ISettingsRule, Clients.Rule>()
        .AddSingleton<Clients>()
        .AddSingleton<Introspection>()
        .AddSingleton<SessionStore>()
        .AddSingleton<SessionResponses>()
        .AddSingleton<Refresh>()
        .AddSingleton<SeenSessions>()
        .AddSingleton<RevocationLog>()
        .AddSingleton<Revocations>()
        .AddSingleton<RevocationStream>()
        .AddSingleton<RevocationNews>()
        .AddSingleton<AfterCommit>(provider => provider.GetRequiredService<RevocationNews>().TellAsync)
        .AddSingleton<Replicas>()
        .AddSingleton<Freshness>()
        .AddSingleton<Loops>()
        .AddSingleton<Housekeeping>()
        .AddSingleton<RevocationFeed>()
        .AddSingleton<OpenConnections>()
        .AddInstruments<ConnectionInstruments>()
        .AddSingleton<Endings>()
        .AddSingleton<Renewal>()
        .AddSingleton<IdentityCache>()
        .AddSingleton<Identities>()
        .AddSingleton<Reluctance>()
        .AddInstruments<SessionInstruments>();
}
