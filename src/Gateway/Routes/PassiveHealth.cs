using Gateway.Routes.Limits;
using Gateway.Routes.Streams;
using Microsoft.AspNetCore.Http.Features;
using Yarp.ReverseProxy.Forwarder;

namespace Gateway.Routes;

/// <summary>YARP's passive health checks, told whose fault it was; an exchange that nobody checks pays nothing for them.</summary>
internal static class PassiveHealth
{
    public static void UsePassiveHealth(this IReverseProxyApplicationBuilder pipeline) => pipeline.UseWhen(IsWatched, watched =>
    {
        new Branch(watched).UsePassiveHealthChecks();
        watched.Use(BlameTheBackend);
    });

    private static bool IsWatched(HttpContext http) =>
        http.GetReverseProxyFeature().Cluster.Config.HealthCheck?.Passive?.Enabled is true
        || http.Features.Get<Patience>() is not null || http.Features.Get<Deadline>() is not null;

    // YARP aborts an exchange whose backend failed within the answer, and the health checks would take its own abort for a client that left.
    private static async Task BlameTheBackend(HttpContext http, RequestDelegate next)
    {
        await next(http);
        if (http.Features.Get<Patience>()?.HasRunOut is true || http.Features.Get<Deadline>() is { HasRunOut: true, IsTheBackends: true })
            http.Features.Set<IForwarderErrorFeature>(new Late());
        else if (http.Features.Get<IForwarderErrorFeature>()?.Error is not ForwarderError.ResponseBodyDestination)
            return;

        http.RequestAborted = CancellationToken.None;
    }

    private sealed class Late : IForwarderErrorFeature
    {
        public ForwarderError Error => ForwarderError.RequestTimedOut;

        public Exception? Exception => null;
    }

    /// <summary>A branch of YARP's pipeline, in which YARP's own steps may stand.</summary>
    private sealed class Branch(IApplicationBuilder branch) : IReverseProxyApplicationBuilder
    {
        public IServiceProvider ApplicationServices { get => branch.ApplicationServices; set => branch.ApplicationServices = value; }

        public IFeatureCollection ServerFeatures => branch.ServerFeatures;

        public IDictionary<string, object?> Properties => branch.Properties;

        public RequestDelegate Build() => branch.Build();

        public IApplicationBuilder New() => branch.New();

        public IApplicationBuilder Use(Func<RequestDelegate, RequestDelegate> middleware) => branch.Use(middleware);
    }
}
