using Gateway.Sessions.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway.Routes.Streams;

/// <summary>An event stream from a backend (server-sent events): when it is ended, it looks to YARP as if the backend had said all.</summary>
internal sealed class EventStream(Stream events, CancellationToken ended) : EndableStream(ended)
{
    private const string MediaType = "text/event-stream";

    private readonly CancellationToken ended = ended;

    public static bool IsWanted(HttpRequest request) => request.Headers.Accept is [{ } accepted] && accepted.Contains(MediaType, StringComparison.OrdinalIgnoreCase);

    public static bool IsOne(HttpResponse response) => response.ContentType?.StartsWith(MediaType, StringComparison.OrdinalIgnoreCase) is true;

    /// <summary>Takes the place of the backend's answer, unless that has announced how long it is: to end early would be a broken promise.</summary>
    public static void StandIn(HttpContext http, HttpResponseMessage answer)
    {
        if (http.Response.ContentLength is not null)
            return;

        var ending = new CancellationTokenSource();
        answer.Content = new ReplacedContent(answer.Content, events => new EventStream(events, ending.Token));
        http.Features.GetRequiredFeature<OpenConnection>().Become(ConnectionKind.EventStream, _ => ending.Cancel());
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            return ended.IsCancellationRequested ? 0 : await events.ReadAsync(buffer, OrEnding(cancellationToken));
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return 0;
        }
    }

    protected override void Dispose(bool disposing)
    {
        events.Dispose();
        base.Dispose(disposing);
    }
}
