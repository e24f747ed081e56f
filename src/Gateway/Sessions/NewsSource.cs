namespace Gateway.Sessions;

/// <summary>Does this source of revocations say anything, and since when does it not?</summary>
internal sealed class NewsSource(string name, TimeProvider clock)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private long heard = clock.GetTimestamp();
    private volatile bool fails;

    public string Name => name;

    /// <summary>The last reading failed; one that is under way has not failed.</summary>
    public bool Fails => fails;

    /// <summary>Since the last good reading began, or since there is this process.</summary>
    public TimeSpan Age => clock.GetElapsedTime(Volatile.Read(ref heard));

    /// <summary>Also where a reading neither fails nor ends.</summary>
    public bool IsAway => fails || Age > Patience;

    public async Task WatchAsync(Func<Task> read)
    {
        try
        {
            await read();
        }
        catch
        {
            fails = true;
            throw;
        }
    }

    /// <param name="begun">By the monotonic clock.</param>
    public void Heard(long begun)
    {
        Volatile.Write(ref heard, begun);
        fails = false;
    }
}
