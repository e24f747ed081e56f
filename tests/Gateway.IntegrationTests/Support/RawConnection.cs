using System.Net.Sockets;

namespace Gateway.IntegrationTests.Support;

/// <summary>One end of a TCP connection, whichever: it says and does what no library would.</summary>
internal sealed class RawConnection(Socket socket) : IDisposable
{
    private readonly NetworkStream stream = new(socket, ownsSocket: true);
    private HttpStream? reader;

    public Stream Stream => stream;

    public HttpStream Http => reader ??= new(stream);

    public static async Task<RawConnection> OpenAsync(Uri server)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(server.Host, server.Port);
        return new(socket);
    }

    public Task<string[]?> ReadHeadAsync() => Http.ReadHeadAsync();

    public async Task SendAsync(string text) => await stream.WriteAsync(Encoding.Latin1.GetBytes(text));

    public async Task SendAsync(ReadOnlyMemory<byte> bytes) => await stream.WriteAsync(bytes);

    /// <summary>Says that it will send no more, and goes on reading.</summary>
    public void HalfClose() => socket.Shutdown(SocketShutdown.Send);

    /// <summary>As a machine that crashed: RST instead of FIN.</summary>
    public void Reset()
    {
        socket.LingerState = new(true, 0);
        socket.Close();
    }

    /// <summary>Reads on and throws away what comes, until the other side has closed.</summary>
    public async Task UntilClosedAsync()
    {
        var buffer = new byte[64 * 1024];
        while (await stream.ReadAsync(buffer) > 0) { }
    }

    public void Dispose() => stream.Dispose();
}
