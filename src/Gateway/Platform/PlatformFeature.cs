using Gateway.Platform.Configuration;
using Gateway.Platform.Database;
using Gateway.Platform.Redis;
using Gateway.Platform.Telemetry;
using Gateway.Platform.Throttles;

namespace Gateway.Platform;

/// <summary>The door of Platform: what every folder stands on.</summary>
internal static class PlatformFeature
{
    public static IServiceCollection AddPlatform(this IServiceCollection services)
    {
        services.AddOptions<HostOptions>().Configure<DrainOptions>((host, drain) => host.ShutdownTimeout = drain.Timeout);
        return services
            .AddSettings<GatewayOptions>(GatewayOptions.Section)
            .AddSettings<DrainOptions>(DrainOptions.Section)
            .AddSingleton<ISettingsRule, LogLevels>()
            .AddSingleton(TimeProvider.System)
            .AddInstruments<Serving>()
            .AddInstruments<ConfigurationState>()
            .AddSingleton<Throttle>()
            .AddJsonAnswers()
            .AddDatabase()
            .AddRedis()
            .AddTelemetry();
    }
}
