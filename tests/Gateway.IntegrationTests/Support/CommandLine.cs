using System.Diagnostics;

namespace Gateway.IntegrationTests.Support;

/// <summary>The gateway's own command line, started as an operator starts it: as another process.</summary>
internal static class CommandLine
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    public static Task<CliResult> RunAsync(params string[] arguments) => RunAsync(arguments, stdin: "");

    public static Task<CliResult> RunAsync(string[] arguments, string stdin = "", string? folder = null, params (string Name, string Value)[] environment) =>
        RunAsync(Start("dotnet", [ServerProcess.Gateway, .. arguments], folder ?? Path.GetTempPath(), environment), stdin);

    /// <summary>Any command, as it is typed.</summary>
    public static Task<CliResult> BashAsync(string command, string folder, params (string Name, string Value)[] environment) =>
        RunAsync(Start("bash", ["-c", command], folder, environment), stdin: "");

    /// <summary>For a gateway that serves until it is told to stop.</summary>
    public static ProcessStartInfo Serve(string config, string folder) => Start("dotnet", [ServerProcess.Gateway, "--config", config], folder);

    public static ProcessStartInfo Start(string program, string[] arguments, string folder, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder,
        };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        return start;
    }

    private static async Task<CliResult> RunAsync(ProcessStartInfo start, string stdin)
    {
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.StandardInput.WriteAsync(stdin);
        process.StandardInput.Close();

        using var timeout = new CancellationTokenSource(Patience);
        try
        {
            await process.WaitForExitAsync(timeout.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{string.Join(' ', start.ArgumentList)} did not end. It said: {await output} {await errors}");
        }
        return new(process.ExitCode, await output, await errors);
    }
}

/// <summary>How a command ended and what it said.</summary>
internal sealed record CliResult(int ExitCode, string Output, string Errors)
{
    public string All => Output + Errors;

    public CliResult AssertSucceeded()
    {
        Assert.True(ExitCode == 0, $"exit code {ExitCode}: {All}");
        return this;
    }

    /// <summary>It ended with a sentence for people: no stack trace, and these words.</summary>
    public CliResult AssertRefused(params string[] words)
    {
        Assert.True(ExitCode != 0, $"exit code 0: {All}");
        Assert.DoesNotContain("Unhandled exception", All);
        Assert.DoesNotContain("   at ", All);
        Assert.All(words, word => Assert.Contains(word, All, StringComparison.OrdinalIgnoreCase));
        return this;
    }
}
