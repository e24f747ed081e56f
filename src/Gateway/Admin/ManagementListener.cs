using System.Net;
using Gateway.Platform;
using Gateway.Platform.Telemetry;
using Gateway.Routes;
using Gateway.Routes.Policies;
using Gateway.Sessions;
using Microsoft.AspNetCore.Mvc;

namespace Gateway.Admin;

/// <summary>A second application in the process, with its own listener, for operators and balancers.</summary>
/// <remarks>Not more endpoints on the public Kestrel: that would make its addresses and Urls discard each other.</remarks>
internal static class ManagementListener
{
    private static readonly string[] Asking = [HttpMethods.Get, HttpMethods.Head];      // monitors that only want the status send HEAD

    public static WebApplication Build(IServiceProvider shared, IHostLifetime lifetime)
    {
        var options = shared.GetRequiredService<ManagementOptions>();
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().UseUrls(options.Url).ConfigureKestrel(kestrel => kestrel.AddServerHeader = false);
        builder.Services.AddSingleton(lifetime);
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton(shared.GetRequiredService<ILoggerFactory>());
        builder.Services.AddJsonAnswers();

        var app = builder.Build();
        app.Use((http, next) => IsAddressed(http.Request.Host.Host, options) ? next(http) : Problems.RequestRefused("This host is not answered here; see Gateway:Management:Hosts.").ExecuteAsync(http));
        app.Use((http, next) => ServeWithAsync(shared, http, next));
        app.UseRouting();
        app.Use((http, next) => http.GetEndpoint() switch
        {
            null => Problems.RouteNotFound.ExecuteAsync(http),
            RouteEndpoint => next(http),
            var other => OwnGround.RefuseMethodAsync(http, other),      // routing's 405
        });
        app.MapMethods("/health/live", Asking, () => TypedResults.Ok(new HealthResponse("live", new Dictionary<string, string>())));
        app.MapMethods("/health/ready", Asking, ([FromServices] Health health) =>
        {
            var (ready, report) = health.Report();
            return TypedResults.Json(report, statusCode: ready ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
        });

        var exposition = new Lazy<RequestDelegate>(() => Expose(app, shared.GetRequiredService<Exposition>()));
        app.MapMethods("/metrics", Asking, http => exposition.Value(http));

        var admin = app.MapGroup("/admin");
        admin.AnswerAsOurs(shared, AskTheGate);
        admin.MapRevocations();
        admin.MapConfiguration();
        admin.MapExplaining();
        return app;
    }

    private static RequestDelegate Expose(IApplicationBuilder app, Exposition exposition)
    {
        var branch = app.New();
        branch.UseOpenTelemetryPrometheusScrapingEndpoint(exposition.Meters, _ => true, path: null, configureBranchedPipeline: null, optionsName: null);
        return branch.Build();
    }

    // The endpoints are this application's, the services behind them the gateway's.
    private static async Task ServeWithAsync(IServiceProvider shared, HttpContext http, RequestDelegate next)
    {
        await using var scope = shared.CreateAsyncScope();
        http.RequestServices = scope.ServiceProvider;
        await next(http);
    }

    /// <summary>Only a bearer token of our own with the role admin: a browser would send a cookie for whoever made it ask.</summary>
    private static readonly RoutePolicy Administrators = new()
    {
        Name = "admin", OwnIssuerOnly = true, Accepts = CredentialKind.Bearer, Requirements = [new AnyRole(["admin"])],
    };

    private static async ValueTask<object?> AskTheGate(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        http.Response.Headers.CacheControl = "no-store";
        if (!http.RequestServices.GetRequiredService<Serving>().IsReady)
            return Problems.Busy;      // not loaded yet, or leaving

        var verdict = await http.RequestServices.GetRequiredService<Gate>().JudgeAsync(http, Administrators);
        if (verdict.IsFromMemory)
            http.RequestServices.GetRequiredService<Decisions>().Own.Hit();
        return verdict.Refusal ?? await next(context);
    }

    // A page in the operator's browser could reach a loopback port by a name of its own (DNS rebinding).
    private static bool IsAddressed(string host, ManagementOptions options) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host.Trim('[', ']'), out var ip) && IPAddress.IsLoopback(ip))
        || options.Hosts.Contains(host, StringComparer.OrdinalIgnoreCase);
}
