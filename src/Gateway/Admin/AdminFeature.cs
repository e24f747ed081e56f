using Gateway.Platform.Configuration;

namespace Gateway.Admin;

/// <summary>The door of Admin: what operators see and do; <see cref="ManagementListener"/> is where.</summary>
internal static class AdminFeature
{
    public static IServiceCollection AddAdmin(this IServiceCollection services) => services
        .AddSettings<ManagementOptions>(ManagementOptions.Section)
        .AddSingleton<Health>();
}
