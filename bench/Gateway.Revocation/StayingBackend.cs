using System.Net.WebSockets;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway.Bench;

/// <summary>A backend that answers with the user that it was told of, and WebSockets with what they say; under /stay it counts what lasts: WebSockets, event streams, downloads without an end.</summary>
internal sealed class StayingBackend : IAsyncDisposable
{
    private readonly WebApplication app;
    private int staying;

    private StayingBackend(WebApplication app) => this.app = app;

    public Uri Url => new(app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.First());

    /// <summary>How much is open here.</summary>
    public int Staying => Volatile.Read(ref staying);

    public static async Task<StayingBackend> StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        var backend = new StayingBackend(builder.Build());
        backend.app.UseWebSockets();
        backend.app.Run(http =>
            http.Request.Path.StartsWithSegments("/stay", out var how) ? backend.StayAsync(http, how)
            : http.WebSockets.IsWebSocketRequest ? EchoAsync(http)
            : http.Response.WriteAsync(http.Request.Headers["X-User-Id"].ToString()));
        await backend.app.StartAsync();
        return backend;
    }

    private async Task StayAsync(HttpContext http, string how)
    {
        Interlocked.Increment(ref staying);
        try
        {
            await (how switch
            {
                "/ws" => EchoAsync(http),
                "/events" => TickOnceAsync(http),
                _ => PourAsync(http),
            });
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // The gateway has closed it.
        }
        finally
        {
            Interlocked.Decrement(ref staying);
        }
    }

    private static async Task EchoAsync(HttpContext http)
    {
        using var socket = await http.WebSockets.AcceptWebSocketAsync();
        var buffer = new byte[1024];
        try
        {
            while (await socket.ReceiveAsync(buffer.AsMemory(), http.RequestAborted) is { MessageType: not WebSocketMessageType.Close } message)
                await socket.SendAsync(buffer.AsMemory(0, message.Count), message.MessageType, message.EndOfMessage, http.RequestAborted);
            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, http.RequestAborted);
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException)
        {
            // The gateway hung up.
        }
    }

    private static async Task TickOnceAsync(HttpContext http)
    {
        http.Response.ContentType = "text/event-stream";
        await http.Response.WriteAsync("data: hello\n\n", http.RequestAborted);
        await Task.Delay(Timeout.Infinite, http.RequestAborted);
    }

    private static async Task PourAsync(HttpContext http)
    {
        var block = new byte[16 * 1024];
        while (true)
        {
            await http.Response.Body.WriteAsync(block, http.RequestAborted);
            await Task.Delay(50, http.RequestAborted);
        }
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();
}
