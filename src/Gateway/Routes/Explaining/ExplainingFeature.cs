using Gateway.Platform.Configuration;

namespace Gateway.Routes.Explaining;

/// <summary>The door of Explaining: what would become of a request, and why?</summary>
internal static class ExplainingFeature
{
    public static IServiceCollection AddExplaining(this IServiceCollection services) => services
        .AddLiveSettings<PolicyTestOptions[]>(PolicyTestOptions.Section)
        .AddSingleton<ISettingsRule, PolicyTestRules>()
        .AddSingleton<Askers>()
        .AddSingleton<Explainers>()
        .AddSingleton<PolicyTestRun>();
}
