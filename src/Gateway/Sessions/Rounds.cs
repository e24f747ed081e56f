namespace Gateway.Sessions;

/// <summary>One run at a time of something that reads; whoever asks shares one that begins after the asking.</summary>
internal sealed class Rounds(Func<Task> run)
{
    private readonly Lock turning = new();
    private Task? running;
    private Task? next;

    public Task NextAsync()
    {
        lock (turning)
        {
            if (running is { IsCompleted: false })
                return next ??= AfterAsync(running);

            return running = Task.Run(run);
        }
    }

    private async Task AfterAsync(Task before)
    {
        await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Task mine;
        lock (turning)
            (mine, next) = (running = Task.Run(run), null);
        await mine;
    }
}
