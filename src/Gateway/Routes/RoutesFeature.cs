using Gateway.Platform;
using Gateway.Platform.Configuration;
using Gateway.Platform.Telemetry;
using Gateway.Sessions;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Primitives;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Transforms;

namespace Gateway.Routes;

/// <summary>The door of Routes: may you go there, and what is the backend told?</summary>
internal static class RoutesFeature
{
    public static IServiceCollection AddRoutes(this IServiceCollection services, IConfiguration configuration)
    {
        services
            .AddSettings<ReverseProxyOptions>(ReverseProxyOptions.Section, typeof(HttpClientConfig))
            .AddSettings<PoliciesOptions>(PoliciesOptions.Section)
            .AddSettings<IdentityHeaderOptions>(IdentityHeaderOptions.Section)
            .AddSingleton<ISettingsRule, RouteRules>()
            .AddInstruments(provider => new Decisions(provider.GetRequiredService<ReverseProxyOptions>().Routes.Keys))
            .AddSingleton<RoutePolicies>()
            .AddSingleton<IdentityHeaders>()
            .AddSingleton<CrossSite>()
            .AddSingleton<Gate>();

        // Only session affinity uses it here. Keys in a home folder would be neither shared by replicas nor worth the time at the start.
        services.AddDataProtection().UseEphemeralDataProtectionProvider();
        services.AddReverseProxy()
            .LoadFromConfig(configuration.GetSection(ReverseProxyOptions.Section))
            .AddConfigFilter<LiftNames>()
            .AddTransforms(context => context.AddResponseTransform(Receive));
        return services;
    }

    /// <summary>The proxied routes: the gate stands in YARP's own pipeline, and each route's policy hangs on its endpoint.</summary>
    public static void MapProxiedRoutes(this WebApplication app)
    {
        var policies = app.Services.GetRequiredService<RoutePolicies>();
        app.MapReverseProxy(pipeline =>
        {
            pipeline.UseMiddleware<GateMiddleware>();
            pipeline.UseSessionAffinity();
            pipeline.UseLoadBalancing();
            pipeline.UsePassiveHealthChecks();
        }).ConfigureEndpoints((endpoint, route) => endpoint.WithMetadata(policies[route.RouteId]));
    }

    private const string ClearSiteData = "Clear-Site-Data";

    /// <summary>A backend cannot set, change or remove the gateway's cookie, nor announce a body that cannot be.</summary>
    private static ValueTask Receive(ResponseTransformContext context)
    {
        var response = context.HttpContext.Response;
        var headers = response.Headers;
        if (response.StatusCode is StatusCodes.Status204NoContent)
            headers.ContentLength = null;      // it has no body (RFC 9110 section 15.3.5); Kestrel throws at what some backends say of it
        if (headers.SetCookie.Count > 0)
            headers.SetCookie = new StringValues([.. headers.SetCookie.Where(cookie => !IsOurs(cookie!))]);
        if (headers.TryGetValue(ClearSiteData, out var cleared))
            headers[ClearSiteData] = new StringValues([.. cleared.SelectMany(line => line!.Split(',', StringSplitOptions.TrimEntries)).Where(what => what is not ("\"cookies\"" or "\"*\""))]);
        return default;
    }

    // "=__Host-gateway=x" has no name, and browsers send it back as if it had ours.
    private static bool IsOurs(string setCookie)
    {
        setCookie = setCookie.TrimStart('=', ' ', '\t');
        var at = 0;
        return Credentials.NextCookie(setCookie, ref at, out var pair) && Credentials.IsOurs(setCookie, pair, out _);
    }
}

/// <summary>The one gate, on the proxied path.</summary>
internal sealed partial class GateMiddleware(RequestDelegate next, Gate gate, IdentityHeaders headers, ILogger<GateMiddleware> logger)
{
    public async Task InvokeAsync(HttpContext http)
    {
        // MapProxiedRoutes hangs one on every route; without it this throws, and nothing passes.
        var policy = http.GetEndpoint()!.Metadata.GetRequiredMetadata<RoutePolicy>();
        var verdict = await gate.JudgeAsync(http, policy);
        var refusal = verdict.Refusal ?? headers.Write(http.Request, policy, verdict.Identity);
        verdict.Count(policy.Tally, refusal);
        if (refusal is not null)
        {
            await refusal.ExecuteAsync(http);
            return;
        }

        await next(http);

        if (http.Features.Get<IForwarderErrorFeature>() is not { } error || http.RequestAborted.IsCancellationRequested)
            return;

        // Instead of YARP's own line: its exception's text quotes the backend, byte for byte.
        policy.Tally.Fail(error.Error.ToString());
        NotForwarded(logger, http.GetEndpoint()?.DisplayName, error.Error, error.Exception?.GetBaseException().GetType().Name);
        if (http.Response.HasStarted)
            return;

        var problem = Explain(error.Error, http.Response.StatusCode);
        http.Response.Clear();      // the backend may have said something before it failed
        await problem.ExecuteAsync(http);
    }

    /// <summary>YARP answers without a body; who reads it should know whose trouble it is.</summary>
    private static Problem Explain(ForwarderError error, int status) => status switch
    {
        StatusCodes.Status504GatewayTimeout => Problems.BackendTimeout,
        >= 400 and < 500 => Problems.RequestRefused($"The request could not be passed on as it was sent ({error}).", status),
        _ => Problems.BackendUnreachable,
    };

    [LoggerMessage(4002, LogLevel.Warning, "Route {Route} could not be forwarded: {Error} ({Exception})")]
    private static partial void NotForwarded(ILogger logger, string? route, ForwarderError error, string? exception);
}
