namespace Gateway.Sessions;

/// <summary>One run at a time of something that reads; whoever asks shares one that begins after the asking.</summary>
internal sealed class Rounds(Func<Task> run)
{
    private readonly Lock turning = new();
    private Task running = Task.CompletedTask;
    private Task? next;
    private bool closed;

    public Task NextAsync()
    {
        lock (turning)
        {
            if (closed)
                return Task.CompletedTask;
            if (next is not null || !running.IsCompleted)
                return next ??= AfterAsync(running);

            return running = Task.Run(run);
        }
    }

    /// <summary>Nothing runs any more when this is done.</summary>
    public async Task CloseAsync()
    {
        Task last;
        lock (turning)
            (closed, last) = (true, next ?? running);
        await last.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    // Never within the lock of whoever asks: it would put a run that has begun already in the place of the next one.
    private async Task AfterAsync(Task before)
    {
        await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ForceYielding);
        Task mine;
        lock (turning)
            (mine, next) = (running = Task.Run(run), null);
        await mine;
    }
}
