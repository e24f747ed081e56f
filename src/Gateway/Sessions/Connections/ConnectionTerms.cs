using System.Net;

namespace Gateway.Sessions.Connections;

/// <summary>Does the route's policy let this identity, or nobody in particular, pass, from there, at that time?</summary>
internal delegate bool StillAllowed(Identity? identity, IPAddress? peer, DateTimeOffset now);

/// <summary>The terms of a route by the configuration that is in force, the same object as long as it is; null: there is no such route any more.</summary>
internal delegate ConnectionTerms? TermsInForce(string route);

/// <summary>On what terms is a connection kept open? Made once for a route.</summary>
/// <param name="StillAllowed">Does the route's policy let this identity pass?</param>
/// <param name="Route">Its id: where another configuration has other terms.</param>
/// <param name="FollowsSession">It lasts as long as its session, though the token that opened it runs out; another issuer's has none here, and ends with its token.</param>
/// <param name="MaxStaleness">How old news of revocations may be; null: as everywhere.</param>
/// <param name="OnStale">What is done when it is older; null: as everywhere.</param>
internal sealed record ConnectionTerms(StillAllowed StillAllowed, string Route = "", bool FollowsSession = false, TimeSpan? MaxStaleness = null, OnStale? OnStale = null);

internal enum ConnectionKind
{
    /// <summary>One request and its answer, however long either takes.</summary>
    Exchange,
    Grpc,
    EventStream,
    WebSocket,
}

/// <summary>Why is a connection ended by the gateway?</summary>
internal enum EndCause
{
    /// <summary>Its session has ended, its token was revoked, or the account disabled.</summary>
    Revoked,

    /// <summary>The user has changed, and the policy lets it pass no longer.</summary>
    Denied,

    /// <summary>The token that opened it ran out, and its session was not refreshed.</summary>
    Expired,

    /// <summary>Nobody has told of revocations for too long: our trouble, and no logout.</summary>
    Stale,

    /// <summary>The gateway leaves.</summary>
    Leaving,
}
