using System.Runtime.CompilerServices;

namespace Gateway.Platform;

/// <summary>Where one may wait: the threads of sockets are everybody's, see <see cref="Edge.InlineSockets"/>.</summary>
internal static class PoolThread
{
    /// <summary>What follows runs on a thread of the pool.</summary>
    public static ConfiguredTaskAwaitable EnterAsync() =>
        Task.CompletedTask.ConfigureAwait(Thread.CurrentThread.IsThreadPoolThread ? ConfigureAwaitOptions.None : ConfigureAwaitOptions.ForceYielding);
}
