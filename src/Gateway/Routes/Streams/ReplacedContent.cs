using System.Net;

namespace Gateway.Routes.Streams;

/// <summary>What a backend has answered, read through a stream of ours.</summary>
internal sealed class ReplacedContent(HttpContent backend, Func<Stream, Stream> replace) : HttpContent
{
    protected override async Task<Stream> CreateContentReadStreamAsync() => replace(await backend.ReadAsStreamAsync());

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
}
