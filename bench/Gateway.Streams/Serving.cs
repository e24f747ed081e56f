using Microsoft.AspNetCore.Server.Kestrel.Core;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;

namespace Gateway.Bench;

/// <summary>This program in other roles, each listening for HTTP/1.1 at one port and for HTTP/2 at another: the backend, and YARP alone.</summary>
internal static class Serving
{
    private const int Block = 64 * 1024;      // bytes

    // A message of 32 bytes, not compressed.
    private static readonly byte[] Ok = "ok"u8.ToArray(), Message = [0, 0, 0, 0, 32, .. new byte[32]];

    public static async Task RunAsync(string role, string[] args)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Listen(IPAddress.Loopback, Port(args[0]), listen => listen.Protocols = HttpProtocols.Http1);
            kestrel.Listen(IPAddress.Loopback, Port(args[1]), listen => listen.Protocols = HttpProtocols.Http2);
        });
        if (role == "backend")
        {
            var backend = builder.Build();
            backend.UseWebSockets();
            backend.Run(AnswerAsync);
            await backend.RunAsync();
            return;
        }

        builder.Services.AddReverseProxy().LoadFromMemory([Route("all", "/{**rest}"), Route("h2", "/h2/{**rest}")], [
            new() { ClusterId = "all", Destinations = new Dictionary<string, DestinationConfig> { ["one"] = new() { Address = args[2] } } },
            new() { ClusterId = "h2", Destinations = new Dictionary<string, DestinationConfig> { ["one"] = new() { Address = args[3] } }, HttpRequest = new() { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact } },
        ]);
        var app = builder.Build();
        app.MapReverseProxy();
        await app.RunAsync();
    }

    private static int Port(string text) => int.Parse(text, System.Globalization.CultureInfo.InvariantCulture);

    private static RouteConfig Route(string id, string path) => new() { RouteId = id, ClusterId = id, Match = new() { Path = path } };

    private static Task AnswerAsync(HttpContext http) => http.Request.Path.Value!.Replace("/h2", "", StringComparison.Ordinal) switch
    {
        "/down" => PourAsync(http, long.Parse(http.Request.Query["bytes"]!, System.Globalization.CultureInfo.InvariantCulture)),
        "/up" => DrainAsync(http),
        "/grpc" => CallAsync(http),
        "/ws" => EchoAsync(http),
        _ => SayAsync(http, Ok),
    };

    private static Task SayAsync(HttpContext http, byte[] what)
    {
        http.Response.ContentLength = what.Length;
        return http.Response.Body.WriteAsync(what).AsTask();
    }

    private static async Task PourAsync(HttpContext http, long bytes)
    {
        http.Response.ContentLength = bytes;
        var block = new byte[Block];
        for (; bytes > 0; bytes -= Block)
            await http.Response.Body.WriteAsync(block.AsMemory(0, (int)Math.Min(bytes, Block)), http.RequestAborted);
    }

    private static async Task DrainAsync(HttpContext http)
    {
        var (block, bytes) = (new byte[Block], 0L);
        while (await http.Request.Body.ReadAsync(block, http.RequestAborted) is > 0 and var count)
            bytes += count;
        await SayAsync(http, Encoding.ASCII.GetBytes($"{bytes}"));
    }

    /// <summary>As a unary gRPC method would: one message, and its status in a trailer.</summary>
    private static async Task CallAsync(HttpContext http)
    {
        await http.Request.Body.CopyToAsync(Stream.Null, http.RequestAborted);
        http.Response.ContentType = "application/grpc";
        await http.Response.Body.WriteAsync(Message, http.RequestAborted);
        http.Response.AppendTrailer("grpc-status", "0");
    }

    private static async Task EchoAsync(HttpContext http)
    {
        using var socket = await http.WebSockets.AcceptWebSocketAsync();
        var buffer = new byte[64];
        try
        {
            while (await socket.ReceiveAsync(buffer.AsMemory(), http.RequestAborted) is { MessageType: System.Net.WebSockets.WebSocketMessageType.Text } said)
                await socket.SendAsync(buffer.AsMemory(0, said.Count), said.MessageType, said.EndOfMessage, http.RequestAborted);
        }
        catch (Exception e) when (e is System.Net.WebSockets.WebSocketException or OperationCanceledException)
        {
            // The bench is over.
        }
    }
}
