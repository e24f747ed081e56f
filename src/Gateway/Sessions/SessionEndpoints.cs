using System.Text.Json.Serialization;
using Gateway.Platform;
using Gateway.Platform.Database;
using Gateway.Tokens;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Primitives;

namespace Gateway.Sessions;

/// <summary>Refresh, log out, list, end one.</summary>
internal static class SessionEndpoints
{
    public static void MapSessions(this IEndpointRouteBuilder routes, string path)
    {
        var auth = routes.MapGroup(path).WithTags("Sessions");

        auth.MapPost("/refresh", Exchange).AddEndpointFilter(routes.ServiceProvider.GetRequiredService<SessionInstruments>().Refreshes);
        auth.MapPost("/logout", Logout).WithMetadata(SignedIn.OrBody);
        auth.MapGet("/sessions", List).WithMetadata(SignedIn.Required);
        auth.MapDelete("/sessions/{id}", End).WithMetadata(SignedIn.Required);
    }

    private static async Task<IResult> Exchange(
        JsonBody<RefreshRequest> body, HttpContext http, [FromServices] Refresh refresh, [FromServices] SessionResponses responses, CancellationToken ct)
    {
        var outcome = await refresh.RefreshAsync(body.Value.RefreshToken, ct);
        return outcome.Refusal is { } refusal ? refusal : TypedResults.Ok(responses.Hand(http, outcome.Started!));
    }

    private static async Task<IResult> Logout(
        HttpContext http, [FromServices] Refresh refresh, [FromServices] SessionStore sessions, [FromServices] GatewayDatabase db,
        [FromServices] Transactions transactions, CancellationToken ct)
    {
        if (ScopeOf(http.Request.Query["scope"]) is not { } scope)
            return Problems.InvalidRequest("The scope must be this, others or all.");

        if (http.Features.Get<EndedAlready>() is { } ended)
            return await AnswerAsync(ended.Refusal, ended.UserId ?? await SessionStore.OwnerOfAsync(db, http.Request, ct), scope, http, sessions, db, ct);

        var (userId, sessionId) = http.Features.Get<Identity>() is { } identity ? (identity.Claims.Subject, identity.Claims.SessionId!) : ("", "");
        if (userId.Length == 0)
        {
            if (http.Request.ContentType is null && http.Request.ContentLength is null or 0)
                return Problems.TokenMissing;
            var (request, refusal) = await JsonBody.ReadAsync<RefreshRequest>(http);
            if (refusal is not null)
                return refusal;
            // One of long ago may be a thief's: it ends its session, and no other.
            if (await (scope is "this" ? refresh.SessionOfAsync(db, request!.RefreshToken, ct) : refresh.SessionLatelyOfAsync(db, request!.RefreshToken, ct)) is not { } session)
                return await AnswerAsync(Problems.SessionEnded, await refresh.OwnerOfAsync(db, request.RefreshToken, ct), scope, http, sessions, db, ct);
            (userId, sessionId) = (session.UserId, session.Id);
        }

        await transactions.WriteAsync(db, () => scope switch
        {
            "all" => sessions.EndAllAsync(db, userId, disabled: false, ct),
            "others" => sessions.EndOthersAsync(db, userId, sessionId, ct),
            _ => sessions.EndAsync(db, userId, sessionId, ct),
        }, ct);

        if (scope is not "others")
            SessionCookie.Remove(http);
        return await http.NoContentOrAppliedAsync(db, ct);
    }

    /// <summary>What has ended ends nothing else: who had it may be the one whom the owner has locked out. Nor is anybody told that all has ended while something lives.</summary>
    private static async Task<IResult> AnswerAsync(Problem refusal, string? userId, string scope, HttpContext http, SessionStore sessions, GatewayDatabase db, CancellationToken ct)
    {
        SessionCookie.Remove(http);
        if (scope is not "this" && (userId is null || (await sessions.ListAsync(db, userId, ct)).Count > 0))
            return refusal;

        // To wait for proof costs the store something: what somebody made up is not worth it.
        return userId is null ? TypedResults.NoContent() : await http.NoContentOrAppliedAsync(db, ct);
    }

    private static string? ScopeOf(StringValues query) => query switch
    {
        [] => "this",
        ["this" or "others" or "all"] => query[0],
        _ => null,
    };

    private static async Task<IResult> List(HttpContext http, [FromServices] SessionStore sessions, [FromServices] GatewayDatabase db, CancellationToken ct)
    {
        var identity = http.Features.GetRequiredFeature<Identity>();
        var all = await sessions.ListAsync(db, identity.Claims.Subject, ct);
        return TypedResults.Ok(all.Select(s => new SessionEntry(s.Id, s.Id == identity.Claims.SessionId, s.CreatedAt, s.LastSeenAt, s.Ip, s.UserAgent)));
    }

    private static async Task<IResult> End(
        string id, HttpContext http, [FromServices] SessionStore sessions, [FromServices] GatewayDatabase db,
        [FromServices] Transactions transactions, CancellationToken ct)
    {
        var identity = http.Features.GetRequiredFeature<Identity>();
        if (!await transactions.WriteAsync(db, () => sessions.EndAsync(db, identity.Claims.Subject, id, ct), ct))
            return Problems.SessionNotFound;
        if (id == identity.Claims.SessionId)
            SessionCookie.Remove(http);
        return await http.NoContentOrAppliedAsync(db, ct);
    }
}

public sealed record RefreshRequest(string RefreshToken);

public sealed record SessionEntry(string Id, bool Current, DateTimeOffset CreatedAt, DateTimeOffset LastSeenAt, string? Ip, string? UserAgent);

public sealed record UserResponse(string Id, string Username, string? Email, IReadOnlyList<string> Roles);

/// <summary>What a client gets for a login: tokens, or nothing but the facts beside a cookie.</summary>
public sealed record SessionResponse(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? AccessToken,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? TokenType,
    long ExpiresIn,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? RefreshToken,
    string SessionId,
    UserResponse User);

internal sealed class SessionResponses(AccessTokenIssuer tokens, SessionOptions sessions, TimeProvider clock)
{
    /// <summary>Tokens go into the body; a cookie goes past it, out of reach of scripts.</summary>
    public SessionResponse Hand(HttpContext http, SessionStore.Started started)
    {
        if (started.Cookie is { } cookie)
            SessionCookie.Set(http, cookie, sessions.AbsoluteLifetime);

        var hasTokens = started.AccessToken is not null;
        var now = clock.GetUtcNow();
        return new(
            started.AccessToken,
            hasTokens ? "Bearer" : null,
            (long)((hasTokens ? tokens.ExpiryOf(started.Session.EndsAt, now) : started.Session.EndsAt) - now).TotalSeconds,
            started.RefreshToken,
            started.Session.Id,
            For(started.Subject));
    }

    public static UserResponse For(Subject subject) => new(subject.Id, subject.Username, subject.Email, subject.Roles);
}
