using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Gateway.Edge;

namespace Gateway.IntegrationTests.Support;

/// <summary>The gateways in this process use their sockets as one in a process of its own does.</summary>
internal static class TestProcess
{
    [ModuleInitializer]
    internal static void Begin()
    {
        InlineSockets.Begin();

        // .NET looks when the first socket waits; whatever processes are started from here must decide for themselves.
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        _ = listener.AcceptSocketAsync();
        Environment.SetEnvironmentVariable(InlineSockets.Variable, null);
    }
}
