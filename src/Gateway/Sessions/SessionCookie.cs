using System.Net;
using Gateway.Platform;

namespace Gateway.Sessions;

/// <summary>The browser's session: always by this name and with these attributes (RFC 6265bis, <c>__Host-</c>).</summary>
internal static class SessionCookie
{
    private const string Attributes = "; Path=/; Secure; HttpOnly; SameSite=Lax";

    public static readonly Problem NeedsTls = Problems.InvalidRequest(
        "A cookie session needs https, or http on this machine's own name: browsers refuse the cookie otherwise. Ask without \"cookie\", or reach the gateway by https.");

    /// <summary>Would a browser take the cookie here? TLS may also end in front of the gateway; then PublicUrl says so.</summary>
    public static bool IsPossible(HttpRequest request, GatewayOptions gateway)
    {
        var host = request.Host.Host;
        return request.IsHttps || gateway.PublicUrl.Scheme == Uri.UriSchemeHttps
            || host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase)
            || (IPAddress.TryParse(host.Trim('[', ']'), out var ip) && IPAddress.IsLoopback(ip));
    }

    public static void Set(HttpContext http, string value, TimeSpan lifetime) =>
        http.Response.Headers.Append("Set-Cookie", $"{Credentials.CookieName}={value}; Max-Age={(long)lifetime.TotalSeconds}{Attributes}");

    public static void Remove(HttpContext http)
    {
        if (Credentials.TryRead(http.Request, CredentialKind.Cookie, out var cookie) && !cookie.IsNone)
            http.Response.Headers.Append("Set-Cookie", $"{Credentials.CookieName}=; Max-Age=0{Attributes}");
    }
}
