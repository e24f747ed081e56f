using Gateway.Platform;
using Gateway.Platform.Telemetry;
using Gateway.Routes.Limits;
using Gateway.Routes.Streams;
using Gateway.Sessions.Connections;
using Yarp.ReverseProxy.Forwarder;

namespace Gateway.Routes;

/// <summary>The one gate, on the proxied path; whoever it lets pass is registered until the exchange is over.</summary>
internal sealed partial class GateMiddleware(
    RequestDelegate next, Gate gate, OpenConnections connections, ILogger<GateMiddleware> logger)
{
    public Task InvokeAsync(HttpContext http)
    {
        // MapProxiedRoutes hangs one on every route; without it this throws, and nothing passes.
        var policy = http.GetEndpoint()!.Metadata.GetRequiredMetadata<RoutePolicy>();
        var judging = JudgeAsync(http, policy);
        return policy.RateLimit is null && judging.IsCompletedSuccessfully ? Act(http, policy, judging.Result) : WaitAsync(http, policy, judging);
    }

    private async Task WaitAsync(HttpContext http, RoutePolicy policy, ValueTask<Verdict> judging)
    {
        var verdict = await judging;
        if (verdict.Refusal is not null || policy.RateLimit is not { } limit)
        {
            await Act(http, policy, verdict);
            return;
        }

        var taking = limit.TakeAsync(http, verdict.Identity, policy.Tally.Route);
        var hasWaited = !taking.IsCompleted;
        var (place, refusal) = await taking;
        if (place is null && refusal is null)
            return;      // the client has left

        try
        {
            // Nobody looks after who waits: a session that has ended meanwhile must not come to the backend after all, nor who was a clerk as a clerk.
            if (hasWaited && refusal is null)
                verdict = await JudgeAsync(http, policy);
            await Act(http, policy, verdict, refusal);
        }
        finally
        {
            place?.Dispose();
        }
    }

    /// <param name="http">The exchange.</param>
    /// <param name="policy">Of its route.</param>
    /// <param name="verdict">The gate's.</param>
    /// <param name="limited">What came in the way after it; null: nothing.</param>
    private Task Act(HttpContext http, RoutePolicy policy, Verdict verdict, Problem? limited = null)
    {
        var refusal = limited ?? verdict.Refusal ?? Tell(http, policy, verdict);
        if (refusal is not null || connections.TryOpen(http, verdict.Identity, policy.Terms) is not { } connection)
        {
            refusal ??= Problems.TooManyConnections(connections.MaxPerSession);
            verdict.Count(policy.Tally, refusal);
            return refusal.ExecuteAsync(http);
        }

        verdict.Count(policy.Tally, refusal: null);
        if (verdict.ShadowRefusal is { } spared)
        {
            policy.Tally.Spare(spared);
            Spared(logger, http.GetEndpoint()?.DisplayName, policy.Name, spared.Requirement ?? "a signed-in user", spared.Status, spared.Code);
        }

        http.Features.Set(connection);
        FairStream.StandInForRequest(http.Request);
        return policy.Timeout is null && !WebSocketTunnel.IsWanted(http) && !EventStream.IsWanted(http.Request) && !LongAnswer.IsGrpc(http.Request.ContentType)
            ? PassAsync(http, connection, policy)
            : PassLongAsync(http, connection, policy);
    }

    private async ValueTask<Verdict> JudgeAsync(HttpContext http, RoutePolicy policy)
    {
        try
        {
            return await gate.JudgeAsync(http, policy);
        }
        // Whatever it is, it is not the client's, and nobody passes because of it.
        catch (Exception e) when (!http.RequestAborted.IsCancellationRequested)
        {
            NotJudged(logger, e, http.GetEndpoint()?.DisplayName);
            return Verdict.Refused(Problems.StoreUnavailable);
        }
    }

    /// <summary>From here on the request is the backend's: its credential is gone, and who asks is told.</summary>
    private Problem? Tell(HttpContext http, RoutePolicy policy, Verdict verdict)
    {
        try
        {
            return policy.Headers!.Write(http.Request, policy, verdict.Identity);
        }
        catch (Exception e) when (!http.RequestAborted.IsCancellationRequested)
        {
            NotJudged(logger, e, http.GetEndpoint()?.DisplayName);
            return Problems.StoreUnavailable;
        }
    }

    /// <summary>As nearly all exchanges are: what must be kept while the backend thinks is most of what a request allocates here.</summary>
    private async Task PassAsync(HttpContext http, OpenConnection connection, RoutePolicy policy)
    {
        try
        {
            await next(http);
            if (http.Features.Get<IForwarderErrorFeature>() is { } error)
                await ExplainAsync(http, connection, policy, error, isLate: false);
        }
        finally
        {
            connections.Close(connection);
        }
    }

    /// <summary>What may last, or may not last for long.</summary>
    private async Task PassLongAsync(HttpContext http, OpenConnection connection, RoutePolicy policy)
    {
        try
        {
            using var deadline = policy.Timeout is { } timeout ? Deadline.Of(http, timeout) : null;
            using var tunnel = WebSocketTunnel.StandIn(http, connection);
            using var patience = tunnel is not null || EventStream.IsWanted(http.Request) ? Patience.With(http) : null;
            if (LongAnswer.IsGrpc(http.Request.ContentType))
            {
                connection.Become(ConnectionKind.Grpc);
                Patience.Silence(http);
            }

            await next(http);
            if (tunnel is not null)
                await tunnel.FinishAsync(http.RequestAborted);

            var isLate = patience?.HasRunOut is true || deadline?.HasRunOut is true;
            patience?.Dispose();      // whoever is told that it is late is still there
            deadline?.Dispose();
            if (http.Features.Get<IForwarderErrorFeature>() is { } error)
                await ExplainAsync(http, connection, policy, error, isLate);
        }
        finally
        {
            connections.Close(connection);
        }
    }

    private async Task ExplainAsync(HttpContext http, OpenConnection connection, RoutePolicy policy, IForwarderErrorFeature error, bool isLate)
    {
        // YARP aborts an exchange whose backend fails within the answer.
        var hasLeft = http.RequestAborted.IsCancellationRequested && !isLate && error.Error is not ForwarderError.ResponseBodyDestination;
        if (connection.IsEnding || hasLeft)
            return;

        if (IsTheBackends(error.Error))
        {
            // Instead of YARP's own line: its exception's text quotes the backend, byte for byte.
            policy.Tally.Fail(error.Error.ToString());
            NotForwarded(logger, http.GetEndpoint()?.DisplayName, error.Error, error.Exception?.GetBaseException().GetType().Name);
        }

        if (http.Response.HasStarted)
            return;

        var problem = isLate ? Problems.BackendTimeout : Explain(error.Error, http.Response.StatusCode);
        http.Response.Clear();      // the backend may have said something before it failed
        await problem.ExecuteAsync(http);
    }

    // Everything else is what a client did, or what was done to it.
    private static bool IsTheBackends(ForwarderError error) => error
        is ForwarderError.Request or ForwarderError.RequestTimedOut or ForwarderError.RequestCreation or ForwarderError.NoAvailableDestinations
        or ForwarderError.RequestBodyDestination or ForwarderError.ResponseBodyDestination or ForwarderError.ResponseHeaders
        or ForwarderError.UpgradeRequestDestination or ForwarderError.UpgradeResponseDestination or ForwarderError.UpgradeActivityTimeout;

    /// <summary>YARP answers without a body; who reads it should know whose trouble it is.</summary>
    private static Problem Explain(ForwarderError error, int status) => status switch
    {
        StatusCodes.Status504GatewayTimeout => Problems.BackendTimeout,
        >= 400 and < 500 => Problems.RequestRefused($"The request could not be passed on as it was sent ({error}).", status),
        _ => Problems.BackendUnreachable,
    };

    [LoggerMessage(4004, LogLevel.Error, "A request to route {Route} could not be judged")]
    private static partial void NotJudged(ILogger logger, Exception e, string? route);

    [LoggerMessage(4005, LogLevel.Information, "Route {Route} would have refused a request, if policy {Policy} were in force: {Requirement} ({Status} {Code})")]
    private static partial void Spared(ILogger logger, string? route, string policy, string requirement, int status, string code);

    [LoggerMessage(4002, LogLevel.Warning, "Route {Route} could not be forwarded: {Error} ({Exception})")]
    private static partial void NotForwarded(ILogger logger, string? route, ForwarderError error, string? exception);
}
