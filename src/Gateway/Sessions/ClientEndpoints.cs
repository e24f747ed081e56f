using Gateway.Platform;
using Gateway.Platform.Database;
using Microsoft.AspNetCore.Mvc;

namespace Gateway.Sessions;

/// <summary>Introspect and revoke, for services of the operator's (RFC 7662, RFC 7009). Who is none of them learns nothing.</summary>
internal static class ClientEndpoints
{
    public static void MapClients(this IEndpointRouteBuilder routes, string path)
    {
        var auth = routes.MapGroup(path).WithTags("Clients");

        auth.MapPost("/introspect", Introspect);
        auth.MapPost("/revoke", Revoke);
    }

    private static async Task<IResult> Introspect(
        HttpContext http, [FromServices] Clients clients, [FromServices] Introspection introspection, [FromServices] GatewayDatabase db, CancellationToken ct)
    {
        var (token, refusal) = await ReadAsync(http, clients);
        if (refusal is not null)
            return refusal;

        var (answer, trouble) = await introspection.AnswerAsync(db, token!, ct);
        return trouble is not null ? trouble : TypedResults.Json(answer);
    }

    /// <summary>An access token ends alone, a refresh token with its session. What is no token of ours, or has ended, is no trouble (RFC 7009 section 2.2).</summary>
    private static async Task<IResult> Revoke(
        HttpContext http, [FromServices] Clients clients, [FromServices] Introspection introspection, [FromServices] Refresh refresh, [FromServices] SessionStore sessions,
        [FromServices] RevocationLog log, [FromServices] GatewayDatabase db, [FromServices] Transactions transactions, CancellationToken ct)
    {
        var (token, refusal) = await ReadAsync(http, clients);
        if (refusal is not null)
            return refusal;

        if (await refresh.SessionOfAsync(db, token!, ct) is { } session)
        {
            await transactions.WriteAsync(db, () => sessions.EndAsync(db, session.UserId, session.Id, ct), ct);
            return TypedResults.Ok();
        }

        var (identity, trouble) = await introspection.FindAsync(token!, ct);
        if (trouble is not null)
            return trouble;
        if (identity is not null)
        {
            await transactions.WriteAsync(db, () =>
            {
                log.Token(db, identity.Claims.TokenId!);
                return Task.CompletedTask;
            }, ct);
        }

        return TypedResults.Ok();
    }

    // The client first: who is none is not even told what is wrong with the form. The hint is not needed to tell our tokens apart.
    private static async Task<(string? Token, Problem? Refusal)> ReadAsync(HttpContext http, Clients clients)
    {
        if (await clients.RefuseAsync(http) is { } stranger)
            return (null, stranger);

        var (form, refusal) = await FormBody.ReadAsync(http);
        if (refusal is not null)
            return (null, refusal);
        return form!.TryGetValue("token", out var token) && token.Length > 0 ? (token, null) : (null, Problems.InvalidRequest("The parameter token is missing."));
    }
}
