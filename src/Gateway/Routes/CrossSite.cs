using Gateway.Platform;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway.Routes;

/// <summary>A browser sends the cookie whoever made it send the request. Was that a page of ours?</summary>
internal sealed class CrossSite(GatewayOptions gateway)
{
    private readonly string publicOrigin = gateway.Origin;

    public bool Allows(HttpContext http)
    {
        var request = http.Request;
        if (IsSafe(request.Method) && !IsWebSocket(http))
            return true;

        var site = request.Headers["Sec-Fetch-Site"];
        if (site.Count > 0)
            return site is ["same-origin" or "none"];

        return request.Headers.Origin is [{ } origin]
            && (origin == publicOrigin || IsOriginOf(origin, request.Scheme, request.Headers.Host.ToString()));
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
