using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Yarp.ReverseProxy.Configuration;

namespace Gateway.UnitTests.Support;

/// <summary>ASP.NET's own routing, with YARP's routes: what would happen to a request?</summary>
internal sealed class RealRouting
{
    private readonly RequestDelegate pipeline;
    private readonly IServiceProvider services;

    public RealRouting(params IReadOnlyList<RouteConfig> routes)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore();
        builder.Services.AddRouting();
        builder.Services.AddReverseProxy().LoadFromMemory(routes, [new() { ClusterId = "c", Destinations = new Dictionary<string, DestinationConfig> { ["d"] = new() { Address = "http://127.0.0.1:9" } } }]);
        var app = builder.Build();
        app.UseRouting();
        app.Use((HttpContext _, RequestDelegate _) => Task.CompletedTask);
        app.MapReverseProxy();
        (services, pipeline) = (app.Services, ((IApplicationBuilder)app).Build());
    }

    public static ParameterPolicyFactory Constraints { get; } = new ServiceCollection().AddLogging().AddRouting().BuildServiceProvider().GetRequiredService<ParameterPolicyFactory>();

    /// <returns>The route that gets it; null: none, or two that nothing puts one before the other.</returns>
    public string? Find(Request request) => Ask(request, out var http) ? null : http.GetEndpoint()?.Metadata.GetMetadata<Yarp.ReverseProxy.Model.RouteModel>()?.Config.RouteId;

    public bool IsAmbiguous(Request request) => Ask(request, out _);

    private bool Ask(Request request, out HttpContext asked)
    {
        var http = new DefaultHttpContext { RequestServices = services };
        asked = http;
        (http.Request.Method, http.Request.Scheme, http.Request.Path, http.Request.Host) = (request.Method, "http", request.Path, new(request.Host));
        if (request.Header is not null)
            http.Request.Headers["X"] = request.Header;
        if (request.Query is not null)
            http.Request.QueryString = new("?q=" + request.Query);
        try
        {
            pipeline(http).GetAwaiter().GetResult();
            return false;
        }
        catch (Exception e) when (e.GetType().Name == "AmbiguousMatchException")
        {
            return true;
        }
    }

    public sealed record Request(string Path, string Host = "other.example", string Method = "GET", string? Header = null, string? Query = null);
}
