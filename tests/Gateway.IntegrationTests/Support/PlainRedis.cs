using System.Diagnostics;
using System.Net.Sockets;

namespace Gateway.IntegrationTests.Support;

/// <summary>A real Redis that keeps nothing, at a port of its own.</summary>
internal sealed class PlainRedis : IAsyncDisposable
{
    private readonly TempFolder folder = new();
    private readonly Process process;
    private readonly int port;

    private PlainRedis(string[] arguments)
    {
        using (var free = new TcpListener(IPAddress.Loopback, 0))
        {
            free.Start();
            port = ((IPEndPoint)free.LocalEndpoint).Port;
        }

        process = Process.Start(new ProcessStartInfo("redis-server",
            ["--port", $"{port}", "--bind", "127.0.0.1", "--dir", folder.Path, "--logfile", folder.File("redis.log"), "--save", "", .. arguments]))!;
    }

    /// <summary>As StackExchange.Redis writes it.</summary>
    public string Configuration => $"127.0.0.1:{port}";

    public static async Task<PlainRedis> StartAsync(params string[] arguments)
    {
        var server = new PlainRedis(arguments);
        await Eventually.IsAsync(server.ListensAsync, listens => listens);
        return server;
    }

    public async Task KillAsync()
    {
        process.Kill();
        await process.WaitForExitAsync();
    }

    /// <summary>It stays connected and answers nothing.</summary>
    public Task FreezeAsync() => SignalAsync("-STOP");

    public Task ThawAsync() => SignalAsync("-CONT");

    private async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", [signal, $"{process.Id}"]);
        await kill.WaitForExitAsync();
    }

    private async Task<bool> ListensAsync()
    {
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync(IPAddress.Loopback, port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
            await KillAsync();
        process.Dispose();
        folder.Dispose();
    }
}
