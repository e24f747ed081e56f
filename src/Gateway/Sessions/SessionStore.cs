using System.Security.Cryptography;
using System.Text;
using Gateway.Platform;
using Gateway.Platform.Database;
using Gateway.Tokens;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.EntityFrameworkCore;

namespace Gateway.Sessions;

/// <summary>Where sessions begin, are found and end. Every method works in the caller's context, most in the caller's transaction.</summary>
internal sealed class SessionStore(
    ReadSubject readSubject, RaiseVersion raiseVersion, RevocationLog revocations, AccessTokenIssuer tokens,
    Secrets secrets, SessionOptions options, TimeProvider clock)
{
    /// <summary>A session that has begun, and what the client is given: tokens, or a cookie.</summary>
    internal sealed record Started(Session Session, Subject Subject, string? AccessToken, string? RefreshToken, string? Cookie);

    /// <summary>Begins a session in the caller's transaction; one session too many ends the one idle longest.</summary>
    /// <param name="db">The caller's context, with a transaction begun.</param>
    /// <param name="proven">The user as it was when it proved itself: if the account was disabled or its password changed since, there is no session.</param>
    /// <param name="login">How, and where from.</param>
    /// <param name="ct">Gives up.</param>
    public async Task<Started?> StartAsync(GatewayDatabase db, Subject proven, LoginContext login, CancellationToken ct)
    {
        if (await readSubject(db, proven.Id, ct) is not { IsDisabled: false } subject || subject.Stamp != proven.Stamp)
            return null;

        var now = clock.GetUtcNow();
        await EndExcessAsync(db, subject.Id, now, ct);

        var refresh = login.WantsCookie ? (RefreshToken?)null : RefreshToken.Create(secrets.Current);
        var cookie = login.WantsCookie ? WebEncoders.Base64UrlEncode(RandomNumberGenerator.GetBytes(32)) : null;
        var session = new Session
        {
            Id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)),
            UserId = subject.Id,
            CreatedAt = now,
            LastSeenAt = now,
            IdleExpiresAt = now + options.IdleLifetime,
            ExpiresAt = now + options.AbsoluteLifetime,
            Method = login.Method,
            Ip = login.Ip,
            UserAgent = login.UserAgent,
            CookieHash = cookie is null ? null : HashCookie(cookie),
            Selector = refresh?.Selector,
            CurrentHash = refresh?.Hash,
        };
        db.Add(session);
        return new(session, subject, cookie is null ? tokens.Issue(Claims(session, subject)) : null, refresh?.ToString(), cookie);
    }

    public async Task<(Session, Subject)?> FindByCookieAsync(GatewayDatabase db, string cookie, CancellationToken ct)
    {
        var hash = HashCookie(cookie);
        var session = await db.Set<Session>().AsNoTracking().FirstOrDefaultAsync(s => s.CookieHash == hash, ct);
        if (session?.IsAlive(clock.GetUtcNow()) is not true)
            return session is not null && await readSubject(db, session.UserId, ct) is { IsDisabled: true } disabled ? (session, disabled) : null;

        return await readSubject(db, session.UserId, ct) is { } subject ? (session, subject) : null;
    }

    /// <summary>Whose the request's cookie was, though its session has ended; null: nobody's.</summary>
    public static async Task<string?> OwnerOfAsync(GatewayDatabase db, HttpRequest request, CancellationToken ct)
    {
        if (!Credentials.TryRead(request, CredentialKind.Cookie, out var credential) || credential.IsNone)
            return null;

        var hash = HashCookie(credential.Value.ToString());
        return await db.Set<Session>().Where(s => s.CookieHash == hash).Select(s => s.UserId).FirstOrDefaultAsync(ct);
    }

    public Task<List<Session>> ListAsync(GatewayDatabase db, string userId, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        return Alive(db, now).AsNoTracking().Where(s => s.UserId == userId).OrderByDescending(s => s.LastSeenAt).ToListAsync(ct);
    }

    /// <returns>False: this user has no such session, or it was ended before.</returns>
    public async Task<bool> EndAsync(GatewayDatabase db, string userId, string sessionId, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var rows = await Unended(db).Where(s => s.Id == sessionId && s.UserId == userId)
            .ExecuteUpdateAsync(s => s.SetProperty(x => x.EndedAt, now), ct);
        if (rows == 1)
            revocations.Session(db, sessionId);
        return rows == 1;
    }

    /// <summary>Ends every session of the user but one.</summary>
    public async Task EndOthersAsync(GatewayDatabase db, string userId, string keep, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var ids = await Unended(db).Where(s => s.UserId == userId && s.Id != keep).Select(s => s.Id).ToListAsync(ct);
        await db.Set<Session>().Where(s => ids.Contains(s.Id)).ExecuteUpdateAsync(s => s.SetProperty(x => x.EndedAt, now), ct);
        ids.ForEach(id => revocations.Session(db, id));
    }

    /// <summary>Ends every session of the user, and puts every token of theirs out of date.</summary>
    /// <param name="db">The caller's context, with a transaction begun.</param>
    /// <param name="userId">The <c>sub</c>.</param>
    /// <param name="disabled">Because the account was disabled; null: ask.</param>
    /// <param name="ct">Gives up.</param>
    public async Task EndAllAsync(GatewayDatabase db, string userId, bool? disabled, CancellationToken ct)
    {
        await EndOthersAsync(db, userId, keep: "", ct);
        revocations.User(db, userId, await raiseVersion(db, userId, ct), disabled ?? (await readSubject(db, userId, ct))?.IsDisabled is true);
    }

    /// <summary>Ends these sessions, whoever's they are; their tokens are revoked though one may have ended already, or be unknown here.</summary>
    public async Task EndAsync(GatewayDatabase db, IReadOnlyCollection<string> sessionIds, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        await Unended(db).Where(s => sessionIds.Contains(s.Id)).ExecuteUpdateAsync(s => s.SetProperty(x => x.EndedAt, now), ct);
        foreach (var id in sessionIds)
            revocations.Session(db, id);
    }

    /// <summary>Every session that nobody has ended.</summary>
    public static Task<List<string>> AllAsync(GatewayDatabase db, CancellationToken ct) =>
        Unended(db).OrderBy(s => s.Id).Select(s => s.Id).ToListAsync(ct);

    /// <summary>Puts what was said of the user out of date; sessions stay, a refresh brings the news.</summary>
    public async Task OutdateAsync(GatewayDatabase db, string userId, CancellationToken ct) =>
        revocations.User(db, userId, await raiseVersion(db, userId, ct), disabled: false);

    public static AccessClaims Claims(Session session, Subject subject) => new(
        subject.Id, subject.Username, subject.Email, subject.EmailVerified, subject.Roles, subject.Version,
        session.Id, session.Generation, session.CreatedAt, session.Method, session.EndsAt);

    private async Task EndExcessAsync(GatewayDatabase db, string userId, DateTimeOffset now, CancellationToken ct)
    {
        var excess = await Alive(db, now).Where(s => s.UserId == userId).OrderByDescending(s => s.LastSeenAt)
            .Skip(options.MaxPerUser - 1).Select(s => s.Id).ToListAsync(ct);
        foreach (var id in excess)
            await EndAsync(db, userId, id, ct);
    }

    private static IQueryable<Session> Alive(GatewayDatabase db, DateTimeOffset now) =>
        db.Set<Session>().Where(s => s.EndedAt == null && s.ExpiresAt > now && s.IdleExpiresAt > now);

    // What is to end is not asked whether it has idled out: its last use may not be written yet, and would bring it back.
    private static IQueryable<Session> Unended(GatewayDatabase db) => db.Set<Session>().Where(s => s.EndedAt == null);

    // 256 random bits need no salt and no slow hash.
    private static byte[] HashCookie(string cookie) => SHA256.HashData(Encoding.UTF8.GetBytes(cookie));
}

/// <summary>How and from where somebody logs in.</summary>
internal sealed record LoginContext(string Method, bool WantsCookie, string? Ip, string? UserAgent)
{
    public const string Password = "pwd";      // RFC 8176

    public static LoginContext From(HttpContext http, bool wantsCookie) => new(
        Password, wantsCookie, http.Connection.RemoteIpAddress?.ToString(), Cut(http.Request.Headers.UserAgent.ToString()));

    private static string? Cut(string text) => text.Length == 0 ? null : text.Length > 256 ? text[..256] : text;
}
