namespace Gateway.Platform.Telemetry;

/// <summary>The door of Telemetry: what operators can measure.</summary>
internal static class TelemetryFeature
{
    public static IServiceCollection AddTelemetry(this IServiceCollection services) => services
        .AddMetrics()
        .AddSingleton<Exposition>();

    /// <summary>A singleton that is measured, or that knows what is.</summary>
    public static IServiceCollection AddInstruments<T>(this IServiceCollection services) where T : class, IInstruments => services
        .AddSingleton<T>()
        .AddSingleton<IInstruments>(provider => provider.GetRequiredService<T>());

    public static IServiceCollection AddInstruments<T>(this IServiceCollection services, Func<IServiceProvider, T> make) where T : class, IInstruments => services
        .AddSingleton(make)
        .AddSingleton<IInstruments>(provider => provider.GetRequiredService<T>());
}
