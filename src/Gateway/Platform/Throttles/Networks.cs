using System.Net;
using System.Net.Sockets;

namespace Gateway.Platform.Throttles;

/// <summary>Which addresses are one peer?</summary>
internal static class Networks
{
    /// <returns>An IPv4 address alone, whichever way it came in; of IPv6 the /64, since whoever has one address of it has them all.</returns>
    public static string Of(string? address)
    {
        if (!IPAddress.TryParse(address, out var ip))
            return "none";      // a Unix socket
        if (ip.IsIPv4MappedToIPv6)
            ip = ip.MapToIPv4();
        return ip.AddressFamily is AddressFamily.InterNetworkV6 ? new IPAddress([.. ip.GetAddressBytes()[..8], .. new byte[8]]) + "/64" : ip.ToString();
    }
}
