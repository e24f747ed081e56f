using System.Net.WebSockets;
using Gateway.Routes.Limits;
using Gateway.Sessions.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway.Routes.Streams;

/// <summary>A WebSocket through the gateway, over HTTP/1.1 (RFC 6455) or HTTP/2 (RFC 8441): stands where YARP asks for the client's stream.</summary>
internal sealed class WebSocketTunnel(HttpContext http, OpenConnection connection) : IHttpUpgradeFeature, IHttpExtendedConnectFeature, IDisposable
{
    private const string Protocol = "websocket";
    private readonly IHttpUpgradeFeature? upgrade = http.Features.Get<IHttpUpgradeFeature>();
    private readonly IHttpExtendedConnectFeature? connect = http.Features.Get<IHttpExtendedConnectFeature>();
    private TunnelStream? stream;

    /// <returns>Null: nobody asks for a WebSocket.</returns>
    public static WebSocketTunnel? StandIn(HttpContext http, OpenConnection connection)
    {
        if (!IsWanted(http))
            return null;

        var tunnel = new WebSocketTunnel(http, connection);
        http.Features.Set<IHttpUpgradeFeature>(tunnel);
        http.Features.Set<IHttpExtendedConnectFeature>(tunnel);
        return tunnel;
    }

    public static bool IsWanted(HttpContext http) =>
        (http.Request.Headers.Upgrade is [{ } wanted] && wanted.Equals(Protocol, StringComparison.OrdinalIgnoreCase) && http.Features.Get<IHttpUpgradeFeature>()?.IsUpgradableRequest is true)
        || http.Features.Get<IHttpExtendedConnectFeature>()?.IsExtendedConnect is true;      // of others the guard has let none pass

    bool IHttpUpgradeFeature.IsUpgradableRequest => upgrade?.IsUpgradableRequest is true;

    bool IHttpExtendedConnectFeature.IsExtendedConnect => connect?.IsExtendedConnect is true;

    string? IHttpExtendedConnectFeature.Protocol => connect?.Protocol;

    async Task<Stream> IHttpUpgradeFeature.UpgradeAsync() => Open(await upgrade!.UpgradeAsync());

    async ValueTask<Stream> IHttpExtendedConnectFeature.AcceptAsync() => Open(await connect!.AcceptAsync());

    private TunnelStream Open(Stream client)
    {
        http.Features.Get<Patience>()?.End();
        http.Features.Get<Deadline>()?.Lift();
        stream = new TunnelStream(client, new());
        connection.Become(ConnectionKind.WebSocket, End);
        if (connection.IsEnding)
            End(EndCause.Revoked);      // while the backend made up its mind
        return stream;
    }

    private void End(EndCause cause)
    {
        var (status, reason) = cause switch
        {
            EndCause.Leaving => (1001, "going away"),
            EndCause.Stale => (1013, "try again later"),
            _ => (4401, "session ended"),
        };
        stream!.End((WebSocketCloseStatus)status, reason);
    }

    /// <summary>After YARP is done, and the backend's side is closed: the client is given the time to read that it was closed.</summary>
    public ValueTask FinishAsync(CancellationToken ct) => stream is null ? default : stream.FinishAsync(ct);

    public void Dispose() => stream?.Dispose();
}
