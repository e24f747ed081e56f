using System.Runtime.CompilerServices;

namespace Gateway.Platform;

/// <summary>Where one may wait: the threads of sockets are everybody's, see <see cref="Edge.InlineSockets"/>.</summary>
internal static class PoolThread
{
    /// <summary>What follows runs on a thread of the pool.</summary>
    public static ConfiguredTaskAwaitable EnterAsync() =>
        Task.CompletedTask.ConfigureAwait(Thread.CurrentThread.IsThreadPoolThread ? ConfigureAwaitOptions.None : ConfigureAwaitOptions.ForceYielding);
}

/// <summary>How much has one exchange moved on a thread of sockets, while all others there waited?</summary>
internal struct Turn
{
    private const int Enough = 128 * 1024;      // bytes; some ten microseconds

    private int moved;

    /// <returns>True: the others are next. Go on after <see cref="PoolThread.EnterAsync"/>.</returns>
    public bool IsOver(int count)
    {
        if (Thread.CurrentThread.IsThreadPoolThread || (moved += count) < Enough)
            return false;

        moved = 0;
        return true;
    }
}
