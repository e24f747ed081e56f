using Yarp.ReverseProxy.Configuration;

namespace Gateway.Routes;

/// <summary>Does a route's Match say which requests are meant? What is empty here matches everything there.</summary>
internal static class MatchRules
{
    /// <param name="match">As it was read.</param>
    /// <param name="written">As it was written: what was read does not tell null from a key that is not there.</param>
    public static IEnumerable<string> Errors(RouteMatch match, IConfiguration written) =>
    [
        .. written.GetChildren().Where(key => string.IsNullOrEmpty(key.Value) && !key.GetChildren().Any())
            .Select(key => $"Match:{key.Key} is empty, which would match every request. Name what is meant, or leave the key out."),
        .. match.Hosts?.Where(host => !IsHost(host)).Select(host => $"Match:Hosts '{host}' is not a host. It must be a name or *.name, with or without a port, such as *.example.com:8443.") ?? [],
        .. match.Headers?.Where(header => HasBlank(header.Values)).Select(header => Blank(nameof(match.Headers), header.Name)) ?? [],
        .. match.QueryParameters?.Where(parameter => HasBlank(parameter.Values)).Select(parameter => Blank(nameof(match.QueryParameters), parameter.Name)) ?? [],
    ];

    private static bool HasBlank(IReadOnlyList<string>? values) => values?.Any(string.IsNullOrWhiteSpace) is true;

    private static string Blank(string key, string name) => $"Match:{key} of '{name}' has an empty value, which matches every value or none. Write the value, or the mode Exists.";

    // As ASP.NET reads it, which throws at the first request otherwise.
    private static bool IsHost(string host)
    {
        var parts = host.Split(':');
        var name = parts[0].StartsWith("*.", StringComparison.Ordinal) ? parts[0][2..] : parts[0];
        return (parts[0] == "*" || Uri.CheckHostName(name) is UriHostNameType.Dns or UriHostNameType.IPv4)
            && (parts.Length == 1 || (parts.Length == 2 && (parts[1] == "*" || ushort.TryParse(parts[1], out _))));
    }
}
