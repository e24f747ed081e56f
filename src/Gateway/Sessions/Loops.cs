namespace Gateway.Sessions;

/// <summary>What is done again and again beside the requests, until the gateway leaves.</summary>
internal sealed partial class Loops(TimeProvider clock, ILogger<Loops> logger) : IAsyncDisposable
{
    private readonly CancellationTokenSource stopping = new();
    private readonly List<Task> running = [];

    public void Start(string name, TimeSpan interval, Func<CancellationToken, Task> work) => running.Add(RunAsync(name, interval, work));

    private async Task RunAsync(string name, TimeSpan interval, Func<CancellationToken, Task> work)
    {
        using var timer = new PeriodicTimer(interval, clock);
        var failing = false;
        try
        {
            while (await timer.WaitForNextTickAsync(stopping.Token))
            {
                try
                {
                    await work(stopping.Token);
                    if (failing)
                        Recovered(logger, name);
                    failing = false;
                }
                // The next tick tries again; what is too old by then, Freshness refuses. Said once when it begins and once when it ends, however long it lasts.
                catch (Exception e)
                {
                    if (!failing && !stopping.IsCancellationRequested)
                        Failed(logger, e, name);
                    failing = true;
                }
            }
        }
        catch (OperationCanceledException)
        {
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (stopping.IsCancellationRequested)
            return;

        await stopping.CancelAsync();
        await Task.WhenAll(running);
    }

    [LoggerMessage(3001, LogLevel.Warning, "{Work} failed; it is tried again, and this is not repeated until it succeeds")]
    private static partial void Failed(ILogger logger, Exception e, string work);

    [LoggerMessage(3002, LogLevel.Information, "{Work} succeeds again")]
    private static partial void Recovered(ILogger logger, string work);
}
