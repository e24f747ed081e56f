using Gateway.Platform;
using Gateway.Platform.Database;
using Gateway.Sessions;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;

namespace Gateway.Accounts;

/// <summary>A new password for who knows the old one; every other session ends.</summary>
internal sealed class PasswordChange(
    GatewayDatabase db, PasswordTries tries, Passwords passwords, Transactions transactions, SessionStore sessions)
{
    /// <returns>Null: done.</returns>
    public async Task<Problem?> ChangeAsync(string userId, string keepSession, string current, string next, CancellationToken ct)
    {
        if (await db.Set<User>().AsNoTracking().FirstOrDefaultAsync(u => u.Id == userId, ct) is not { } user)
            return Problems.SessionEnded;
        if (passwords.Judge(next, user.UserName!) is { } weak)
            return weak;

        var turn = await tries.TakeForChangeAsync(keepSession);
        if (!turn.IsGranted)
            return turn.Refusal;

        switch (await tries.VerifyAsync(turn, user, current, ct))
        {
            case null:
                return passwords.Busy;
            case PasswordVerificationResult.Failed:
                return Problems.InvalidCredentials;
        }

        await tries.GiveBackAsync(turn);
        if (await passwords.HashAsync(next, ct) is not { } hash)
            return passwords.Busy;

        var changed = await transactions.WriteAsync(db, async () =>
        {
            if (!await SetAsync(db, user, hash, ct))
                return false;
            await sessions.EndOthersAsync(db, userId, keepSession, ct);
            return true;
        }, ct);
        return changed ? null : Problems.InvalidCredentials;      // another change was quicker
    }

    /// <summary>In the caller's transaction. The new stamp keeps out logins that are under way with the old password.</summary>
    public static async Task<bool> SetAsync(GatewayDatabase db, User user, string hash, CancellationToken ct)
    {
        var stamp = Guid.NewGuid().ToString("N");
        return await db.Set<User>().Where(u => u.Id == user.Id && u.SecurityStamp == user.SecurityStamp)
            .ExecuteUpdateAsync(u => u.SetProperty(x => x.PasswordHash, hash).SetProperty(x => x.SecurityStamp, stamp), ct) == 1;
    }
}
