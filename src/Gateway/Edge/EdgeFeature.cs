using Gateway.Platform.Configuration;

namespace Gateway.Edge;

/// <summary>The door of Edge: what a request must look like before anyone reads it.</summary>
internal static class EdgeFeature
{
    public static IServiceCollection AddEdge(this IServiceCollection services) => services
        .AddSettings<EdgeOptions>(EdgeOptions.Section)
        .AddSingleton<TrustedProxies>();

    /// <summary>The guard, and routing behind it.</summary>
    public static Routing UseEdge(this WebApplication app, Func<PathString, bool> isOurs, Action<IEndpointRouteBuilder> mapOurs)
    {
        var routing = Routing.Of(app, isOurs, mapOurs);
        app.UseMiddleware<Farewell>().UseMiddleware<RequestGuard>(routing);
        routing.Use(app);
        return routing;
    }
}
