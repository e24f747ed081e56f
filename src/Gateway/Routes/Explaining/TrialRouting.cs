using Gateway.Edge;
using Gateway.Platform;
using Gateway.Platform.Telemetry;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http.Features;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Transforms;

namespace Gateway.Routes.Explaining;

/// <summary>Where would a request be led, if these were the routes? The gateway's own guard and routing once more, with nobody behind them.</summary>
internal sealed class TrialRouting : IDisposable
{
    // Stands for all endpoints of the gateway's own: they are nobody's to forward.
    private static readonly RoutePolicy Own = new() { Name = "own", OwnIssuerOnly = true };

    private readonly WebApplication app;
    private readonly RequestDelegate pipeline;

    /// <param name="gateway">What is ours, and which proxies are believed.</param>
    /// <param name="ownsOpenIdMetadata">As at the start of the gateway.</param>
    /// <param name="edge">Which hosts are answered.</param>
    /// <param name="routes">As YARP gets them.</param>
    /// <param name="policyOf">What hangs on a route.</param>
    public TrialRouting(GatewayOptions gateway, bool ownsOpenIdMetadata, EdgeOptions edge, IReadOnlyList<RouteConfig> routes, Func<RouteConfig, RoutePolicy> policyOf)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore();      // never started: it only has to be there
        builder.Services.AddRouting().AddLogging()
            .AddSingleton(gateway).AddSingleton(edge).AddSingleton<TrustedProxies>().AddSingleton(new Decisions([]));
        builder.Services.AddDataProtection().UseEphemeralDataProtectionProvider();
        builder.Services.AddReverseProxy().LoadFromMemory(routes, []).AddTransforms(context => context.AddRequestTransform(Destination.Of(context.Route)));

        app = builder.Build();
        var routing = Routing.Of(app, OwnGround.Of(gateway, ownsOpenIdMetadata), ours => ours.Map("/{**rest}", _ => Task.CompletedTask).WithMetadata(Own));
        app.UseMiddleware<RequestGuard>(routing);
        routing.Use(app);
        app.UseRefusals();
        app.Run(_ => Task.CompletedTask);
        app.MapReverseProxy(_ => { }).ConfigureEndpoints((endpoint, route) => RoutesFeature.Hang(endpoint, route, policyOf(route)));
        pipeline = ((IApplicationBuilder)app).Build();
    }

    public IEnumerable<RouteEndpoint> Endpoints => ((IEndpointRouteBuilder)app).DataSources.SelectMany(source => source.Endpoints).OfType<RouteEndpoint>();

    public ParameterPolicyFactory Constraints => app.Services.GetRequiredService<ParameterPolicyFactory>();

    public static bool IsOwn(Endpoint? endpoint) => ReferenceEquals(endpoint?.Metadata.GetMetadata<RoutePolicy>(), Own);

    /// <summary>As far as the gate would stand; or the context has the <see cref="Problem"/> among its features that kept it from there.</summary>
    /// <param name="target">As it stands in the request's first line.</param>
    /// <param name="prepare">Adds what else there is of it.</param>
    public async Task<HttpContext> LeadAsync(string target, Action<HttpContext> prepare)
    {
        var http = new DefaultHttpContext { RequestServices = app.Services };
        (http.Request.Method, http.Request.Protocol, http.Request.Scheme) = ("GET", "HTTP/1.1", "http");
        http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget = target;
        http.Request.QueryString = new(target.IndexOf('?') is >= 0 and var query ? target[query..] : "");
        prepare(http);
        await pipeline(http);
        return http;
    }

    public void Dispose() => ((IDisposable)app).Dispose();
}
