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
        using var stop = new CancellationTokenSource();
        var drain = new TaskCompletionSource();
        var started = false;
        using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal => Leave(signal, () =>
        {
            if (Volatile.Read(ref started))
                drain.TrySetResult();
            else
                stop.Cancel();      // nobody has been served: there is nothing to drain
        }));
        using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal => Leave(signal, stop.Cancel));

        try
        {
            await using var host = await GatewayHost.StartAsync(args, ct: stop.Token);
            Volatile.Write(ref started, true);
            await Task.WhenAny(drain.Task, Task.Delay(Timeout.Infinite, stop.Token));
            if (drain.Task.IsCompleted)
                await host.DrainAsync();
            return 0;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return 0;
        }
    }

    private static int signals;

    // The second signal is not cancelled, so the runtime ends the process at once.
    private static void Leave(PosixSignalContext signal, Action leave)
    {
        if (Interlocked.Increment(ref signals) > 1)
            return;

        signal.Cancel = true;
        leave();
    }
}
