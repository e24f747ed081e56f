using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Sockets;
using System.Threading.Channels;

namespace Gateway.IntegrationTests.Support;

/// <summary>The network between two programs, which can be cut, stand still, and be slow.</summary>
internal sealed class TcpRelay : IAsyncDisposable
{
    private const int HeldChunks = 256;      // what a frozen network holds before its senders feel it

    private readonly LoopbackPort port = new();
    private readonly int target;
    private readonly ConcurrentDictionary<Socket, bool> sockets = new();
    private readonly ConcurrentDictionary<Task, bool> running = new();
    private volatile TaskCompletionSource passing = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile TcpListener? listener;

    public TcpRelay(int target)
    {
        this.target = target;
        Restore();
    }

    public int Port => port.Number;

    /// <summary>How long each byte is under way, in either direction.</summary>
    public TimeSpan Delay { get; set; }

    /// <summary>Connections break, and new ones are refused.</summary>
    public void Cut()
    {
        var closed = Interlocked.Exchange(ref listener, null);
        closed?.Stop();
        foreach (var socket in sockets.Keys)
            Close(socket);
    }

    /// <summary>Nothing passes any more, and nobody is told.</summary>
    public void Freeze()
    {
        if (passing.Task.IsCompleted)
            passing = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    /// <summary>All is well again; what was held passes now.</summary>
    public void Restore()
    {
        Delay = TimeSpan.Zero;
        passing.TrySetResult();
        if (listener is not null)
            return;

        var open = new TcpListener(IPAddress.Loopback, Port);
        open.Start();
        listener = open;
        Run(AcceptAsync(open));
    }

    private async Task AcceptAsync(TcpListener open)
    {
        try
        {
            while (true)
                Run(ServeAsync(open, await open.AcceptSocketAsync()));
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or InvalidOperationException) { } // cut
    }

    private async Task ServeAsync(TcpListener open, Socket near)
    {
        var far = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        near.NoDelay = true;
        (sockets[near], sockets[far]) = (true, true);
        try
        {
            if (listener == open)
                await far.ConnectAsync(IPAddress.Loopback, target);
            if (listener == open)
                await Task.WhenAll(PassAsync(near, far), PassAsync(far, near));
        }
        catch (Exception e) when (IsBreak(e)) { }
        finally
        {
            Close(near);
            Close(far);
        }
    }

    /// <summary>Reading and writing by turns would make a slow network a thin one.</summary>
    private async Task PassAsync(Socket from, Socket to)
    {
        var underWay = Channel.CreateBounded<(long Sent, byte[] Bytes)>(HeldChunks);
        var writing = WriteAsync(underWay.Reader, from, to);
        var buffer = new byte[16 * 1024];
        try
        {
            while (await from.ReceiveAsync(buffer) is > 0 and var count)
                await underWay.Writer.WriteAsync((Stopwatch.GetTimestamp(), buffer[..count]));
        }
        catch (Exception e) when (IsBreak(e))
        {
            Close(to);
        }

        underWay.Writer.Complete();
        await writing;
    }

    private async Task WriteAsync(ChannelReader<(long Sent, byte[] Bytes)> underWay, Socket from, Socket to)
    {
        try
        {
            await foreach (var (sent, bytes) in underWay.ReadAllAsync())
            {
                if (Delay - Stopwatch.GetElapsedTime(sent) is { Ticks: > 0 } rest)
                    await Task.Delay(rest);
                await passing.Task;
                await to.SendAsync(bytes);
            }

            to.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (IsBreak(e))
        {
            Close(from);
            await foreach (var _ in underWay.ReadAllAsync()) { } // so that the reader does not wait for room
        }
    }

    private static bool IsBreak(Exception e) => e is SocketException or ObjectDisposedException or ChannelClosedException;

    // Without linger: a broken network does not say goodbye.
    private void Close(Socket socket)
    {
        sockets.TryRemove(socket, out _);
        try
        {
            socket.LingerState = new LingerOption(true, 0);
        }
        catch (Exception e) when (IsBreak(e)) { } // it was closed already, or never connected
        socket.Dispose();
    }

    private void Run(Task task)
    {
        running[task] = true;
        _ = task.ContinueWith(done => running.TryRemove(done, out _), TaskScheduler.Default);
    }

    public async ValueTask DisposeAsync()
    {
        Cut();
        passing.TrySetResult();
        await Task.WhenAll(running.Keys);
        port.Dispose();
    }
}
