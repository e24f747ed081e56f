using System.Net.Sockets;

namespace Gateway.IntegrationTests.Support;

/// <summary>A loopback port that stays ours while nothing listens on it: no other program is given it meanwhile, and whoever connects is refused.</summary>
internal sealed class LoopbackPort : IDisposable
{
    private readonly Socket holder = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    // Bound and never listening: the kernel lets another socket bind it too, and listen.
    public LoopbackPort() => holder.Bind(new IPEndPoint(IPAddress.Loopback, 0));

    public int Number => ((IPEndPoint)holder.LocalEndPoint!).Port;

    public override string ToString() => Number.ToString(System.Globalization.CultureInfo.InvariantCulture);

    public void Dispose() => holder.Dispose();
}
