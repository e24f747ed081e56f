using System.Net;
using Gateway.Platform;
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
        builder.Services.AddSingleton(shared.GetRequiredService<Health>());
        builder.Services.ConfigureHttpJsonOptions(json => json.SerializerOptions.PropertyNamingPolicy = JsonBody.Options.PropertyNamingPolicy);

        var app = builder.Build();
        app.Use((http, next) => IsAddressed(http.Request.Host.Host, options) ? next(http) : Problems.RequestRefused("This host is not answered here; see Gateway:Management:Hosts.").ExecuteAsync(http));
        app.UseRouting();
        app.Use((http, next) => http.GetEndpoint() is null ? Problems.RouteNotFound.ExecuteAsync(http) : next(http));
        app.MapMethods("/health/live", Asking, () => TypedResults.Ok(new HealthResponse("live", new Dictionary<string, string>())));
        app.MapMethods("/health/ready", Asking, ([FromServices] Health health) =>
        {
            var (ready, report) = health.Report();
            return TypedResults.Json(report, statusCode: ready ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
        });
        return app;
    }

    // A page in the operator's browser could reach a loopback port by a name of its own (DNS rebinding).
    private static bool IsAddressed(string host, ManagementOptions options) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host.Trim('[', ']'), out var ip) && IPAddress.IsLoopback(ip))
        || options.Hosts.Contains(host, StringComparer.OrdinalIgnoreCase);
}
