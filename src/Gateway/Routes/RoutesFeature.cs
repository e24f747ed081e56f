using Gateway.Platform;
using Gateway.Platform.Configuration;
using Gateway.Platform.Telemetry;
using Gateway.Routes.Explaining;
using Gateway.Routes.Policies;
using Gateway.Routes.Limits;
using Gateway.Routes.Streams;
using Gateway.Sessions;
using Gateway.Sessions.Connections;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Primitives;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Transforms;

namespace Gateway.Routes;

/// <summary>The door of Routes: may you go there, and what is the backend told?</summary>
internal static class RoutesFeature
{
    public static IServiceCollection AddRoutes(this IServiceCollection services)
    {
        services
            .AddLiveSettings<ReverseProxyOptions>(ReverseProxyOptions.Section, typeof(HttpClientConfig))
            .AddLiveSettings<PoliciesOptions>(PoliciesOptions.Section)
            .AddLiveSettings<CorsPoliciesOptions>(CorsPoliciesOptions.Section)
            .AddLiveSettings<RateLimitsOptions>(RateLimitsOptions.Section)
            .AddLiveSettings<TimeoutsOptions>(TimeoutsOptions.Section)
            .AddLiveSettings<IdentityHeaderOptions>(IdentityHeaderOptions.Section)
            .AddSingleton<ISettingsRule, RouteRules>()
            .AddSingleton<ISettingsRule, LimitRules>()
            .AddInstruments(provider => new Decisions(provider.GetRequiredService<Settings>().Get<ReverseProxyOptions>().Routes.Keys))
            .AddSingleton<Rulebooks>()
            .AddSingleton<IProxyConfigProvider>(provider => provider.GetRequiredService<Rulebooks>())
            .AddSingleton<IConfigChangeListener>(provider => provider.GetRequiredService<Rulebooks>())
            .AddSingleton<CrossSite>()
            .AddCors()
            .AddSingleton<Gate>()
            .AddExplaining();

        // Only session affinity uses it here. Keys in a home folder would be neither shared by replicas nor worth the time at the start.
        services.AddDataProtection().UseEphemeralDataProtectionProvider();
        services.AddReverseProxy()
            .ConfigureHttpClient((_, handler) => handler.PlaintextStreamFilter = FairStream.StandInForConnection)
            .AddTransforms(context => context.AddRequestTransform(Destination.Of(context.Route)).AddResponseTransform(Receive));

        // What would read keys from a home folder, or put one there, before anybody listens.
        foreach (var reader in services.Where(service => service.ServiceType == typeof(IHostedService) && service.ImplementationType?.Assembly == typeof(EphemeralDataProtectionProvider).Assembly).ToArray())
            services.Remove(reader);
        return services;
    }

    /// <summary>The proxied routes: the gate stands in YARP's own pipeline, and each route's policy hangs on its endpoint.</summary>
    public static void MapProxiedRoutes(this WebApplication app)
    {
        var rulebooks = app.Services.GetRequiredService<Rulebooks>();
        app.MapReverseProxy(pipeline =>
        {
            pipeline.UseMiddleware<CrossOrigin>();
            pipeline.UseMiddleware<GateMiddleware>();
            pipeline.UseSessionAffinity();
            pipeline.UseLoadBalancing();
            pipeline.UsePassiveHealth();
        }).ConfigureEndpoints((endpoint, route) => Hang(endpoint, route, rulebooks.PolicyOf(route)));
    }

    /// <summary>What stands at a route's endpoint, for the guard, for routing and for the gate.</summary>
    public static void Hang(IEndpointConventionBuilder endpoint, RouteConfig route, RoutePolicy policy)
    {
        endpoint.WithMetadata(policy, new RisksTaken(RouteRules.RisksTakenBy(route)), new JudgedBy(policy.Name, policy.Configuration));
        if (policy.Cors is not null)
            endpoint.Add(CrossOrigin.TakePreflights);
    }

    private const string ClearSiteData = "Clear-Site-Data";

    /// <summary>A backend cannot set, change or remove the gateway's cookie, nor announce a body that cannot be; and nobody keeps what it says to somebody, unless it says so.</summary>
    private static ValueTask Receive(ResponseTransformContext context)
    {
        var response = context.HttpContext.Response;
        var headers = response.Headers;
        if (response.StatusCode is StatusCodes.Status204NoContent)
            headers.ContentLength = null;      // it has no body (RFC 9110 section 15.3.5); Kestrel throws at what some backends say of it
        headers.Server = default;      // whose it is and how old helps only who looks for holes
        var policy = context.HttpContext.GetEndpoint()!.Metadata.GetRequiredMetadata<RoutePolicy>();
        if (!policy.BackendSaysHowToCache && StringValues.IsNullOrEmpty(headers.CacheControl) && context.HttpContext.Features.Get<OpenConnection>()?.Identity is not null)
            headers.CacheControl = "private, no-store";
        if (policy is { IsPublic: false, Cors: null } && headers.AccessControlAllowOrigin.Count > 0)
            CrossOrigin.RemoveFrom(headers);      // pages of other origins are the operator's to invite
        if (policy.RemovesSetCookie)
            headers.SetCookie = default;
        else if (headers.SetCookie.Count > 0)
            headers.SetCookie = new StringValues([.. headers.SetCookie.Where(cookie => !IsOurs(cookie!))]);
        if (headers.TryGetValue(ClearSiteData, out var cleared))
            headers[ClearSiteData] = new StringValues([.. cleared.SelectMany(line => line!.Split(',', StringSplitOptions.TrimEntries)).Where(what => what is not ("\"cookies\"" or "\"*\""))]);
        return LongAnswer.BeginAsync(context);      // last: the head may go out with it
    }

    // "=__Host-gateway=x" has no name, and browsers send it back as if it had ours.
    private static bool IsOurs(string setCookie)
    {
        setCookie = setCookie.TrimStart('=', ' ', '\t');
        var at = 0;
        return Credentials.NextCookie(setCookie, ref at, out var pair) && Credentials.IsOurs(setCookie, pair, out _);
    }
}
