using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Gateway.IntegrationTests.Support;

/// <summary>A server in a process of its own, known by the address that it says it listens on.</summary>
internal sealed partial class ServerProcess : IAsyncDisposable
{
    /// <summary>What the images hold, compiled ahead of time, if test.sh has published it: it starts in half the time. Else what lies beside the tests.</summary>
    public static readonly string Gateway = Environment.GetEnvironmentVariable("GATEWAY_PUBLISHED") is { Length: > 0 } published
        ? Path.Combine(published, "gateway", "Gateway.dll")
        : Path.Combine(AppContext.BaseDirectory, "Gateway.dll");

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly Process process;
    private readonly StringBuilder output = new();
    private readonly TaskCompletionSource<Uri> listening = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ServerProcess(Process process) => this.process = process;

    public Uri Url => listening.Task.Result;

    public int Id => process.Id;

    public string Output
    {
        get
        {
            lock (output)
                return output.ToString();
        }
    }

    /// <summary>Comes back when the server listens.</summary>
    public static async Task<ServerProcess> StartAsync(ProcessStartInfo start)
    {
        var server = Launch(start);
        try
        {
            await server.listening.Task.WaitAsync(Patience);
            return server;
        }
        catch (Exception e)
        {
            await server.DisposeAsync();
            throw new InvalidOperationException($"{start.FileName} {string.Join(' ', start.ArgumentList)}: {e.Message} It said: {server.Output}", e);
        }
    }

    /// <summary>Comes back at once: perhaps it never listens.</summary>
    public static ServerProcess Launch(ProcessStartInfo start)
    {
        var server = new ServerProcess(new Process { StartInfo = start, EnableRaisingEvents = true });
        server.process.OutputDataReceived += (_, line) => server.Hear(line.Data);
        server.process.ErrorDataReceived += (_, line) => server.Hear(line.Data);
        server.process.Exited += (_, _) => server.listening.TrySetException(new InvalidOperationException("It ended before it listened."));
        server.process.Start();
        server.process.BeginOutputReadLine();
        server.process.BeginErrorReadLine();
        server.process.StandardInput.Close();
        return server;
    }

    /// <summary>Sends a signal by its name (TERM, INT) and gives the exit code.</summary>
    public async Task<int> SignalAsync(string name)
    {
        await SendAsync(name);
        return await EndAsync();
    }

    public Task SendAsync(string signal) => process.SendAsync(signal);

    /// <summary>Waits until it has ended, and gives the exit code.</summary>
    public async Task<int> EndAsync()
    {
        using var timeout = new CancellationTokenSource(Patience);
        await process.WaitForExitAsync(timeout.Token);
        return process.ExitCode;
    }

    /// <summary>It keeps its connections and does nothing until it is thawed.</summary>
    public Task FreezeAsync() => process.SendAsync("STOP");

    public Task ThawAsync() => process.SendAsync("CONT");

    public Task KillAsync() => process.KillAsync();

    private void Hear(string? line)
    {
        if (line is null)
            return;
        lock (output)
            output.AppendLine(line);
        if (Listening().Match(line) is { Success: true } found)
            listening.TrySetResult(new(found.Groups[1].Value));
    }

    public async ValueTask DisposeAsync()
    {
        await process.KillAsync();
        process.Dispose();
    }

    [GeneratedRegex(@"istening on:? (http\S+)")]
    private static partial Regex Listening();
}
