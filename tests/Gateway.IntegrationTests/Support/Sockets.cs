using System.Net.WebSockets;
using System.Security.Cryptography;

namespace Gateway.IntegrationTests.Support;

/// <summary>WebSockets to the gateway, over HTTP/1.1 (Upgrade) or HTTP/2 (extended CONNECT).</summary>
internal static class Sockets
{
    // A connection of HTTP/2 takes 100 streams by default.
    private static readonly HttpMessageInvoker Http = new(new SocketsHttpHandler { UseCookies = false, EnableMultipleHttp2Connections = true });

    public static async Task<ClientWebSocket> OpenAsync(Uri gateway, string path, Action<ClientWebSocketOptions>? options = null, params (string Name, string Value)[] headers)
    {
        var socket = new ClientWebSocket();
        options?.Invoke(socket.Options);
        foreach (var (name, value) in headers)
            socket.Options.SetRequestHeader(name, value);
        try
        {
            await socket.ConnectAsync(new UriBuilder(new Uri(gateway, path)) { Scheme = "ws" }.Uri, Http, default);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public static void OverHttpTwo(this ClientWebSocketOptions options) =>
        (options.HttpVersion, options.HttpVersionPolicy) = (HttpVersion.Version20, HttpVersionPolicy.RequestVersionExact);

    public static async Task<string> ReceiveTextAsync(this WebSocket socket)
    {
        using var message = new MemoryStream();
        var buffer = new byte[16 * 1024];
        WebSocketReceiveResult part;
        do
        {
            part = await socket.ReceiveAsync(buffer, default);
            if (part.MessageType is WebSocketMessageType.Close)
                return $"close {(int?)socket.CloseStatus} {socket.CloseStatusDescription}";
            message.Write(buffer, 0, part.Count);
        }
        while (!part.EndOfMessage);
        return Encoding.UTF8.GetString(message.ToArray());
    }

    public static async Task SendTextAsync(this WebSocket socket, string text) =>
        await socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, endOfMessage: true, default);

    /// <summary>Sends back what comes, part for part, until the other side closes.</summary>
    public static async Task EchoAsync(WebSocket socket)
    {
        var buffer = new byte[16 * 1024];
        while (await socket.ReceiveAsync(buffer, default) is { MessageType: not WebSocketMessageType.Close } part)
            await socket.SendAsync(buffer.AsMemory(0, part.Count), part.MessageType, part.EndOfMessage, default);
        await socket.CloseOutputAsync(socket.CloseStatus ?? WebSocketCloseStatus.NormalClosure, socket.CloseStatusDescription, default);
    }

    /// <summary>How a server without a library accepts one.</summary>
    public static string Accept(Headers request) =>
        $"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(request["Sec-WebSocket-Key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")))}\r\n\r\n";

    /// <summary>How a client without a library asks for one.</summary>
    public static string Upgrade(Uri gateway, string path, string token) =>
        $"GET {path} HTTP/1.1\r\nHost: {gateway.Authority}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nAuthorization: Bearer {token}\r\n\r\n";

    /// <summary>One frame as a client sends it, masked with zeros.</summary>
    public static byte[] ClientFrame(byte first, string payload) =>
        [first, (byte)(0x80 | payload.Length), 0, 0, 0, 0, .. Encoding.ASCII.GetBytes(payload)];
}
