using System.Collections.Concurrent;
using System.Net.Sockets;

namespace Gateway.IntegrationTests.Support;

/// <summary>A backend that misbehaves: every connection is served by hand, and it knows how many are still held by the other side.</summary>
internal sealed class RawBackend : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentDictionary<RawConnection, bool> open = new();
    private readonly Func<RawConnection, Task> serve;
    private readonly Task accepting;
    private int accepted;

    public RawBackend(Func<RawConnection, Task> serve)
    {
        this.serve = serve;
        listener.Start();
        Url = new($"http://{listener.LocalEndpoint}/");
        accepting = AcceptAsync();
    }

    public Uri Url { get; }

    public int Accepted => Volatile.Read(ref accepted);

    /// <summary>Connections that the other side has neither closed nor reset.</summary>
    public int Open => open.Count;

    /// <summary>Nothing leaks: whoever connected lets go of what it can no longer use.</summary>
    public Task AssertReleasedAsync() => Eventually.IsAsync(() => Task.FromResult(Open), count => count == 0);

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var connection = new RawConnection(await listener.AcceptSocketAsync());
                Interlocked.Increment(ref accepted);
                open[connection] = true;
                _ = ServeAsync(connection);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException) { } // stopped
    }

    private async Task ServeAsync(RawConnection connection)
    {
        try
        {
            await serve(connection);
            await connection.UntilClosedAsync();
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or SocketException or OperationCanceledException) { } // the other side left
        finally
        {
            open.TryRemove(connection, out _);
            connection.Dispose();
        }
    }

    public async ValueTask DisposeAsync()
    {
        listener.Stop();
        foreach (var connection in open.Keys)
            connection.Dispose();
        await accepting;
    }
}
