using System.Net;

namespace Gateway.Platform;

/// <summary>Where does a listener stand, as Kestrel reads it?</summary>
internal sealed record ListenAddress(string Scheme, string Host, int Port)
{
    public const string Rule = "It must be http:// or https:// with a host, a port and no path, such as http://localhost:8080 (for any free port: http://127.0.0.1:0).";

    /// <returns>Null: Kestrel would not take it, or not as it was meant: it reads a port that is no number as part of the host's name.</returns>
    public static ListenAddress? TryParse(string text)
    {
        try
        {
            var parsed = BindingAddress.Parse(text);
            var address = new ListenAddress(parsed.Scheme.ToLowerInvariant(), parsed.Host, parsed.IsUnixPipe ? 0 : parsed.Port);
            var isHost = parsed.IsUnixPipe || parsed.Host is "*" or "+" || Uri.CheckHostName(parsed.Host) is not UriHostNameType.Unknown;
            return address.Scheme is "http" or "https" && parsed.PathBase.Length == 0 && isHost && address.Port is >= 0 and <= IPEndPoint.MaxPort && !(address.IsLocalhost && address.Port == 0)
                ? address
                : null;
        }
        catch (FormatException)
        {
            return null;
        }
    }

    /// <summary>Only from this machine.</summary>
    public bool IsLocal => IsUnixPipe || IsLocalhost || (IPAddress.TryParse(Host, out var ip) && IPAddress.IsLoopback(ip));

    /// <summary>Would the one keep the other from listening?</summary>
    public bool Meets(ListenAddress other) => Port == other.Port && (Port > 0
        ? IsEverywhere || other.IsEverywhere || Host == other.Host || (IsLocal && other.IsLocalhost) || (IsLocalhost && other.IsLocal)
        : Host == other.Host && IsUnixPipe);

    /// <summary>From any network. To Kestrel a name other than localhost is every address.</summary>
    public bool IsEverywhere => !IsLocalhost && (!IPAddress.TryParse(Host, out var ip) || ip.Equals(IPAddress.Any) || ip.Equals(IPAddress.IPv6Any));

    private bool IsUnixPipe => Host.StartsWith("unix:", StringComparison.Ordinal);

    private bool IsLocalhost => Host.Equals("localhost", StringComparison.OrdinalIgnoreCase);
}
