using Microsoft.AspNetCore.Cors.Infrastructure;

namespace Gateway.Routes;

/// <summary>May a page of another origin read this answer? Asked before the gate, since a preflight carries no credential (Fetch standard, section 3.2).</summary>
internal sealed class CrossOrigin(RequestDelegate next, ICorsService cors)
{
    private const string Prefix = "Access-Control-";

    public Task InvokeAsync(HttpContext http)
    {
        var route = http.GetEndpoint()!.Metadata.GetRequiredMetadata<RoutePolicy>();
        return route.Cors is { } policy ? AnswerAsync(http, route, policy) : next(http);
    }

    /// <summary>Has an operator named that origin as one whose pages may do this for the user, cookie and all?</summary>
    public static bool IsInvited(HttpRequest request, CorsPolicy? policy) =>
        policy is { SupportsCredentials: true } && request.Headers.Origin is [{ } origin] && policy.IsOriginAllowed(origin)
        && policy.Methods.Contains(request.Method, StringComparer.OrdinalIgnoreCase);

    /// <summary>Is it answered here, and never by the backend?</summary>
    public static bool IsPreflight(HttpRequest request, RoutePolicy policy) =>
        policy.Cors is not null && HttpMethods.IsOptions(request.Method) && request.Headers.Origin.Count > 0 && request.Headers.AccessControlRequestMethod.Count > 0;

    private Task AnswerAsync(HttpContext http, RoutePolicy route, CorsPolicy policy)
    {
        var result = cors.EvaluatePolicy(http, policy);
        if (result.IsPreflightRequest && http.Request.Headers.Origin.Count > 0)
        {
            // Never the backend's: it would be asked without a credential.
            http.Response.StatusCode = StatusCodes.Status204NoContent;
            cors.ApplyResult(result, http.Response);
            route.Tally.PassAnonymous();
            return Task.CompletedTask;
        }

        http.Response.OnStarting(() =>
        {
            var headers = http.Response.Headers;
            RemoveFrom(headers);
            if (http.Request.Headers.Origin.Count > 0)
                cors.ApplyResult(result, http.Response);
            if (!policy.AllowAnyOrigin && !headers.Vary.Any(line => line!.Contains("Origin", StringComparison.OrdinalIgnoreCase)))
                headers.Append("Vary", "Origin");      // what a cache keeps for one origin is not for another
            return Task.CompletedTask;
        });
        return next(http);
    }

    /// <summary>Whatever the backend thinks of it: two answers to one question would be none.</summary>
    public static void RemoveFrom(IHeaderDictionary headers)
    {
        foreach (var name in headers.Keys.Where(name => name.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase)).ToList())
            headers.Remove(name);
    }

    /// <summary>A route for certain methods gets the question whether one of them may be used.</summary>
    public static void TakePreflights(EndpointBuilder endpoint)
    {
        var methods = endpoint.Metadata.OfType<HttpMethodMetadata>().LastOrDefault();
        endpoint.Metadata.Add(new HttpMethodMetadata(methods?.HttpMethods ?? [], acceptCorsPreflight: true));      // the last one counts
    }
}
