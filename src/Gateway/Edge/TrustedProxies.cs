using System.Collections.Frozen;
using System.Net;
using Gateway.Platform;

namespace Gateway.Edge;

/// <summary>Who asks, and how did they write the address? A proxy in front may say, if it is one of Gateway:TrustedProxies; from anybody else it is a claim, and removed.</summary>
internal sealed class TrustedProxies(GatewayOptions gateway)
{
    private const string For = "X-Forwarded-For", Proto = "X-Forwarded-Proto", Host = "X-Forwarded-Host";
    private const string AllOfThem = "xforwarded";

    // What some backend believes about the address, the client, the method or the path of a request. Every X-Forwarded-* is one too.
    private static readonly FrozenSet<string> Claims = new[]
    {
        "Forwarded", "X-Original-URL", "X-Original-URI", "X-Original-Host", "X-Original-Method", "X-Original-For", "X-Original-Proto", "X-Original-Forwarded-For",
        "X-Rewrite-URL", "X-Request-URI", "X-Host", "X-HTTP-Host-Override", "X-Scheme", "X-URL-Scheme", "X-Proto", "X-SSL", "Front-End-Https",
        "X-Real-IP", "X-Client-IP", "X-Remote-IP", "X-Remote-Addr", "X-Cluster-Client-IP", "X-ProxyUser-IP", "X-Originating-IP", "X-Envoy-External-Address",
        "Client-IP", "True-Client-IP", "CF-Connecting-IP", "CF-Connecting-IPv6", "Fastly-Client-IP", "X-Azure-ClientIP", "X-AppEngine-User-IP", "Proxy-Client-IP", "WL-Proxy-Client-IP",
        "X-HTTP-Method", "X-HTTP-Method-Override", "X-Method-Override", "X-Accel-Redirect", "X-Sendfile", "X-Sendfile-Type", "X-Accel-Mapping",
        "X-SSL-Client-Cert", "X-SSL-Client-Verify", "X-Client-Cert", "X-ARR-ClientCert", "SSL-Client-Cert", "Client-Cert", "Client-Cert-Chain",
        "Proxy", "HTTP2-Settings",
    }.ToFrozenSet(CanonicalName.Comparer);

    private readonly IPNetwork[] networks = [.. gateway.TrustedProxies.Select(text => NetworksAttribute.TryParse(text)!.Value)];

    public void Heed(HttpContext http)
    {
        http.Request.Headers.Remove("Trailer");      // trailers go nowhere
        var peer = http.Connection.RemoteIpAddress;
        if (networks.Length > 0 && IsTrusted(peer))
            Believe(http, peer!);
        else
            Disbelieve(http.Request.Headers);
    }

    private static void Disbelieve(IHeaderDictionary headers)
    {
        List<string>? found = null;
        foreach (var header in headers)
        {
            if (IsClaim(header.Key))
                (found ??= []).Add(header.Key);
        }

        foreach (var name in found ?? [])
            headers.Remove(name);
    }

    private static bool IsClaim(string name)
    {
        // Most begin with another letter, and are not looked up.
        if ((name[0] | 0x20) is not ('x' or 'f' or 'c' or 't' or 'p' or 'w' or 'h' or 's'))
            return false;

        var at = 0;
        foreach (var c in name)
        {
            if (at == AllOfThem.Length)
                return true;
            if (!char.IsAsciiLetterOrDigit(c))
                continue;
            if ((c | 0x20) != AllOfThem[at])
                return Claims.Contains(name);
            at++;
        }

        return at == AllOfThem.Length || Claims.Contains(name);
    }

    /// <summary>The right-most address that is no proxy of ours is the client; what stands left of it, the client may have made up.</summary>
    private void Believe(HttpContext http, IPAddress peer)
    {
        var chain = Values(http.Request, For);
        var hops = 0;
        while (hops < chain.Length && IsTrusted(peer) && AddressOf(chain[^(hops + 1)]) is { } address)
            (peer, hops) = (address, hops + 1);
        http.Connection.RemoteIpAddress = peer;

        if (Nearest(Values(http.Request, Proto), hops) is { } scheme && (scheme.Equals("https", StringComparison.OrdinalIgnoreCase) || scheme.Equals("http", StringComparison.OrdinalIgnoreCase)))
            http.Request.Scheme = scheme.ToLowerInvariant();
        if (Nearest(Values(http.Request, Host), hops) is { } host && IsHost(host))
            http.Request.Headers.Host = host;
    }

    private bool IsTrusted(IPAddress? address)
    {
        if (address is null)
            return false;      // a Unix socket
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        foreach (var network in networks)
        {
            if (network.Contains(address))
                return true;
        }

        return false;
    }

    private static string[] Values(HttpRequest request, string name) =>
        request.Headers.TryGetValue(name, out var lines) ? [.. lines.SelectMany(line => line!.Split(',', StringSplitOptions.TrimEntries))] : [];

    /// <summary>What the outermost proxy of ours said. Some add to the list at every hop, some say it once.</summary>
    private static string? Nearest(string[] values, int hops) => values.Length == 0 ? null : values[Math.Max(values.Length - Math.Max(hops, 1), 0)];

    // With or without a port: 10.0.0.1:4711, [2001:db8::1]:4711.
    private static IPAddress? AddressOf(string text) =>
        IPEndPoint.TryParse(text, out var end) && (end.Port == 0 || text.Contains('.') || text.StartsWith('[')) ? end.Address
        : IPAddress.TryParse(text, out var address) ? address : null;

    private static bool IsHost(string text) =>
        new HostString(text) is var host && Uri.CheckHostName(host.Host.Trim('[', ']')) is not UriHostNameType.Unknown && (host.Port is not null || !text.Contains(':') || text.EndsWith(']'));
}
