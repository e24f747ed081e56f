using System.Net;
using System.Net.Sockets;
using Gateway.Platform;
using Gateway.Platform.Configuration;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace Gateway.Edge;

/// <summary>How does the public listener take connections?</summary>
internal static class Listening
{
    /// <summary>Addresses are ASP.NET's own keys; without any of them it is the address of the default PublicUrl.</summary>
    public static SettingsTree WithDefaultUrl(this SettingsTree written)
    {
        string[] single = ["Urls", "Http_Ports", "Https_Ports"];
        if (!single.Select(key => written[key]).Concat(written.GetSection("Kestrel:Endpoints").AsEnumerable().Select(setting => setting.Value)).Any(text => text?.Trim(';', ' ') is { Length: > 0 }))
            written.Lay(SettingsTree.Flat([new("Urls", new GatewayOptions().Origin)]));
        return written;
    }

    public static IWebHostBuilder UseGatewayKestrel(this IWebHostBuilder host)
    {
        AppContext.SetSwitch("Microsoft.AspNetCore.Server.Kestrel.DisableHttp1LineFeedTerminators", true);      // a line ends with CR LF, to everybody
        return host
            .UseKestrelCore()
            .UseSockets(sockets => (sockets.CreateBoundListenSocket, sockets.UnsafePreferInlineScheduling) = (Listen, InlineSockets.AreClients))
            .UseKestrelHttpsConfiguration()
            .ConfigureKestrel((context, kestrel) =>
            {
                kestrel.AddServerHeader = false;
                kestrel.RequestHeaderEncodingSelector = static name => name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase) ? Digits.Only : null;
                Limit(kestrel.Limits, kestrel.ApplicationServices.GetRequiredService<EdgeOptions>());
                kestrel.ConfigureEndpointDefaults(listen => listen.Use(listen.ApplicationServices.GetRequiredService<Serving>().Count));
                kestrel.Configure(context.Configuration.GetSection("Kestrel"));
            });
    }

    /// <summary>What one client may cost. docs/security.md names each of them; several are Kestrel's own defaults, held here against a change.</summary>
    private static void Limit(KestrelServerLimits limits, EdgeOptions edge)
    {
        limits.MaxConcurrentConnections = edge.MaxConnections;
        limits.MaxRequestLineSize = 8192;                       // bytes; longer: 414
        limits.MaxRequestHeaderCount = 100;                     // more: 431
        limits.MaxRequestHeadersTotalSize = Math.Max(32_768, edge.MaxTokenBytes + 24_576);      // bytes; more: 431
        limits.MaxRequestBodySize = null;                       // backends take uploads of any size; our own endpoints read 16 KB
        limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        limits.KeepAliveTimeout = TimeSpan.FromSeconds(130);    // longer than balancers in front keep theirs
        limits.MinRequestBodyDataRate = limits.MinResponseDataRate = new(bytesPerSecond: 240, gracePeriod: TimeSpan.FromSeconds(5));
        limits.Http2.MaxStreamsPerConnection = 100;
        limits.Http2.MaxRequestHeaderFieldSize = Math.Max(16_384, edge.MaxTokenBytes + 1024);
        limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(30);
        limits.Http2.KeepAlivePingTimeout = TimeSpan.FromSeconds(20);
    }

    /// <summary>Who vanished without a word is noticed: a WebSocket may be silent for as long as it likes. Accepted connections inherit it.</summary>
    private static Socket Listen(EndPoint endpoint)
    {
        var socket = SocketTransportOptions.CreateDefaultBoundListenSocket(endpoint);
        if (endpoint is not IPEndPoint)
            return socket;

        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 60);      // seconds
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 10);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 3);
        return socket;
    }
}
