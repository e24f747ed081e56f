using Gateway.Platform;
using Gateway.Platform.Database;
using Gateway.Sessions;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;

namespace Gateway.Accounts;

/// <summary>Is this somebody with an account here? Unknown, wrong and disabled get one answer, after equal work.</summary>
internal sealed class SignIn(
    GatewayDatabase db, PasswordTries tries, Passwords passwords, Transactions transactions, SessionStore sessions)
{
    public async Task<(SessionStore.Started? Started, Problem? Refusal)> SignInAsync(string name, string password, LoginContext login, CancellationToken ct)
    {
        // Before anything that costs: a flood is turned away at the door, whomever it names.
        if (!passwords.HasRoom())
            return (null, passwords.Busy);

        var user = await FindAsync(name, ct);
        var turn = await tries.TakeForLoginAsync(name, user, login, ct);
        if (!turn.IsGranted)
            return (null, turn.Refusal);

        var result = await tries.VerifyAsync(turn, user, password, ct);
        if (result is null)
            return (null, passwords.Busy);
        if (result is PasswordVerificationResult.Failed || user!.DisabledAt is not null)
            return (null, Problems.InvalidCredentials);      // a disabled account looks like a wrong password, takes as long and costs like one

        var isRefused = false;
        try
        {
            if (result is PasswordVerificationResult.SuccessRehashNeeded)
                await RenewAsync(user, password, ct);

            var started = await transactions.WriteAsync(db, () => sessions.StartAsync(db, Subjects.Of(user), login, ct), ct);
            isRefused = started is null;
            return isRefused ? (null, Problems.InvalidCredentials) : (started, null);
        }
        finally
        {
            // Who was disabled, or has another password, since then as well. Trouble of ours costs nobody a try.
            if (!isRefused)
                await tries.GiveBackAsync(turn);
        }
    }

    private Task<User?> FindAsync(string name, CancellationToken ct)
    {
        var users = db.Set<User>().AsNoTracking();
        if (Names.CanonicalUsername(name) is { } username)
            return users.FirstOrDefaultAsync(u => u.NormalizedUserName == username, ct);
        if (Names.CanonicalEmail(name) is { } email)
            return users.FirstOrDefaultAsync(u => u.NormalizedEmail == email && u.EmailConfirmed, ct);
        return Task.FromResult<User?>(null);
    }

    /// <summary>The hash is plain BCrypt, of another work factor, or keyed by an earlier Secret: now is the moment to make it anew.</summary>
    private async Task RenewAsync(User user, string password, CancellationToken ct)
    {
        if (await passwords.HashAsync(password, ct) is not { } hash)
            return;      // too busy; the next login renews it

        await transactions.WriteAsync(db, () => db.Set<User>()
            .Where(u => u.Id == user.Id && u.PasswordHash == user.PasswordHash)
            .ExecuteUpdateAsync(u => u.SetProperty(x => x.PasswordHash, hash), ct), ct);
    }
}
