using Gateway.Platform.Configuration;

namespace Gateway.Sessions;

/// <summary>The door of Sessions: does it still hold?</summary>
internal static class SessionsFeature
{
    public static IServiceCollection AddSessions(this IServiceCollection services) => services
        .AddSettings<SessionOptions>(SessionOptions.Section)
        .AddSettings<RevocationOptions>(RevocationOptions.Section)
        .AddSettings<CacheOptions>(CacheOptions.Section)
        .AddSingleton<SessionStore>()
        .AddSingleton<SessionResponses>()
        .AddSingleton<Refresh>()
        .AddSingleton<SeenSessions>()
        .AddSingleton<RevocationLog>()
        .AddSingleton<Revocations>()
        .AddSingleton<Freshness>()
        .AddSingleton<RevocationFeed>()
        .AddSingleton<IdentityCache>()
        .AddSingleton<Identities>();
}
