using System.Diagnostics;
using System.Reflection;

namespace Gateway.Bench;

/// <summary>A program that is measured, in a process of its own.</summary>
/// <param name="InlineSockets">What .NET's switch says; null: nothing.</param>
internal sealed record Peer(string Name, string[] Command, string? InlineSockets = null)
{
    public const string PlainYarp = "YARP alone";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>With a processor for the peer alone, nobody can work in the others' time.</summary>
    public static readonly bool IsPinned = OperatingSystem.IsLinux() && Environment.ProcessorCount > 1 && Find("taskset") is not null;

    /// <summary>This program in another role.</summary>
    public static Peer Serving(string name, string role, params string[] args) => new(name, ["dotnet", Assembly.GetExecutingAssembly().Location, "serve", role, .. args]);

    /// <summary>What nobody measures: on the other processors.</summary>
    public Process StartAside(string folder) => Start(folder, Others);

    /// <summary>This process, which is the load, leaves the peers' processor to them.</summary>
    public static Task StepAsideAsync() => IsPinned
        ? Process.Start(new ProcessStartInfo("taskset", ["-a", "-c", "-p", Others, $"{Environment.ProcessId}"]) { RedirectStandardOutput = true })!.WaitForExitAsync()
        : Task.CompletedTask;

    private static string Others => $"1-{Environment.ProcessorCount - 1}";

    /// <summary>With this peer on a processor of its own, which ends with the measurement.</summary>
    public async Task<T> AloneAsync<T>(string folder, Func<Process, Task<T>> measure)
    {
        var process = Start(folder, "0");
        try
        {
            return await measure(process);
        }
        finally
        {
            await EndAsync(process);
        }
    }

    public static async Task EndAsync(Process process)
    {
        process.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
    }

    private Process Start(string folder, string processors)
    {
        string[] command = IsPinned ? ["taskset", "-c", processors, .. Command] : Command;
        var start = new ProcessStartInfo(command[0], command[1..]) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["DOTNET_TC_CallCountingDelayMs"] = "0";      // on one processor .NET would stay on slow code for longer than this measures
        start.Environment["DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS"] = InlineSockets;
        var process = Process.Start(start)!;
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    /// <summary>Waits until something answers at that port.</summary>
    public static async Task AnswersAsync(int port, string token)
    {
        using var client = new HttpClient();
        client.DefaultRequestHeaders.Authorization = new("Bearer", token);
        for (var begun = Stopwatch.GetTimestamp(); ; await Task.Delay(50))
        {
            try
            {
                using var answer = await client.GetAsync($"http://127.0.0.1:{port}/small");
                if (answer.IsSuccessStatusCode)
                    return;
                if (Stopwatch.GetElapsedTime(begun) > Patience)
                    throw new InvalidOperationException($"It answers {(int)answer.StatusCode}.");
            }
            catch (HttpRequestException) when (Stopwatch.GetElapsedTime(begun) < Patience)
            {
            }
        }
    }

    public static string? Find(string program) =>
        (Environment.GetEnvironmentVariable("PATH") + ":/usr/sbin").Split(':').Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);
}
