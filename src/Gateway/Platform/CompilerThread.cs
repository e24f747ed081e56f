namespace Gateway.Platform;

/// <summary>What is called often .NET compiles once more, on a thread beside those that serve: until it is done a request costs twice as much.</summary>
internal static class CompilerThread
{
    private const string Name = ".NET Tiered Compilation Worker";
    private const int Niceness = -5;      // three fifths of a processor of which two more threads want all

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250), WarmUp = TimeSpan.FromMinutes(1);

    /// <summary>It goes first while a process is young, where the system allows it. .NET ends it when it has had nothing to do for seconds, and makes another.</summary>
    public static async Task HastenAsync(CancellationToken stopping)
    {
        var waited = TimeSpan.Zero;
        while (waited < WarmUp && !stopping.IsCancellationRequested && LinuxThreads.Called(Name).All(thread => LinuxThreads.TrySetNiceness(thread, Niceness)))
        {
            await Task.Delay(Interval, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            waited += Interval;
        }
    }
}
