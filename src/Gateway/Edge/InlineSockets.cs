using Gateway.Platform;

namespace Gateway.Edge;

/// <summary>On which thread does an exchange go on when a socket has news: on the one that heard of it, or on one of the pool?</summary>
/// <remarks>
/// What the backends and the database say goes on where it is heard, which saves a change of threads; what clients say goes on on the
/// pool. There is one thread that hears per processor, and everybody whose socket it watches waits for it: whatever may wait for a
/// disk, or goes on for long, leaves it first (see <see cref="PoolThread"/>). The figures are in docs/performance.md.
/// </remarks>
internal static class InlineSockets
{
    /// <summary>.NET's own switch. 0: everything goes on on the pool, and the threads that hear are as .NET made them. 1: what clients say goes on where it is heard, too, which is cheaper yet, but not fair beside bulk transfers.</summary>
    public const string Variable = "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS";

    /// <summary>Kestrel's half of it, which the operator alone turns on.</summary>
    public static bool AreClients { get; private set; }

    private const string Hearing = ".NET Sockets";

    /// <summary>Before the process opens its first socket: .NET looks once.</summary>
    public static void Begin()
    {
        var said = Environment.GetEnvironmentVariable(Variable);
        AreClients = said == "1";
        if (said is null)
            Environment.SetEnvironmentVariable(Variable, "1");
    }

    /// <summary>Once there is a socket: on Linux the threads that hear wait for their turn, and find more to do when it comes.</summary>
    /// <remarks>
    /// Else each that hears of something interrupts, where no processor is free, the one that works, which changes threads twice for every
    /// request. On a free processor nothing is different. Where the system forbids it, or .NET calls them something else, nothing is, either.
    /// A thread that such a thread begins, as the one that compiles, inherits it.
    /// </remarks>
    public static void Settle()
    {
        if (Environment.GetEnvironmentVariable(Variable) == "0")
            return;

        foreach (var thread in LinuxThreads.Called(Hearing))
            LinuxThreads.LetWait(thread);
    }
}
