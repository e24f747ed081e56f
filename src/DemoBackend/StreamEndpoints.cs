using System.Net.WebSockets;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http.HttpResults;

namespace DemoBackend;

/// <summary>What takes its time: a WebSocket, an event stream, a download.</summary>
internal static class StreamEndpoints
{
    private const int BufferSize = 64 * 1024;

    public static void MapStreams(this IEndpointRouteBuilder routes)
    {
        routes.Map("/ws", EchoFrames);
        routes.MapGet("/events", (CancellationToken ct) => TypedResults.ServerSentEvents(Ticks(ct), "tick"));
        routes.MapGet("/download", Download);
    }

    private static async Task EchoFrames(HttpContext http, CancellationToken ct)
    {
        if (!http.WebSockets.IsWebSocketRequest)
        {
            http.Response.StatusCode = StatusCodes.Status426UpgradeRequired;
            return;
        }

        using var socket = await http.WebSockets.AcceptWebSocketAsync();
        var buffer = new byte[BufferSize];
        try
        {
            while (await socket.ReceiveAsync(buffer.AsMemory(), ct) is { MessageType: not WebSocketMessageType.Close } frame)
                await socket.SendAsync(buffer.AsMemory(0, frame.Count), frame.MessageType, frame.EndOfMessage, ct);

            await socket.CloseAsync(socket.CloseStatus ?? WebSocketCloseStatus.NormalClosure, socket.CloseStatusDescription, ct);
        }
        catch (Exception left) when (left is WebSocketException or OperationCanceledException)
        {
            // The client went away without saying goodbye.
        }
    }

    private static async IAsyncEnumerable<string> Ticks([EnumeratorCancellation] CancellationToken ct)
    {
        using var everySecond = new PeriodicTimer(TimeSpan.FromSeconds(1));
        for (var number = 1; ; number++)
        {
            yield return $"{number} at {DateTimeOffset.UtcNow:O}";
            await everySecond.WaitForNextTickAsync(ct);
        }
    }

    private static Results<PushStreamHttpResult, BadRequest<string>> Download(
        HttpResponse response, CancellationToken ct, long bytes = 1024 * 1024)
    {
        if (bytes < 0)
            return TypedResults.BadRequest("bytes must not be negative.");

        response.ContentLength = bytes;
        return TypedResults.Stream(async body =>
        {
            var block = new byte[BufferSize];
            for (var left = bytes; left > 0; left -= BufferSize)
                await body.WriteAsync(block.AsMemory(0, (int)Math.Min(left, BufferSize)), ct);
        });
    }
}
