namespace Gateway.Edge;

/// <summary>Does a request go on at once, on the very thread that heard of it from its socket? It then changes threads nowhere, which is much of what a proxied request costs: see docs/performance.md.</summary>
/// <remarks>
/// There is one such thread per processor, and everybody whose socket it watches waits for it. So whatever may wait for a disk, or
/// goes on for long, leaves it first: see <see cref="Platform.PoolThread"/>.
/// </remarks>
internal static class InlineSockets
{
    // .NET's own name for its half of it; ours is the other half.
    private const string Variable = "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS";

    public static bool AreOn => Environment.GetEnvironmentVariable(Variable) == "1";

    /// <summary>On, unless the environment says otherwise. Before the first socket: .NET asks once.</summary>
    public static void Prefer()
    {
        if (Environment.GetEnvironmentVariable(Variable) is null)
            Environment.SetEnvironmentVariable(Variable, "1");
    }
}
