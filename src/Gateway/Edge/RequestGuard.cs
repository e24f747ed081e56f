using System.Buffers;
using System.Net;
using System.Text;
using Gateway.Platform;
using Gateway.Platform.Telemetry;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace Gateway.Edge;

/// <summary>Could two readers of this request read it differently? Then nobody does.</summary>
/// <remarks>Stands before routing, so that a path which a backend would resolve into our own ground never gets past it.</remarks>
internal sealed class RequestGuard(RequestDelegate next, EdgeOptions options, Decisions decisions)
{
    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);
    private static readonly SearchValues<char> Suspicious = SearchValues.Create("%\\#");

    public Task InvokeAsync(HttpContext http)
    {
        if (Judge(http) is not { } refusal)
            return next(http);

        decisions.Nowhere.Refuse(refusal);
        return refusal.ExecuteAsync(http);
    }

    private Problem? Judge(HttpContext http)
    {
        var request = http.Request;
        if (IsOneOf(request.Method, "TRACE", "TRACK") || (IsOneOf(request.Method, "CONNECT") && http.Features.Get<IHttpExtendedConnectFeature>()?.IsExtendedConnect is not true))
        {
            http.Response.Headers.Allow = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";
            return Problems.RequestRefused("This method is not answered here.", StatusCodes.Status405MethodNotAllowed);
        }

        if (options.AllowedHosts.Length > 0 && !options.AllowedHosts.Contains(request.Host.Host, StringComparer.OrdinalIgnoreCase))
            return Problems.RequestRefused("This host is not answered here.");

        foreach (var header in request.Headers)
        {
            // Readers disagree on what such bytes mean, and the client that forwards them cannot send them.
            if (!IsAscii(header.Value))
                return Problems.RequestRefused($"The header {header.Key} has characters in it that are not ASCII.");
        }

        return Ambiguity(PathOf(http.Features.Get<IHttpRequestFeature>()!.RawTarget)) is { } rule
            ? Problems.RequestRefused($"The path {rule}.") with { Requirement = rule }
            : null;
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

    private static bool IsAscii(StringValues values)
    {
        for (var i = 0; i < values.Count; i++)
        {
            if (!Ascii.IsValid(values[i]))
                return false;
        }

        return true;
    }

    private static ReadOnlySpan<char> PathOf(ReadOnlySpan<char> target)
    {
        var query = target.IndexOf('?');
        var path = query < 0 ? target : target[..query];
        if (path.Length > 0 && path[0] != '/' && path.IndexOf("://", StringComparison.Ordinal) is var scheme and >= 0)
            path = path[(scheme + 3)..];      // absolute form (RFC 9112 section 3.2.2): the authority is no path
        return path;
    }

    /// <returns>Null: it can be read in one way only.</returns>
    private static string? Ambiguity(ReadOnlySpan<char> path)
    {
        if (path.Contains("//", StringComparison.Ordinal))
            return "has two slashes in a row";
        if (path.ContainsAnyExceptInRange('!', '~'))
            return "has a character in it that must be percent-encoded";

        for (var at = path.IndexOfAny(Suspicious); at >= 0;)
        {
            if (path[at] != '%')
                return "has a backslash or '#' in it";
            if (at + 2 >= path.Length || !byte.TryParse(path.Slice(at + 1, 2), System.Globalization.NumberStyles.AllowHexSpecifier, null, out var code))
                return "has an incomplete percent escape";
            if (code is < 0x20 or 0x7F or (byte)'/' or (byte)'\\' or (byte)'%')
                return "hides a slash, a percent sign or a control character in a percent escape";

            var more = path[(at + 3)..].IndexOfAny(Suspicious);
            at = more < 0 ? -1 : at + 3 + more;
        }

        return path.ContainsAny('%', ';') ? DecodedAmbiguity(path) : null;
    }

    /// <summary>What only shows once the escapes are undone. Paths with escapes or parameters are few, so this may take its time.</summary>
    private static string? DecodedAmbiguity(ReadOnlySpan<char> path)
    {
        string decoded;
        try
        {
            var bytes = Encoding.UTF8.GetBytes(path.ToString().Replace("+", "%2B", StringComparison.Ordinal));
            decoded = StrictUtf8.GetString(WebUtility.UrlDecodeToBytes(bytes, 0, bytes.Length)!);
        }
        catch (DecoderFallbackException)
        {
            return "is not UTF-8 once its percent escapes are undone";
        }

        foreach (var segment in decoded.Split('/'))
        {
            if (segment.StartsWith(".;", StringComparison.Ordinal) || segment.StartsWith("..;", StringComparison.Ordinal))
                return "has a dot segment with parameters";
        }

        return null;
    }
}
