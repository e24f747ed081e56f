using System.Net;
using System.Net.Sockets;
using Gateway.Platform;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace Gateway.Edge;

/// <summary>How does the public listener take connections?</summary>
internal static class Listening
{
    /// <summary>Addresses are ASP.NET's own keys; without any of them it is the address of the default PublicUrl.</summary>
    public static Dictionary<string, string?> WithDefaultUrl(this Dictionary<string, string?> configuration)
    {
        if (!configuration.Any(setting => setting.Value?.Trim(';', ' ') is { Length: > 0 } && NamesAnAddress(setting.Key)))
            configuration["Urls"] = new GatewayOptions().Origin;
        return configuration;
    }

    private static bool NamesAnAddress(string key) =>
        key.StartsWith("Kestrel:Endpoints:", StringComparison.OrdinalIgnoreCase)
        || ((ReadOnlySpan<string>)["Urls", "Http_Ports", "Https_Ports"]).Contains(key, StringComparer.OrdinalIgnoreCase);

    public static IWebHostBuilder UseGatewayKestrel(this IWebHostBuilder host) => host
        .UseKestrelCore()
        .UseSockets(sockets => sockets.CreateBoundListenSocket = Listen)
        .UseKestrelHttpsConfiguration()
        .ConfigureKestrel((context, kestrel) =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = null;      // backends take uploads of any size; our own endpoints read 16 KB
            kestrel.ConfigureEndpointDefaults(listen => listen.Use(listen.ApplicationServices.GetRequiredService<Serving>().Count));
            kestrel.Configure(context.Configuration.GetSection("Kestrel"));
        });

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
