using Gateway.Platform.Configuration;
using Gateway.Platform.Telemetry;

namespace Gateway.Admin;

/// <summary>The door of Admin: what operators see and do; <see cref="ManagementListener"/> is where.</summary>
internal static class AdminFeature
{
    public static IServiceCollection AddAdmin(this IServiceCollection services) => services
        .AddSettings<ManagementOptions>(ManagementOptions.Section)
        .AddInstruments<Health>();
}
