using Gateway.Platform;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway.Routes;

/// <summary>A browser sends the cookie whoever made it send the request. Was that a page of ours?</summary>
internal sealed class CrossSite(GatewayOptions gateway)
{
    private readonly string publicOrigin = gateway.Origin;

    /// <summary>For a request with the cookie.</summary>
    public bool Allows(HttpContext http) => IsHarmless(http) || Says(http.Request) is true;

    /// <summary>For our own endpoints, whatever the credential: a foreign page must not sign its visitor in or out (login CSRF).</summary>
    /// <remarks>
    /// Who sends neither header is no browser of these days, and so nobody whom a page could use: curl, an app, a service. Gateway:Cors
    /// speaks of routes, not of these; where pages of other origins shall sign in here, this is the place to let them.
    /// </remarks>
    public bool AllowsAtOurs(HttpContext http) => IsHarmless(http) || Says(http.Request) is not false;

    private static bool IsHarmless(HttpContext http) => IsSafe(http.Request.Method) && !IsWebSocket(http);

    /// <returns>Whether it comes from a page of ours; null: it does not say.</returns>
    private bool? Says(HttpRequest request)
    {
        var site = request.Headers["Sec-Fetch-Site"];
        if (site.Count > 0)
            return site is ["same-origin" or "none"];
        if (request.Headers.Origin is not { Count: > 0 } origins)
            return null;

        return origins is [{ } origin] && (origin == publicOrigin || IsOriginOf(origin, request.Scheme, request.Headers.Host.ToString()));
    }

    // Host as it was sent: HttpRequest.Host is decoded, and a browser's Origin is not.
    private static bool IsOriginOf(string origin, string scheme, string host) =>
        origin.Length == scheme.Length + 3 + host.Length
        && origin.StartsWith(scheme, StringComparison.OrdinalIgnoreCase)
        && origin.AsSpan(scheme.Length, 3) is "://"
        && origin.EndsWith(host, StringComparison.OrdinalIgnoreCase);

    // RFC 9110 section 9.2.1, less TRACE, which never comes this far.
    private static bool IsSafe(string method) => HttpMethods.IsGet(method) || HttpMethods.IsHead(method) || HttpMethods.IsOptions(method);

    // A WebSocket is opened with GET and then carries whatever it likes; browsers let any page open one.
    private static bool IsWebSocket(HttpContext http) =>
        http.Features.Get<IHttpUpgradeFeature>()?.IsUpgradableRequest is true || http.Features.Get<IHttpExtendedConnectFeature>()?.IsExtendedConnect is true;
}
