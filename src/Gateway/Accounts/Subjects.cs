using Gateway.Platform.Database;
using Gateway.Sessions;
using Microsoft.EntityFrameworkCore;

namespace Gateway.Accounts;

/// <summary>What is a session told of its user?</summary>
internal static class Subjects
{
    public static Subject Of(User user) => new(
        user.Id, user.UserName!, user.Email, user.EmailConfirmed, user.Roles, user.Version, user.DisabledAt is not null, user.SecurityStamp!);

    public static async Task<Subject?> ReadAsync(GatewayDatabase db, string userId, CancellationToken ct) =>
        await db.Set<User>().AsNoTracking().FirstOrDefaultAsync(u => u.Id == userId, ct) is { } user ? Of(user) : null;

    public static async Task<int> RaiseVersionAsync(GatewayDatabase db, string userId, CancellationToken ct)
    {
        await db.Set<User>().Where(u => u.Id == userId).ExecuteUpdateAsync(u => u.SetProperty(x => x.Version, x => x.Version + 1), ct);
        return await db.Set<User>().Where(u => u.Id == userId).Select(u => u.Version).SingleAsync(ct);
    }
}
