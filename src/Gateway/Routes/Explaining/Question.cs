using System.Net;
using Gateway.Sessions;

namespace Gateway.Routes.Explaining;

/// <summary>Which request is asked about? As somebody would write it down, not as it was sent.</summary>
/// <param name="Method">As it is sent.</param>
/// <param name="Target">A path, with a query perhaps.</param>
/// <param name="Host">Null: as people address the gateway.</param>
/// <param name="Headers">Names may be there twice.</param>
/// <param name="From">Who is connected; null: from nowhere, which is in no network.</param>
internal sealed record Question(string Method, string Target, string? Host, IReadOnlyList<KeyValuePair<string, string>> Headers, IPAddress? From)
{
    /// <summary>GET /orders/1, or an absolute URL in the place of the path: then its host counts.</summary>
    /// <param name="error">Null: none.</param>
    public static Question? TryRead(string request, string? host, IReadOnlyList<KeyValuePair<string, string>> headers, string? from, out string? error)
    {
        error = ErrorOfRequest(request) ?? ErrorOfHost(host) ?? headers.Select(header => ErrorOfHeader(header.Key, header.Value)).FirstOrDefault(wrong => wrong is not null) ?? ErrorOfAddress(from);
        if (error is not null)
            return null;

        var (method, target) = request.Split(' ') is var words && IsUrl(words[1]) ? (words[0], words[1][(words[1].IndexOf("://", StringComparison.Ordinal) + 3)..]) : (words[0], words[1]);
        if (!IsUrl(words[1]))
            return new(method, target, host, headers, AddressOf(from));

        var end = target.IndexOfAny(['/', '?']) is >= 0 and var at ? at : target.Length;
        return new(method, target[end..] is ['/', ..] path ? path : "/" + target[end..], host ?? target[..end], headers, AddressOf(from));
    }

    public static string? ErrorOfRequest(string text) =>
        text.Split(' ') is [{ Length: > 0 } method, { Length: > 0 } target] && IsToken(method) && (target[0] == '/' || IsUrl(target)) ? null
        : $"'{text}' is not a request. It must be a method, one space, and a path or URL as it is sent, such as GET /orders/1.";

    public static string? ErrorOfHost(string? text) =>
        text is null || (text.Length > 0 && text.All(c => char.IsAsciiLetterOrDigit(c) || "-._:[]".Contains(c))) ? null
        : $"'{text}' is not a host. It must be as clients send it, such as app.example.com or localhost:8080.";

    public static string? ErrorOfAddress(string? text) =>
        text is null || AddressOf(text) is not null ? null : $"'{text}' is not an address. It must be one of IPv4 or IPv6, such as 10.0.0.1.";

    /// <summary>What would be a credential is no part of the question: nobody verifies it here.</summary>
    public static string? ErrorOfHeader(string name, string? value)
    {
        if (!IsToken(name) || value is null || value.Any(char.IsControl))
            return $"'{name}: {value}' is not a header. It must be a name and a value, such as X-Tenant: acme.";

        var http = new DefaultHttpContext();
        http.Request.Headers[name] = value;
        return Credentials.TryRead(http.Request, RoutePolicy.AllCredentials, out var credential) && credential.IsNone ? null
            : $"the header {name} holds a credential, which is not looked at here. Say who asks instead.";
    }

    public void WriteTo(HttpContext http)
    {
        http.Request.Method = Method;
        if (Host is not null)
            http.Request.Headers.Host = Host;
        foreach (var (name, value) in Headers)
            http.Request.Headers.Append(name, value);
        http.Connection.RemoteIpAddress = From;
    }

    private static IPAddress? AddressOf(string? text) => text?.Contains('.') is true || text?.Contains(':') is true ? IPAddress.TryParse(text, out var address) ? address : null : null;

    private static bool IsUrl(string target) => target.StartsWith("http://", StringComparison.OrdinalIgnoreCase) || target.StartsWith("https://", StringComparison.OrdinalIgnoreCase);

    private static bool IsToken(string text) => text.Length > 0 && text.All(c => char.IsAsciiLetterOrDigit(c) || "!#$%&'*+-.^_`|~".Contains(c));
}
