using System.Net;
using Gateway.Platform;
using Microsoft.Extensions.Primitives;

namespace Gateway.Edge;

/// <summary>Who asks, and how did they write the address? A proxy in front may say, if it is one of Gateway:TrustedProxies; from anybody else it is a claim, and removed.</summary>
internal sealed class TrustedProxies(GatewayOptions gateway)
{
    private const string For = "X-Forwarded-For", Proto = "X-Forwarded-Proto", Host = "X-Forwarded-Host";

    // They change what is asked for, after it was judged. No proxy has a reason to say that, and most pass on what a client says.
    private static readonly LooseNames NobodyMaySay = new(
    [
        "X-Original-URL", "X-Original-URI", "X-Original-Method", "X-Rewrite-URL", "X-Override-URL", "X-Request-URI", "Base-URL",
        "X-HTTP-Method", "X-HTTP-Method-Override", "X-Method-Override", "X-HTTP-Host-Override", "X-Host",
        "X-Accel-Redirect", "X-Accel-Mapping", "X-Sendfile", "X-Sendfile-Type", "Proxy", "HTTP2-Settings", "Trailer",
        For, Proto, Host,      // read, and made anew
    ]);

    // What some backend believes about the client.
    private static readonly LooseNames ProxiesMaySay = new(
    [
        "Forwarded", "Forwarded-For", "X-Forward-For", "X-Original-Host", "X-Original-For", "X-Original-Proto", "X-Original-Forwarded-For", "X-Real-Host",
        "X-Scheme", "X-URL-Scheme", "X-Proto", "X-SSL", "Front-End-Https",
        "X-Real-IP", "X-Client-IP", "X-Remote-IP", "X-Remote-Addr", "X-Cluster-Client-IP", "X-ProxyUser-IP", "X-Originating-IP", "X-Envoy-External-Address",
        "Client-IP", "True-Client-IP", "CF-Connecting-IP", "CF-Connecting-IPv6", "Fastly-Client-IP", "X-Azure-ClientIP", "X-AppEngine-User-IP", "Proxy-Client-IP", "WL-Proxy-Client-IP",
        "X-SSL-Client-Cert", "X-SSL-Client-Verify", "X-Client-Cert", "X-ARR-ClientCert", "SSL-Client-Cert", "Client-Cert", "Client-Cert-Chain",
    ], "xforwarded");

    private readonly IPNetwork[] networks = Array.ConvertAll(gateway.TrustedProxies, text => NetworksAttribute.TryParse(text)!.Value);

    public bool IsTrusted(IPAddress? address)
    {
        if (networks.Length == 0 || address is null)
            return false;      // nobody; a Unix socket
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        foreach (var network in networks)
        {
            if (network.Contains(address))
                return true;
        }

        return false;
    }

    /// <summary>Must this header go no further?</summary>
    public static bool IsClaim(string name, bool fromTrusted) =>
        NobodyMaySay.Contains(name) || (!fromTrusted && ProxiesMaySay.Contains(name));

    /// <summary>The right-most address that is no proxy of ours is the client; what stands left of it, the client may have made up.</summary>
    public void Believe(HttpContext http)
    {
        var headers = http.Request.Headers;
        var (client, hops) = (http.Connection.RemoteIpAddress, 0);
        var chain = new Backwards(headers[For]);
        while (IsTrusted(client) && chain.TryTake(out var entry) && AddressOf(entry) is { } address)
            (client, hops) = (address, hops + 1);
        http.Connection.RemoteIpAddress = client;

        if (Outermost(headers[Proto], hops) is { } scheme)
        {
            if (scheme.Equals("https", StringComparison.OrdinalIgnoreCase))
                http.Request.Scheme = "https";
            else if (scheme.Equals("http", StringComparison.OrdinalIgnoreCase))
                http.Request.Scheme = "http";
        }

        if (Outermost(headers[Host], hops) is { } host && IsHost(host))
            headers.Host = host;
    }

    /// <summary>What the outermost proxy of ours said. Where each adds to the list there are as many as hops; else the last one alone is sure to be a proxy's.</summary>
    private static string? Outermost(StringValues lines, int hops)
    {
        var values = new Backwards(lines);
        var taken = 0;
        string? last = null, first = null;
        while (values.TryTake(out var value))
        {
            last ??= value.ToString();
            if (++taken == hops)
                first = value.ToString();
        }

        return taken == hops ? first : last;
    }

    // With or without a port: 10.0.0.1:4711, [2001:db8::1]:4711.
    private static IPAddress? AddressOf(ReadOnlySpan<char> text) =>
        IPAddress.TryParse(text, out var address) ? address
        : IPEndPoint.TryParse(text, out var end) ? end.Address : null;

    private static bool IsHost(string text) =>
        new HostString(text) is var host && Uri.CheckHostName(host.Host.Trim('[', ']')) is not UriHostNameType.Unknown && (host.Port is not null || !text.Contains(':') || text.EndsWith(']'));

    /// <summary>The values of a list from the last to the first, over all its lines.</summary>
    private ref struct Backwards(StringValues lines)
    {
        private int line = lines.Count;
        private ReadOnlySpan<char> rest;
        private bool isWithin;

        public bool TryTake(out ReadOnlySpan<char> value)
        {
            value = default;
            if (!isWithin)
            {
                if (line == 0)
                    return false;
                rest = lines[--line];
                isWithin = true;
            }

            var comma = rest.LastIndexOf(',');
            value = rest[(comma + 1)..].Trim(" \t");
            rest = rest[..Math.Max(comma, 0)];
            isWithin = comma >= 0;
            return true;
        }
    }
}
