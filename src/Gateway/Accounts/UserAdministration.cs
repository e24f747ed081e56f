using Gateway.Platform;
using Gateway.Platform.Database;
using Gateway.Sessions;
using Microsoft.EntityFrameworkCore;

namespace Gateway.Accounts;

/// <summary>What an operator may do to an account. What it revokes reaches running gateways through the database.</summary>
internal sealed class UserAdministration(GatewayDatabase db, Passwords passwords, Transactions transactions, SessionStore sessions, TimeProvider clock)
{
    /// <param name="Roles">These replace all; null: they stay.</param>
    /// <param name="NoRoles">These are taken away.</param>
    /// <param name="Email">Counts as verified: the operator vouches for it. Empty: none any more.</param>
    /// <param name="Password">Ends every session.</param>
    /// <param name="Enable">Lets a disabled account in again.</param>
    internal sealed record Change(string[]? Roles, string[] NoRoles, string? Email, string? Password, bool Enable);

    public Task<List<User>> ListAsync(CancellationToken ct) => db.Set<User>().AsNoTracking().OrderBy(u => u.UserName).ToListAsync(ct);

    public async Task<User?> FindAsync(string name, CancellationToken ct) =>
        Names.CanonicalUsername(name) is { } username ? await db.Set<User>().AsNoTracking().FirstOrDefaultAsync(u => u.NormalizedUserName == username, ct) : null;

    /// <param name="name">An id, or a user name.</param>
    /// <param name="ct">Gives up.</param>
    public async Task<string?> FindIdAsync(string name, CancellationToken ct) =>
        await db.Set<User>().AnyAsync(u => u.Id == name, ct) ? name : (await FindAsync(name, ct))?.Id;

    /// <returns>Null: done.</returns>
    public async Task<Problem?> SetAsync(User user, Change change, CancellationToken ct)
    {
        string? hash = null;
        if (change.Password is { } password)
        {
            if (passwords.Judge(password, user.UserName!) is { } weak)
                return weak;
            if ((hash = await passwords.HashAsync(password, ct)) is null)
                return Problems.Busy;
        }

        try
        {
            await transactions.WriteAsync(db, () => ApplyAsync(user.Id, change, hash, ct), ct);
            return null;
        }
        catch (DbUpdateException e) when (transactions.IsUniqueViolation(e))
        {
            return Problems.UsernameTaken;
        }
    }

    private async Task ApplyAsync(string id, Change change, string? hash, CancellationToken ct)
    {
        var user = await db.Set<User>().SingleAsync(u => u.Id == id, ct);
        user.Roles = [.. (change.Roles ?? user.Roles).Except(change.NoRoles)];
        if (change.Email is { } email)
        {
            (user.Email, user.EmailConfirmed) = email.Length == 0 ? (null, false) : (Names.CanonicalEmail(email), true);
            user.NormalizedEmail = user.Email;
        }

        if (change.Enable)
            user.DisabledAt = null;
        if (hash is not null)
            (user.PasswordHash, user.SecurityStamp) = (hash, Guid.NewGuid().ToString("N"));
        await db.SaveChangesAsync(ct);

        if (hash is not null)
            await sessions.EndAllAsync(db, id, user.DisabledAt is not null, ct);
        else if (user.DisabledAt is null)
            await sessions.OutdateAsync(db, id, ct);
    }

    public async Task DisableAsync(User user, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        await transactions.WriteAsync(db, async () =>
        {
            await db.Set<User>().Where(u => u.Id == user.Id).ExecuteUpdateAsync(u => u.SetProperty(x => x.DisabledAt, now), ct);
            await sessions.EndAllAsync(db, user.Id, disabled: true, ct);
        }, ct);
    }
}
