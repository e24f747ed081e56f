namespace Gateway.Edge;

/// <summary>Does a request go on at once, on the very thread that heard of it from its socket? It then changes threads nowhere, which is a quarter of what a proxied request costs; but whoever moves much moves it there too: see docs/performance.md.</summary>
/// <remarks>
/// There is one such thread per processor, and everybody whose socket it watches waits for it. So whatever may wait for a disk, or
/// goes on for long, leaves it first: see <see cref="Platform.PoolThread"/>.
/// </remarks>
internal static class InlineSockets
{
    /// <summary>.NET's own switch for its half of it; Kestrel's half goes with it.</summary>
    public const string Variable = "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS";

    public static bool AreOn => Environment.GetEnvironmentVariable(Variable) == "1";
}
