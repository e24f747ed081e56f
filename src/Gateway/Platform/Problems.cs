namespace Gateway.Platform;

/// <summary>Every refusal that the gateway can give. Who you are is 401, what you may is 403, our own trouble is 503.</summary>
internal static class Problems
{
    private const string InvalidToken = "Bearer error=\"invalid_token\"";

    public static Problem InvalidRequest(string detail) => new(400, "invalid_request", "The request cannot be understood", detail);
    public static Problem RequestRefused(string detail, int status = 400) => new(status, "request_refused", "The request was refused", detail);
    public static Problem WeakPassword(string detail) => new(400, "weak_password", "The password is too weak", detail);

    public static readonly Problem AmbiguousCredentials = InvalidRequest(
        "More than one credential was sent, or one that can be read in more than one way. Send exactly one: Authorization: Bearer, x-access-token, the session cookie, or a token in the body or the query where this address takes it.");

    public static readonly Problem UnclearBody = InvalidRequest(
        "The body may hold a token here, and can be read in more than one way. Send a form or a JSON object in UTF-8, without broken escapes or repeated members.");

    public static readonly Problem TooLarge = RequestRefused("The body is larger than 16 KB.", 413);
    public static readonly Problem TooLargeForToken = RequestRefused("A body that may hold a token is 64 KB at most. Send the token as Authorization: Bearer, where this address takes it.", 413);
    public static readonly Problem NotJson = RequestRefused("The body must be JSON in UTF-8: send Content-Type: application/json.", 415);

    public static readonly Problem NotForm = RequestRefused("The body must be a form: send Content-Type: application/x-www-form-urlencoded.", 415);

    public static readonly Problem TokenMissing = new(401, "token_missing", "You are not signed in",
        "This needs a signed-in user. Log in and send the access token as Authorization: Bearer.")
    { Challenge = "Bearer" };

    public static readonly Problem TokenInvalid = new(401, "token_invalid", "The credential is not valid",
        "The credential was not issued here, was changed, or is not meant for this service. Log in again.")
    { Challenge = InvalidToken };

    public static readonly Problem TokenExpired = new(401, "token_expired", "The access token has expired",
        "Exchange the refresh token for a new access token, or log in again.")
    { Challenge = InvalidToken };

    public static readonly Problem TokenRevoked = new(401, "token_revoked", "The access token was revoked",
        "Its session has ended or the account has changed. Exchange the refresh token, or log in again.")
    { Challenge = InvalidToken };

    public static readonly Problem TokenOutdated = TokenRevoked with
    {
        Detail = "The account has changed since it was issued. Exchange the refresh token for a new access token, or log in again.",
    };

    /// <summary>By itself, or with the key that signed it.</summary>
    public static readonly Problem TokenAloneRevoked = TokenRevoked with
    {
        Detail = "It was revoked, and its session goes on. Exchange the refresh token for a new access token, or log in again.",
    };

    public static readonly Problem SessionEnded = new(401, "session_ended", "The session has ended",
        "It was logged out, ended elsewhere or not used for too long. Log in again.")
    { Challenge = InvalidToken };

    public static readonly Problem RefreshTokenReused = new(401, "refresh_token_reused", "The refresh token was used before",
        "A refresh token works once. Because somebody may have copied it, its session was ended. Log in again.")
    { Challenge = InvalidToken };

    public static readonly Problem InvalidCredentials = new(401, "invalid_credentials", "Wrong user name or password",
        "Check both and try again.")
    { Challenge = "Bearer" };

    public static readonly Problem InvalidClient = new(401, "invalid_credentials", "The client is not known",
        "Authenticate with HTTP Basic as one of Gateway:Clients.")
    { Challenge = "Basic realm=\"gateway\"" };

    public static readonly Problem AccountDisabled = new(403, "account_disabled", "The account is disabled",
        "An administrator disabled this account.");

    public static readonly Problem SignupClosed = new(403, "policy_denied", "Sign-up is closed",
        "New accounts are made by an administrator here.");

    public static readonly Problem CsrfFailed = new(403, "csrf_failed", "The request comes from another site",
        "A request that signs in or out, or changes something with the session cookie, must come from this site: Sec-Fetch-Site same-origin, or an Origin that equals ours.");

    public static readonly Problem ForeignIssuer = new(403, "policy_denied", "You may not do this",
        "Tokens of other issuers do not open the gateway's own endpoints.")
    { Requirement = "issuer: our own" };

    public static Problem PolicyDenied(string requirement) => new(403, "policy_denied", "You may not do this",
        "You are signed in, but the policy of this route does not let you pass.")
    { Requirement = requirement };

    public static Problem InsufficientScope(string scopes) => new(403, "insufficient_scope", "The token's scope is too small",
        $"This route needs the scope: {scopes}.")
    { Requirement = "scope: " + scopes, Challenge = $"Bearer error=\"insufficient_scope\", scope=\"{scopes}\"" };

    /// <param name="detail">What helps.</param>
    /// <param name="requirement">What decided.</param>
    /// <param name="maxAge">How old the login may be, in seconds (RFC 9470 section 3).</param>
    public static Problem InsufficientAuthentication(string detail, string requirement, long? maxAge = null) => new(401, "insufficient_user_authentication", "The login is not strong or recent enough", detail)
    {
        Requirement = requirement,
        Challenge = $"Bearer error=\"insufficient_user_authentication\", error_description=\"{(maxAge is null ? "More than one factor is required" : "A more recent login is required")}\"{(maxAge is null ? "" : $", max_age=\"{maxAge}\"")}",
    };

    public static readonly Problem RouteNotFound = new(404, "route_not_found", "There is nothing here",
        "No route matches this address.");

    public static readonly Problem SessionNotFound = new(404, "route_not_found", "There is no such session",
        "It is not one of yours, or it has ended already.");

    public static readonly Problem MethodNotAllowed = RequestRefused("This address does not answer that method; see Allow.", 405);

    public static readonly Problem UsernameTaken = new(409, "username_taken", "The name is taken",
        "The user name or e-mail address belongs to an account already. Choose another, or log in.");

    public static Problem RateLimited(int seconds) => new(429, "rate_limited", "Too many tries",
        $"There were too many for this account, or from your address. Try again in {seconds} s.")
    { RetryAfter = seconds };

    public static Problem TooManyRequests(int seconds) => new(429, "rate_limited", "Too much is asked for",
        $"This route answers only so much in a while, and that is used up. Try again in {seconds} s.")
    { RetryAfter = seconds };

    public static Problem TooManyConnections(int limit) => new(429, "rate_limited", "Too much is open at once",
        $"Your session has {limit} requests and connections open, which is as many as it may. Close some, or wait until they are done.")
    { RetryAfter = 1 };

    public static readonly Problem BackendUnreachable = new(502, "backend_unreachable", "The service behind does not answer",
        "The gateway could not get an answer from the service behind this route.");

    public static readonly Problem BackendTimeout = new(504, "backend_timeout", "The service behind is too slow",
        "The service behind this route did not answer in time.");

    public static readonly Problem Busy = new(503, "busy", "Too much to do at once",
        "The gateway is busy. Try again shortly.")
    { RetryAfter = 1 };

    public static readonly Problem RevocationStale = new(503, "revocation_stale", "Revocations cannot be checked",
        "The gateway has had no news of ended sessions for too long, so it lets nobody pass on old knowledge. Try again shortly.")
    { RetryAfter = 2 };

    public static readonly Problem IssuerUnavailable = new(503, "store_unavailable", "The token's issuer does not answer",
        "The keys that its tokens are checked with cannot be fetched at the moment. Try again shortly.")
    { RetryAfter = 2 };

    public static readonly Problem StoreUnavailable = new(503, "store_unavailable", "The gateway's store does not answer",
        "This is our trouble, not yours: you are still signed in. Try again shortly.")
    { RetryAfter = 2 };
}
