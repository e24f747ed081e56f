using System.Diagnostics;
using System.Globalization;

namespace Gateway.IntegrationTests.Support;

/// <summary>What .NET cannot send: signals by their names (TERM, STOP, CONT).</summary>
internal static class ProcessSignals
{
    public static async Task SendAsync(this Process process, string signal)
    {
        using var kill = Process.Start("kill", ["-" + signal, process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
        if (kill.ExitCode != 0)
            throw new InvalidOperationException($"Signal {signal} to {process.ProcessName} failed with code {kill.ExitCode}.");
    }

    /// <summary>As a machine that loses power: nothing is finished, nothing is said.</summary>
    public static async Task KillAsync(this Process process)
    {
        if (!process.HasExited)
            process.Kill(entireProcessTree: true);
        await process.WaitForExitAsync();
    }
}
