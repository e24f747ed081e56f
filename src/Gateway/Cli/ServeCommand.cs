using System.CommandLine;
using System.Runtime.InteropServices;

namespace Gateway.Cli;

/// <summary><c>serve</c>: until a signal says otherwise.</summary>
internal static class ServeCommand
{
    public static Command Create(string[] args)
    {
        var command = new Command("serve", "Serves until SIGTERM (which drains first) or SIGINT. The default.");
        command.SetAction((_, ct) => RunAsync(args, ct));
        return command;
    }

    public static async Task<int> RunAsync(string[] args, CancellationToken ct)
    {
        var signals = 0;
        using var start = new CancellationTokenSource();
        var drain = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal => Leave(signal, drains: true));
        using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal => Leave(signal, drains: false));

        try
        {
            await using var host = await GatewayHost.StartAsync(args, ct: start.Token);
            if (await drain.Task)
                await host.DrainAsync();
            return 0;
        }
        catch (OperationCanceledException) when (start.IsCancellationRequested)
        {
            return 0;      // nobody has been served: there is nothing to drain
        }

        // The second signal is not cancelled, so the runtime ends the process at once.
        void Leave(PosixSignalContext signal, bool drains)
        {
            if (Interlocked.Increment(ref signals) > 1)
                return;

            signal.Cancel = true;
            drain.TrySetResult(drains);
            start.Cancel();      // means nothing to a gateway that serves already
        }
    }
}
