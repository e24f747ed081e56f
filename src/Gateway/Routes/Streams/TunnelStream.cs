using System.Buffers.Binary;
using System.Net.WebSockets;
using System.Text;
using Gateway.Platform;

namespace Gateway.Routes.Streams;

/// <summary>The client's side of a WebSocket: passes bytes as they are, until it is ended between two frames.</summary>
/// <remarks>
/// To put a close frame in is not enough: YARP would go on pumping what the backend says. So from the end on, reading waits until the
/// close frame is out and then fails, writing fails after it, and YARP tears down both sides. The client's own stream is not closed
/// with this one: it is read until the client has closed, too.
/// </remarks>
internal sealed class TunnelStream(Stream client, CancellationTokenSource ending) : EndableStream(ending.Token)
{
    private readonly TaskCompletionSource over = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private FrameBoundaries toClient, fromClient;
    private Bulk read, written;
    private byte[]? closeFrame;
    private int writing;
    private volatile bool isClosing;

    public void End(WebSocketCloseStatus status, string reason)
    {
        Interlocked.CompareExchange(ref closeFrame, Frame(status, reason), null);
        ending.Cancel();
        _ = CloseBetweenFramesAsync();
    }

    private bool IsEnding => Volatile.Read(ref closeFrame) is not null;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (!IsEnding)
        {
            try
            {
                var count = await client.ReadAsync(buffer, OrEnding(cancellationToken));
                fromClient.Pass(buffer.Span[..count]);
                if (read.IsTooMuch(count))
                    await PoolThread.EnterAsync();
                if (!IsEnding)
                    return count;
            }
            catch (OperationCanceledException) when (IsEnding)
            {
            }
        }

        // What the backend is in the middle of saying may finish; what the client says goes nowhere any more.
        await over.Task.WaitAsync(cancellationToken);
        throw Ended();
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        // YARP writes one after the other: if somebody writes, it is the close frame.
        for (var waiting = new SpinWait(); Interlocked.Exchange(ref writing, 1) == 1; waiting.SpinOnce())
        {
            if (isClosing)
                throw Ended();
        }

        var count = toClient.Pass(buffer.Span, toBoundary: IsEnding);
        try
        {
            await client.WriteAsync(buffer[..count], cancellationToken);
        }
        finally
        {
            Interlocked.Exchange(ref writing, 0);      // a full fence: either this one sees the end that is asked for, or whoever asks sees nobody writing
        }

        if (written.IsTooMuch(count))
            await PoolThread.EnterAsync();
        if (!IsEnding)
            return;

        await CloseBetweenFramesAsync();
        if (count < buffer.Length || over.Task.IsCompleted)
            throw Ended();
    }

    private async Task CloseBetweenFramesAsync()
    {
        if (over.Task.IsCompleted || Interlocked.Exchange(ref writing, 1) == 1)
            return;      // whoever writes does this afterwards

        if (!toClient.IsBetweenFrames)
        {
            Interlocked.Exchange(ref writing, 0);
            return;
        }

        isClosing = true;      // from here on nobody else writes
        try
        {
            if (!toClient.HasClosed)
                await client.WriteAsync(closeFrame!);
        }
        catch (Exception)
        {
            // The client has left, or reads nothing: it is cut off in a moment.
        }

        over.TrySetResult();
    }

    /// <summary>Reads on, to nobody, until the client has closed too: to hang up before could take the close frame from it.</summary>
    public async ValueTask FinishAsync(CancellationToken ct)
    {
        if (!over.Task.IsCompleted)
            return;

        var buffer = new byte[1024];
        try
        {
            while (!fromClient.HasClosed && await client.ReadAsync(buffer, ct) is > 0 and var count)
                fromClient.Pass(buffer.AsSpan(0, count));
        }
        catch (Exception)
        {
            // It was cut off, or has left.
        }
    }

    private static byte[] Frame(WebSocketCloseStatus status, string reason)
    {
        var frame = new byte[4 + reason.Length];
        (frame[0], frame[1]) = (0x88, (byte)(2 + reason.Length));
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(2), (ushort)status);
        Encoding.ASCII.GetBytes(reason, frame.AsSpan(4));
        return frame;
    }

    private static IOException Ended() => new("The gateway ended this connection.");

    public override Task FlushAsync(CancellationToken cancellationToken) => client.FlushAsync(cancellationToken);

    public override bool CanWrite => true;
}
