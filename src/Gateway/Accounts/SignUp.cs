using Gateway.Platform;
using Gateway.Platform.Database;
using Gateway.Platform.Throttles;
using Gateway.Sessions;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;

namespace Gateway.Accounts;

/// <summary>May this account be made, and with it its first session?</summary>
internal sealed class SignUp(
    GatewayDatabase db, UserManager<User> users, Passwords passwords, Transactions transactions, SessionStore sessions,
    AccountOptions options, Throttle throttle, TimeProvider clock)
{
    /// <summary>One address. Each costs a password hash, and what it is told of names that are taken is worth asking for. Many, so that a class or a company can sign up in one go.</summary>
    private static Allowance Address(string network) => new($"signup|{network}", 1000, TimeSpan.FromSeconds(1));

    public async Task<(SessionStore.Started? Started, Problem? Refusal)> SignUpAsync(
        string name, string password, string? email, LoginContext login, CancellationToken ct)
    {
        if (options.Signup is SignupMode.Closed)
            return (null, Problems.SignupClosed);

        var turn = await throttle.TakeAsync(Address(Networks.Of(login.Ip)));
        if (!turn.IsGranted)
            return (null, turn.Refusal);

        var (user, refusal) = await PrepareAsync(name, password, email, ct);
        if (refusal is not null)
        {
            if (refusal.Status is StatusCodes.Status400BadRequest or StatusCodes.Status503ServiceUnavailable)
                await throttle.GiveBackAsync(turn);      // nothing was hashed, and nothing told
            return (null, refusal);
        }

        user!.Roles = options.DefaultRoles;
        return await CreateAsync(() => transactions.WriteAsync(db, async () =>
        {
            await InsertAsync(user);
            return await sessions.StartAsync(db, Subjects.Of(user), login, ct);
        }, ct));
    }

    /// <summary>For the operator: no session, any role, and the address counts as verified.</summary>
    public async Task<(User? User, Problem? Refusal)> AddAsync(string name, string password, string? email, string[]? roles, CancellationToken ct)
    {
        var (user, refusal) = await PrepareAsync(name, password, email, ct);
        if (refusal is not null)
            return (null, refusal);

        user!.Roles = roles ?? options.DefaultRoles;
        user.EmailConfirmed = user.Email is not null;
        return await CreateAsync(async () =>
        {
            await transactions.WriteAsync(db, () => InsertAsync(user), ct);
            return user;
        });
    }

    // Everything that can be refused without the slow work is refused before it.
    private async Task<(User?, Problem?)> PrepareAsync(string name, string password, string? email, CancellationToken ct)
    {
        if (Names.CanonicalUsername(name) is not { } username)
            return (null, Problems.InvalidRequest(Names.UsernameRule));
        var address = email is null ? null : Names.CanonicalEmail(email);
        if (email is not null && address is null)
            return (null, Problems.InvalidRequest(Names.EmailRule));
        if (passwords.Judge(password, username) is { } weak)
            return (null, weak);
        if (!passwords.HasRoom())
            return (null, passwords.Busy);
        if (await db.Set<User>().AnyAsync(u => u.NormalizedUserName == username || (address != null && u.NormalizedEmail == address), ct))
            return (null, Problems.UsernameTaken);
        if (await passwords.HashAsync(password, ct) is not { } hash)
            return (null, passwords.Busy);

        return (new User { UserName = username, Email = address, PasswordHash = hash, CreatedAt = clock.GetUtcNow() }, null);
    }

    private async Task InsertAsync(User user)
    {
        var result = await users.CreateAsync(user);
        if (!result.Succeeded)
            throw new TakenException();
    }

    // Two may pass the first look at once; the unique index lets one in.
    private async Task<(T?, Problem?)> CreateAsync<T>(Func<Task<T>> create)
    {
        try
        {
            return (await create(), null);
        }
        catch (Exception e) when (e is TakenException || (e is DbUpdateException update && transactions.IsUniqueViolation(update)))
        {
            return (default, Problems.UsernameTaken);
        }
    }

    private sealed class TakenException : Exception;
}
