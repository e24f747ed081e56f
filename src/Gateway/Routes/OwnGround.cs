using Gateway.Platform;
using Gateway.Platform.Telemetry;
using Gateway.Sessions;
using Gateway.Tokens;
using Microsoft.AspNetCore.Routing.Template;

namespace Gateway.Routes;

/// <summary>What is the gateway's own, and so never forwarded? Everything under Gateway:Path and the well-known addresses.</summary>
internal static class OwnGround
{
    /// <summary>Is this path ours, whatever the routes say? What nobody answers here is not a backend's either: a catch-all route would hand it passwords.</summary>
    public static Func<PathString, bool> Of(GatewayOptions gateway, bool openIdMetadata)
    {
        var path = new PathString(gateway.Path);
        var wellKnown = WellKnown(openIdMetadata);
        return asked => asked.StartsWithSegments(path)
            || (asked.StartsWithSegments(TokenEndpoints.WellKnown) && Array.Exists(wellKnown, known => asked.StartsWithSegments(known, out var rest) && rest.Value is "" or "/"));
    }

    private static string[] WellKnown(bool openIdMetadata) =>
        [TokenEndpoints.Jwks, TokenEndpoints.Metadata, .. openIdMetadata ? [TokenEndpoints.OpenIdMetadata] : Array.Empty<string>()];

    /// <summary>Where our endpoints are mapped: behind the one gate.</summary>
    public static RouteGroupBuilder MapOwnGround(this IEndpointRouteBuilder routes, GatewayOptions gateway, bool openIdMetadata)
    {
        var services = routes.ServiceProvider;
        var policy = new RoutePolicy { Name = "own", Tally = services.GetRequiredService<Decisions>().Own, OwnIssuerOnly = true, Accepts = services.GetRequiredService<CredentialRules>().Accepted };
        var own = routes.MapGroup("");
        own.WithMetadata(policy, new JudgedBy(policy.Name, 1));
        own.AddEndpointFilter(LeaveSocket).AnswerAsOurs(services, AskTheGate);

        var all = new Lazy<RouteEndpoint[]>(() => [.. routes.DataSources.SelectMany(source => source.Endpoints).OfType<RouteEndpoint>()]);      // to ask for them is to build them
        foreach (var pattern in WellKnown(openIdMetadata).Prepend(gateway.Path + "/{**rest}"))
            own.Map(pattern, (HttpContext http) => Nobody(http, all.Value));
        return own;
    }

    /// <summary>Counted, trouble of ours told as ours, behind the gate, and no body that cannot be read.</summary>
    /// <remarks>Each filter is made here: from a type alone ASP.NET makes it by an expression, which every start would compile.</remarks>
    public static void AnswerAsOurs(this RouteGroupBuilder group, IServiceProvider services, Func<EndpointFilterInvocationContext, EndpointFilterDelegate, ValueTask<object?>> askTheGate) => group
        .AddEndpointFilter(Count)
        .AddEndpointFilter(new TroubleIsOurs(services.GetRequiredService<ILogger<TroubleIsOurs>>()))
        .AddEndpointFilter(askTheGate)
        .AddEndpointFilter(new RefuseBadBody());

    /// <summary>Routing found nobody (404), or nobody for this method (405): say so in our words.</summary>
    public static void UseRefusals(this WebApplication app)
    {
        var nowhere = app.Services.GetRequiredService<Decisions>().Nowhere;
        app.Use((http, next) =>
        {
            // Only routes and our own endpoints carry these; what else routing hands out is its 405.
            var endpoint = http.GetEndpoint();
            if (endpoint?.Metadata.GetMetadata<RoutePolicy>() is not null)
                return next(http);

            nowhere.Refuse(endpoint is null ? Problems.RouteNotFound : Problems.MethodNotAllowed);
            return endpoint is null ? Problems.RouteNotFound.ExecuteAsync(http) : RefuseMethodAsync(http, endpoint);
        });
    }

    public static async Task RefuseMethodAsync(HttpContext http, Endpoint endpoint)
    {
        await endpoint.RequestDelegate!(http);      // sets Allow, writes no body
        await Problems.MethodNotAllowed.ExecuteAsync(http);
    }

    // Most of what we answer ourselves asks the store, or computes for long.
    private static async ValueTask<object?> LeaveSocket(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        await PoolThread.EnterAsync();
        return await next(context);
    }

    /// <summary>Whatever refuses at an endpoint of ours, the gate or the endpoint itself.</summary>
    private static async ValueTask<object?> Count(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var result = await next(context);
        var own = context.HttpContext.RequestServices.GetRequiredService<Decisions>().Own;
        if (result is Problem problem)
            own.Refuse(problem);
        else if (!context.HttpContext.RequestAborted.IsCancellationRequested)
            own.Pass();
        return result;
    }

    private static async ValueTask<object?> AskTheGate(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        http.Response.Headers.CacheControl = "no-store";
        if (!http.RequestServices.GetRequiredService<CrossSite>().AllowsAtOurs(http))
            return Problems.CsrfFailed;

        var endpoint = http.GetEndpoint()!;
        if (endpoint.Metadata.GetMetadata<SignedIn>() is not { } wanted)
            return await next(context);

        var policy = endpoint.Metadata.GetRequiredMetadata<RoutePolicy>();
        var verdict = await http.RequestServices.GetRequiredService<Gate>().JudgeAsync(http, policy);
        if (verdict.IsFromMemory)
            policy.Tally.Hit();
        if (verdict.Refusal is { } refusal)
        {
            if (wanted.BodyWillDo && refusal == Problems.TokenMissing)
                return await next(context);

            if (!wanted.BodyWillDo || (refusal != Problems.TokenRevoked && refusal != Problems.SessionEnded))
                return refusal;

            http.Features.Set(new EndedAlready(refusal, verdict.Whose?.Subject));      // to end what has ended may be done already
            return await next(context);
        }

        http.Features.Set(verdict.Identity);
        return await next(context);
    }

    /// <summary>404, or 405 with the methods that this address does answer (RFC 9110 section 15.5.6).</summary>
    private static Problem Nobody(HttpContext http, RouteEndpoint[] ours)
    {
        var methods = ours
            .Where(e => new TemplateMatcher(TemplateParser.Parse(e.RoutePattern.RawText!), []).TryMatch(http.Request.Path, []))
            .SelectMany(e => e.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? [])
            .Distinct().Order().ToArray();
        if (methods.Length == 0)
            return Problems.RouteNotFound;

        http.Response.Headers.Allow = string.Join(", ", methods);
        return Problems.MethodNotAllowed;
    }
}
