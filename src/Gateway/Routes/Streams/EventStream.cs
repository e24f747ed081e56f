using System.Net;
using Gateway.Sessions.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway.Routes.Streams;

/// <summary>An event stream from a backend (server-sent events): when it is ended, it looks to YARP as if the backend had said all.</summary>
internal sealed class EventStream(HttpContent backend) : HttpContent
{
    private readonly CancellationTokenSource ending = new();

    private const string MediaType = "text/event-stream";

    public static bool IsWanted(HttpRequest request) => request.Headers.Accept is [{ } accepted] && accepted.Contains(MediaType, StringComparison.OrdinalIgnoreCase);

    public static bool IsOne(HttpResponse response) => response.ContentType?.StartsWith(MediaType, StringComparison.OrdinalIgnoreCase) is true;

    /// <summary>Takes the place of the backend's answer, unless that is something else, or has announced how long it is: to end early would be a broken promise.</summary>
    public static void StandIn(HttpContext http, HttpResponseMessage answer)
    {
        if (!IsOne(http.Response) || http.Response.ContentLength is not null)
            return;

        var stream = new EventStream(answer.Content);
        answer.Content = stream;
        http.Features.GetRequiredFeature<OpenConnection>().Become(ConnectionKind.EventStream, _ => stream.ending.Cancel());
    }

    protected override async Task<Stream> CreateContentReadStreamAsync() => new Until(await backend.ReadAsStreamAsync(), ending.Token);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => throw new NotSupportedException();

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            backend.Dispose();
        base.Dispose(disposing);
    }

    private sealed class Until(Stream events, CancellationToken ended) : EndableStream(ended)
    {
        private readonly CancellationToken ended = ended;

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
}
