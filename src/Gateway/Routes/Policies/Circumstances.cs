using System.Net;
using Gateway.Sessions;

namespace Gateway.Routes.Policies;

/// <summary>Who asks, from where, and when?</summary>
/// <param name="Identity">Whom the credential proved.</param>
/// <param name="Peer">The client, as far as proxies of ours are believed; null: it has no address.</param>
/// <param name="Now">By the gateway's clock.</param>
internal readonly record struct Circumstances(Identity Identity, IPAddress? Peer, DateTimeOffset Now);
