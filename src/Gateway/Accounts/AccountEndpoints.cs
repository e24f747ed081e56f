using Gateway.Platform;
using Gateway.Platform.Database;
using Gateway.Sessions;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Mvc;

namespace Gateway.Accounts;

/// <summary>Sign up, log in, who am I, change the password.</summary>
internal static class AccountEndpoints
{
    public static void MapAccounts(this IEndpointRouteBuilder routes, string path)
    {
        var auth = routes.MapGroup(path).WithTags("Accounts");
        var instruments = routes.ServiceProvider.GetRequiredService<AccountInstruments>();

        auth.MapPost("/signup", Signup).AddEndpointFilter(instruments.Signups);
        auth.MapPost("/login", Login).AddEndpointFilter(instruments.Logins);
        auth.MapGet("/me", Me).WithMetadata(SignedIn.Required);
        auth.MapPost("/password", ChangePassword).WithMetadata(SignedIn.Required);
    }

    private static async Task<IResult> Signup(
        JsonBody<SignupRequest> body, HttpContext http, [FromServices] SignUp signUp, [FromServices] GatewayOptions gateway,
        [FromServices] SessionResponses responses, CancellationToken ct)
    {
        var (username, password, email, cookie) = body.Value;
        if (cookie && !SessionCookie.IsPossible(http.Request, gateway))
            return SessionCookie.NeedsTls;

        var (started, refusal) = await signUp.SignUpAsync(username, password, email, LoginContext.From(http, cookie), ct);
        return refusal is not null ? refusal : TypedResults.Created(gateway.Path + "/me", responses.Hand(http, started!));
    }

    private static async Task<IResult> Login(
        JsonBody<LoginRequest> body, HttpContext http, [FromServices] SignIn signIn, [FromServices] GatewayOptions gateway,
        [FromServices] SessionResponses responses, CancellationToken ct)
    {
        var (username, password, cookie) = body.Value;
        if (cookie && !SessionCookie.IsPossible(http.Request, gateway))
            return SessionCookie.NeedsTls;

        var (started, refusal) = await signIn.SignInAsync(username, password, LoginContext.From(http, cookie), ct);
        return refusal is not null ? refusal : TypedResults.Ok(responses.Hand(http, started!));
    }

    private static async Task<IResult> Me(
        HttpContext http, [FromServices] SessionStore sessions, [FromServices] GatewayDatabase db, [FromServices] TimeProvider clock, CancellationToken ct)
    {
        var identity = http.Features.GetRequiredFeature<Identity>();
        var subject = await Subjects.ReadAsync(db, identity.Claims.Subject, ct);
        var session = (await sessions.ListAsync(db, identity.Claims.Subject, ct)).FirstOrDefault(s => s.Id == identity.Claims.SessionId);
        if (subject is null || session is null)
            return Problems.SessionEnded;

        var expires = identity.Kind is CredentialKind.Cookie ? session.EndsAt : DateTimeOffset.FromUnixTimeSeconds(identity.Claims.ExpiresAt);
        return TypedResults.Ok(new MeResponse(
            SessionResponses.For(subject), subject.Roles,
            new(session.Id, true, session.CreatedAt, session.LastSeenAt, session.Ip, session.UserAgent),
            Math.Max(0, (long)(expires - clock.GetUtcNow()).TotalSeconds)));
    }

    private static async Task<IResult> ChangePassword(
        JsonBody<PasswordRequest> body, HttpContext http, [FromServices] PasswordChange change, [FromServices] GatewayDatabase db, CancellationToken ct)
    {
        var identity = http.Features.GetRequiredFeature<Identity>();
        var (current, next) = body.Value;
        return await change.ChangeAsync(identity.Claims.Subject, identity.Claims.SessionId!, current, next, ct) is { } refusal
            ? refusal
            : await http.NoContentOrAppliedAsync(db, ct);
    }
}

public sealed record SignupRequest(string Username, string Password, string? Email = null, bool Cookie = false);

public sealed record LoginRequest(string Username, string Password, bool Cookie = false);

public sealed record PasswordRequest(string CurrentPassword, string NewPassword);

public sealed record MeResponse(UserResponse User, IReadOnlyList<string> Roles, SessionEntry Session, long ExpiresIn);
