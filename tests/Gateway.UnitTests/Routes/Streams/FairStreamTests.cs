using Gateway.Routes.Streams;
using Microsoft.AspNetCore.Http;

namespace Gateway.UnitTests.Routes.Streams;

/// <summary>A long body leaves the thread of sockets to the others.</summary>
public sealed class FairStreamTests
{
    private const int Block = 16 * 1024;

    [Fact]
    public async Task Reading_on_and_on_leaves_the_thread_and_loses_nothing()
    {
        var content = new byte[1_000_000];
        Random.Shared.NextBytes(content);
        var read = new MemoryStream();
        var began = new TaskCompletionSource<(Task Copying, long SoFar)>();

        // As whoever copies it: on, as long as there is something.
        new Thread(() =>
        {
            var copying = new FairStream(new MemoryStream(content)).CopyToAsync(read, Block);
            began.SetResult((copying, read.Length));
        }).Start();

        var (rest, soFar) = await began.Task;
        await rest;
        Assert.InRange(soFar, 0, 64 * 1024);
        Assert.Equal(content, read.ToArray());
    }

    [Theory]
    [InlineData(null, "chunked", true)]
    [InlineData(65_537L, null, true)]
    [InlineData(65_536L, null, false)]
    [InlineData(0L, null, false)]
    [InlineData(null, null, false)]
    public void Only_what_may_be_long_is_read_so(long? length, string? coding, bool isFair)
    {
        var request = new DefaultHttpContext().Request;
        request.ContentLength = length;
        request.Headers.TransferEncoding = coding;

        FairStream.StandInForRequest(request);

        Assert.Equal(isFair, request.Body is FairStream);
    }
}
