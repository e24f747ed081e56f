using System.Runtime.CompilerServices;
using Gateway.Platform;

namespace Gateway.Routes.Streams;

/// <summary>Much that is read, and goes on on the pool: whoever copies it would never let go of a thread of sockets while both sides keep up.</summary>
internal sealed class FairStream(Stream stream) : RelayedStream
{
    private const long Short = 64 * 1024;      // bytes, which are copied in one piece

    private Bulk bulk;

    /// <summary>Takes the place of what the client sends. Over HTTP/2 Kestrel reads what has no length on the pool by itself.</summary>
    public static void StandInForRequest(HttpRequest request)
    {
        if (request.ContentLength is > Short || request.Headers.TransferEncoding.Count > 0)
            request.Body = new FairStream(request.Body);
    }

    /// <summary>Takes the place of what the backend answers.</summary>
    public static void StandInForAnswer(HttpResponseMessage answer)
    {
        if (answer.Content.Headers.ContentLength is null or > Short)
            answer.Content = new ReplacedContent(answer.Content, body => new FairStream(body));
    }

    /// <summary>Takes the place of an HTTP/2 connection to a backend: one reader reads the frames of all its exchanges.</summary>
    public static ValueTask<Stream> StandInForConnection(SocketsHttpPlaintextStreamFilterContext connection, CancellationToken cancellationToken) =>
        new(connection.NegotiatedHttpVersion.Major == 2 ? new FairStream(connection.PlaintextStream) : connection.PlaintextStream);

    public override bool CanWrite => stream.CanWrite;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var count = await stream.ReadAsync(buffer, cancellationToken);
        if (bulk.IsTooMuch(count))
            await PoolThread.EnterAsync();
        return count;
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => stream.WriteAsync(buffer, cancellationToken);

    public override Task FlushAsync(CancellationToken cancellationToken) => stream.FlushAsync(cancellationToken);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            stream.Dispose();
        base.Dispose(disposing);
    }
}
