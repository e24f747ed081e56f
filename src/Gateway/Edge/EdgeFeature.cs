using Gateway.Platform.Configuration;

namespace Gateway.Edge;

/// <summary>The door of Edge: what a request must look like before anyone reads it.</summary>
internal static class EdgeFeature
{
    public static IServiceCollection AddEdge(this IServiceCollection services) => services
        .AddSettings<EdgeOptions>(EdgeOptions.Section)
        .AddSingleton<TrustedProxies>();

    public static IApplicationBuilder UseEdge(this WebApplication app) => app.UseMiddleware<Farewell>().UseMiddleware<RequestGuard>(RouteProbe.Of(app));
}
