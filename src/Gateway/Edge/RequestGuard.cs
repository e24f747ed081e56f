using System.Buffers;
using Gateway.Platform;
using Gateway.Platform.Telemetry;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace Gateway.Edge;

/// <summary>Could two readers of this request read it differently? Then nobody does.</summary>
/// <remarks>Stands before routing, so that whatever comes after it, routing first of all, reads what the backend will read.</remarks>
internal sealed class RequestGuard(RequestDelegate next, Routing routing, EdgeOptions options, TrustedProxies proxies, Decisions decisions)
{
    private const string WebSocket = "websocket";

    // RFC 9110 sections 5.6.2 and 5.5.
    private static readonly SearchValues<char> Token = SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
    private static readonly SearchValues<char> FieldValue = SearchValues.Create("\t !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~");

    public Task InvokeAsync(HttpContext http)
    {
        if (Judge(http) is { } refusal)
            return RefuseAsync(http, refusal);

        var target = http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        if (target.AsSpan().ContainsAnyExceptInRange('!', '~') || target.Contains('#'))
            return RefuseAsync(http, Problem("The target has a character in it that must be percent-encoded."));
        var path = PathOf(target);
        if (CanonicalPath.IsPlain(path) && path.SequenceEqual(http.Request.Path.Value))
            return next(http);
        if (CanonicalPath.TryRead(path, out var ambiguity) is not { } canonical)
            return RefuseAsync(http, ThePath(ambiguity!));

        http.Request.Path = new(canonical.Text);
        return canonical.Risks is PathRisk.None && canonical.OtherReadings.Length == 0 ? next(http) : CompareAsync(http, canonical);
    }

    /// <summary>Whatever a backend reads into this path must be what the route was chosen for.</summary>
    private async Task CompareAsync(HttpContext http, CanonicalPath path)
    {
        // What was asked here is what happens: routing leaves an endpoint that is there already, though the routes may have changed meanwhile.
        var (route, values) = await routing.FindAsync(http, path.Text);
        if ((path.Risks & ~(route?.Metadata.GetMetadata<RisksTaken>()?.Risks ?? PathRisk.None)) is var untaken and not PathRisk.None)
        {
            await RefuseAsync(http, ThePath(untaken.HasFlag(PathRisk.DoubleSlash) ? "has two slashes in a row" : "hides a slash in a percent escape"));
            return;
        }

        foreach (var reading in path.OtherReadings)
        {
            if ((await routing.FindAsync(http, reading)).Endpoint != route)
            {
                if ((await routing.FindAsync(http, path.Text)).Endpoint != route)
                {
                    await CompareAsync(http, path);      // the routes have changed meanwhile
                    return;
                }

                await RefuseAsync(http, ThePath("leads to another route for who undoes its escapes, cuts off its parameters or takes its slashes together"));
                return;
            }
        }

        if (route is null)
        {
            decisions.Nowhere.Refuse(Problems.RouteNotFound);
            await Problems.RouteNotFound.ExecuteAsync(http);
            return;
        }

        http.Request.RouteValues = values;
        http.SetEndpoint(route);
        await next(http);
    }

    private Problem? Judge(HttpContext http)
    {
        var request = http.Request;
        var isConnect = IsOneOf(request.Method, "CONNECT");
        if (IsOneOf(request.Method, "TRACE", "TRACK") || (isConnect && !IsWebSocket(http.Features.Get<IHttpExtendedConnectFeature>())))
        {
            http.Response.Headers.Allow = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";
            return Problems.RequestRefused("This method is not answered here.", StatusCodes.Status405MethodNotAllowed) with { Requirement = "method" };
        }

        if (Framing(request) is { } doubt)
        {
            http.Response.Headers.Connection = "close";      // where this request ends, the next one may begin elsewhere
            return Problem(doubt);
        }

        // The backend gets a WebSocket's handshake as GET, over HTTP/2 too (RFC 8441 section 5): so it is judged.
        if (isConnect)
            request.Method = HttpMethods.Get;

        var isTrusted = proxies.IsTrusted(http.Connection.RemoteIpAddress);
        if (isTrusted)
            proxies.Believe(http);

        List<string>? claims = null;
        foreach (var header in request.Headers)
        {
            if (header.Key.AsSpan().ContainsAnyExcept(Token))
                return Problem("A header has a name that is no token.");
            // Readers disagree on what such bytes mean, and the client that forwards them cannot send them.
            if (!IsFieldValue(header.Value))
                return Problem($"The header {header.Key} has characters in it that are not ASCII, or control characters.");
            if (TrustedProxies.IsClaim(header.Key, isTrusted))
                (claims ??= []).Add(header.Key);
        }

        if (claims is not null)
        {
            foreach (var name in claims)
                request.Headers.Remove(name);
        }

        if (!request.Host.HasValue && !HttpProtocol.IsHttp10(request.Protocol))
            return Problem("The request names no host.");
        if (request.Host.Host.EndsWith('.'))
            return Problem("The host ends with a dot.");      // another name to routes, the same one to DNS and to backends
        if (options.AllowedHosts.Length > 0 && !options.AllowedHosts.Contains(request.Host.Host, StringComparer.OrdinalIgnoreCase))
            return Problem("This host is not answered here.");

        // Only WebSockets are known well enough to be let through: h2c would carry requests that nobody judges, and what is no GET would become one.
        if (request.Headers.Upgrade is { Count: > 0 } upgrade && !(upgrade is [{ } only] && only.Equals(WebSocket, StringComparison.OrdinalIgnoreCase) && HttpMethods.IsGet(request.Method)))
            request.Headers.Upgrade = StringValues.Empty;
        return null;
    }

    private static bool IsWebSocket(IHttpExtendedConnectFeature? connect) =>
        connect is { IsExtendedConnect: true, Protocol: { } protocol } && protocol.Equals(WebSocket, StringComparison.OrdinalIgnoreCase);

    /// <returns>Why it is not certain where the body ends (RFC 9112 section 6); null: it is.</returns>
    private static string? Framing(HttpRequest request)
    {
        // As Kestrel calls the length that it did not go by, since there was a transfer coding as well.
        if (request.Headers.ContainsKey("X-Content-Length"))
            return "The request has both Content-Length and Transfer-Encoding, or X-Content-Length.";
        if (request.Headers.TransferEncoding is not { Count: > 0 } codings)
            return null;
        if (!HttpProtocol.IsHttp11(request.Protocol))
            return $"{request.Protocol} has no Transfer-Encoding.";
        return codings is [{ } only] && only.Equals("chunked", StringComparison.OrdinalIgnoreCase) ? null : "The only Transfer-Encoding is chunked.";
    }

    private static bool IsFieldValue(StringValues values)
    {
        for (var i = 0; i < values.Count; i++)
        {
            if (values[i].AsSpan().ContainsAnyExcept(FieldValue))
                return false;
        }

        return true;
    }

    // Methods know their case, but not every reader does.
    private static bool IsOneOf(string method, params ReadOnlySpan<string> refused)
    {
        foreach (var name in refused)
        {
            if (method.Equals(name, StringComparison.OrdinalIgnoreCase))
                return true;
        }

        return false;
    }

    /// <returns>Empty: the target is no path, such as that of OPTIONS *.</returns>
    private static ReadOnlySpan<char> PathOf(ReadOnlySpan<char> target)
    {
        if (target is not ['/', ..])
        {
            var authority = target.IndexOf("://", StringComparison.Ordinal);      // absolute form (RFC 9112 section 3.2.2)
            if (authority < 0)
                return [];
            target = target[(authority + 3)..];
            var end = target.IndexOfAny('/', '?');
            if (end < 0 || target[end] == '?')
                return "/";
            target = target[end..];
        }

        var query = target.IndexOf('?');
        return query < 0 ? target : target[..query];
    }

    private Task RefuseAsync(HttpContext http, Problem refusal)
    {
        decisions.Nowhere.Refuse(refusal);
        return refusal.ExecuteAsync(http);
    }

    private static Problem ThePath(string rule) => Problem($"The path {rule}.");

    private static Problem Problem(string rule) => Problems.RequestRefused(rule) with { Requirement = rule };
}
