using Gateway.Edge;
using Gateway.Platform;
using Gateway.Platform.Telemetry;
using Gateway.Routes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Yarp.ReverseProxy.Configuration;

namespace Gateway.UnitTests.Support;

/// <summary>The guard with ASP.NET's and YARP's own routing behind it: which route gets a request, and with which path?</summary>
internal sealed class GuardedRouting
{
    private readonly RequestDelegate pipeline;
    private readonly IServiceProvider services;

    public GuardedRouting(GatewayOptions gateway, params IReadOnlyList<RouteConfig> routes)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore();
        builder.Services.AddRouting().AddLogging()
            .AddSingleton(gateway).AddSingleton(new EdgeOptions()).AddSingleton<TrustedProxies>().AddSingleton(new Decisions([]));
        builder.Services.AddReverseProxy()
            .LoadFromMemory([.. routes.Select(LiftNames.Off)], [new() { ClusterId = "c", Destinations = new Dictionary<string, DestinationConfig> { ["d"] = new() { Address = "http://127.0.0.1:9" } } }]);
        var app = builder.Build();
        app.UseMiddleware<RequestGuard>(RouteProbe.Of(app));
        app.UseRouting();
        app.Use((HttpContext http, RequestDelegate _) =>
        {
            http.Items["passed"] = true;
            return Task.CompletedTask;
        });
        app.MapReverseProxy().ConfigureEndpoints((endpoint, route) => endpoint.WithMetadata(new RisksTaken(RouteRules.RisksTakenBy(route))));
        (services, pipeline) = (app.Services, ((IApplicationBuilder)app).Build());
    }

    public static RouteConfig Route(string path, params (string Key, string Value)[] metadata) =>
        new() { RouteId = path, ClusterId = "c", Match = new() { Path = path }, Metadata = metadata.ToDictionary(m => m.Key, m => m.Value) };

    public HttpContext Send(string target, Action<HttpContext>? prepare = null)
    {
        var http = new DefaultHttpContext { RequestServices = services };
        (http.Request.Method, http.Request.Protocol, http.Request.Scheme, http.Request.Host) = ("GET", "HTTP/1.1", "http", new("gateway.example"));
        http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget = target;
        http.Request.Path = "/what/kestrel/made/of/it";
        prepare?.Invoke(http);
        pipeline(http).GetAwaiter().GetResult();
        return http;
    }

    /// <returns>Null: it was refused. Otherwise the route's pattern, "" for none, and the path that is forwarded.</returns>
    public (string Route, string Path)? Lead(string target)
    {
        var http = Send(target);
        return http.Items.ContainsKey("passed") ? (http.GetEndpoint()?.DisplayName ?? "", http.Request.Path.Value!) : null;
    }
}
