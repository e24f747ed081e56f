using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;

namespace Gateway.IntegrationTests.Cli;

/// <summary>SIGTERM while somebody is connected: the process stays for the delay that balancers need, and leaves by itself.</summary>
public sealed class DrainTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Process_drains_for_as_long_as_it_was_told_and_is_not_cut_short()
    {
        var file = folder.Write("gateway.json", new SettingsFile()
            .Set("Gateway:Database:ConnectionString", "Data Source=gateway.db")
            .Set("Gateway:Management:Url", "http://127.0.0.1:0")
            .Set("Gateway:Drain:Delay", "00:00:04")      // the command line's library would give it two seconds
            .ToString());
        using var process = Process.Start(new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "Gateway.dll"), "--config", file, "--urls", "http://127.0.0.1:0"]) { RedirectStandardOutput = true })!;
        using var timeout = new CancellationTokenSource(Patience);
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, await PortAsync(process, timeout.Token));
            Assert.StartsWith("HTTP/1.1 404", await AnswerAsync(client, timeout.Token));      // it is surely connected

            using var kill = Process.Start("kill", ["-TERM", process.Id.ToString(CultureInfo.InvariantCulture)]);
            await Task.Delay(TimeSpan.FromSeconds(3), timeout.Token);

            Assert.StartsWith("HTTP/1.1 404", await AnswerAsync(client, timeout.Token));
            await process.WaitForExitAsync(timeout.Token);
            Assert.Equal(0, process.ExitCode);
        }
        finally
        {
            process.Kill();
        }
    }

    private static async Task<int> PortAsync(Process process, CancellationToken ct)
    {
        while (await process.StandardOutput.ReadLineAsync(ct) is { } line)
        {
            if (line.Split("Listening on ") is [_, var url])
                return new Uri(url).Port;
        }

        throw new InvalidOperationException("It ended before it listened.");
    }

    private static async Task<string> AnswerAsync(TcpClient client, CancellationToken ct)
    {
        await client.GetStream().WriteAsync("GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n"u8.ToArray(), ct);
        var buffer = new byte[4096];
        return Encoding.ASCII.GetString(buffer, 0, await client.GetStream().ReadAsync(buffer, ct));
    }
}
