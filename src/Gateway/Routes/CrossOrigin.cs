using Microsoft.AspNetCore.Cors.Infrastructure;

namespace Gateway.Routes;

/// <summary>May a page of another origin read this answer? Asked before the gate, since a preflight carries no credential (Fetch standard, section 3.2).</summary>
internal sealed class CrossOrigin(RequestDelegate next, ICorsService cors)
{
    private const string Prefix = "Access-Control-";

    public Task InvokeAsync(HttpContext http)
    {
        var route = http.GetEndpoint()!.Metadata.GetRequiredMetadata<RoutePolicy>();
        return route.Cors is { } policy && http.Request.Headers.Origin.Count > 0 ? AnswerAsync(http, route, policy) : next(http);
    }

    /// <summary>Has an operator named that origin as one whose pages may act for the user, cookie and all?</summary>
    public static bool IsInvited(HttpRequest request, CorsPolicy? policy) =>
        policy is { SupportsCredentials: true } && request.Headers.Origin is [{ } origin] && policy.IsOriginAllowed(origin);

    private Task AnswerAsync(HttpContext http, RoutePolicy route, CorsPolicy policy)
    {
        var result = cors.EvaluatePolicy(http, policy);
        if (result.IsPreflightRequest)
        {
            // Never the backend's: it would be asked without a credential.
            http.Response.StatusCode = StatusCodes.Status204NoContent;
            cors.ApplyResult(result, http.Response);
            route.Tally.PassAnonymous();
            return Task.CompletedTask;
        }

        http.Response.OnStarting(() =>
        {
            // Whatever the backend thinks of it: two answers to one question would be none.
            foreach (var name in http.Response.Headers.Keys.Where(name => name.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase)).ToList())
                http.Response.Headers.Remove(name);
            cors.ApplyResult(result, http.Response);
            return Task.CompletedTask;
        });
        return next(http);
    }

    /// <summary>A route for certain methods gets the question whether one of them may be used.</summary>
    public static void TakePreflights(EndpointBuilder endpoint)
    {
        for (var i = 0; i < endpoint.Metadata.Count; i++)
        {
            if (endpoint.Metadata[i] is HttpMethodMetadata methods)
                endpoint.Metadata[i] = new HttpMethodMetadata(methods.HttpMethods, acceptCorsPreflight: true);
        }
    }
}
