using Gateway.Accounts;
using Gateway.Platform;
using Gateway.Platform.Database;
using Gateway.Sessions;
using Gateway.Tokens;
using Microsoft.AspNetCore.Mvc;

namespace Gateway.Admin;

/// <summary>An operator ends a token, a session, a user's sessions, or everything.</summary>
internal static class RevocationEndpoints
{
    private const string Rule = "Name exactly one of jti, session, user and all (which must be true), and beside it issuer if it is another's.";
    private const int MostCharacters = 256, EndedAtOnce = 100;

    public static void MapRevocations(this IEndpointRouteBuilder admin) => admin.MapPost("/revocations", Revoke);

    private static async Task<IResult> Revoke(
        JsonBody<RevocationRequest> body, HttpContext http, [FromServices] RevocationLog log, [FromServices] SessionStore sessions, [FromServices] UserAdministration users,
        [FromServices] Issuers issuers, [FromServices] GatewayDatabase db, [FromServices] Transactions transactions, CancellationToken ct)
    {
        var (issuer, jti, session, user, all) = body.Value;
        string[] named = [.. new[] { jti, session, user, all is null ? null : "all" }.OfType<string>()];
        if (named.Length != 1 || named[0].Length is 0 or > MostCharacters || named[0].Any(char.IsControl) || all is false)
            return Problems.InvalidRequest(Rule);

        var trusted = issuers.Current.Trusted.FirstOrDefault(t => t.Name == issuer)?.Trusted;
        if (issuer is not null && trusted is null && issuer != issuers.Own.Name)
            return Problems.InvalidRequest("No issuer of that name is trusted here. Write it exactly as in Gateway:Tokens:TrustedIssuers, or leave it out for our own tokens.");

        var id = trusted is null && user is not null ? await users.FindIdAsync(user, ct) : user;
        if (user is not null && id is null)
            return Problems.InvalidRequest("There is no such user. Write the id (the sub of the token) or the user name.");

        if (trusted is not null)
        {
            var kind = jti is not null ? RevocationKind.Token : session is not null ? RevocationKind.Session : user is not null ? RevocationKind.User : RevocationKind.Issuer;
            await WriteAsync(() => log.Foreign(db, trusted, kind, all is null ? named[0] : ""));
        }
        else if (jti is not null)
            await WriteAsync(() => log.Token(db, jti));
        else if (id is not null)
            await transactions.WriteAsync(db, () => sessions.EndAllAsync(db, id, disabled: null, ct), ct);
        else
            await EndAsync(session is not null ? [session] : await SessionStore.AllAsync(db, ct));
        return await http.NoContentOrAppliedAsync(db, ct);

        Task WriteAsync(Action write) => transactions.WriteAsync(db, () =>
        {
            write();
            return Task.CompletedTask;
        }, ct);

        // In pieces: as one, it would have to win against everybody who is refreshing meanwhile.
        async Task EndAsync(List<string> ids)
        {
            var isAnnounced = true;
            foreach (var some in ids.Chunk(EndedAtOnce))
            {
                await transactions.WriteAsync(db, () => sessions.EndAsync(db, some, ct), ct);
                isAnnounced &= db.Announced is not null;
            }

            if (!isAnnounced)
                db.Announced = null;
        }
    }
}

/// <param name="Issuer">The exact <c>iss</c>; absent: our own.</param>
/// <param name="Jti">One token.</param>
/// <param name="Session">One session, the <c>sid</c>.</param>
/// <param name="User">Everything of one user, by <c>sub</c>; of ours also by user name.</param>
/// <param name="All">Everything of that issuer, issued until now.</param>
public sealed record RevocationRequest(string? Issuer = null, string? Jti = null, string? Session = null, string? User = null, bool? All = null);
