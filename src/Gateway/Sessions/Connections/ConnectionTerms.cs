namespace Gateway.Sessions.Connections;

/// <summary>On what terms is a connection kept open? Made once for a route.</summary>
/// <param name="StillAllowed">Does the route's policy let this identity pass?</param>
/// <param name="FollowsSession">It lasts as long as its session, though the token that opened it runs out.</param>
internal sealed record ConnectionTerms(Func<Identity, bool> StillAllowed, bool FollowsSession);

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
    /// <summary>Its session or its token was revoked, or the account disabled.</summary>
    Revoked,

    /// <summary>The user has changed, and the policy lets it pass no longer.</summary>
    Denied,

    /// <summary>The token that opened it ran out, and its session was not refreshed.</summary>
    Expired,

    /// <summary>The gateway leaves.</summary>
    Leaving,
}
