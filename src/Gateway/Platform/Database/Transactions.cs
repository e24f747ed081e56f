using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace Gateway.Platform.Database;

/// <summary>What is done with what was written, once it is committed and before anybody is answered. It must not throw.</summary>
internal delegate Task AfterCommit(GatewayDatabase db, IReadOnlyList<object> written);

/// <summary>How is something written, all of it or nothing?</summary>
/// <remarks>
/// One writer at a time within the process: SQLite has one anyway, and waiting here is fair and wakes at once, where waiting for
/// its lock sleeps a thread of the pool. So at most one thread waits for another program that holds the lock, and not for long:
/// who asks is told that it is our trouble, instead of waiting behind others who wait.
/// </remarks>
internal sealed class Transactions(AfterCommit afterCommit, TimeProvider clock) : IDisposable
{
    /// <summary>How long another program's lock is waited for.</summary>
    public static readonly TimeSpan LockPatience = TimeSpan.FromSeconds(3);

    /// <summary>How long somebody waits to write, for the writers before and for that lock together.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly SemaphoreSlim writer = new(1);

    /// <summary>Runs <paramref name="work"/> in a transaction of <paramref name="db"/> and commits; an exception rolls all of it back.</summary>
    /// <remarks>It begins IMMEDIATE, as SQLite's driver does by default: what was read in it is still so when it writes.</remarks>
    public async Task<T> WriteAsync<T>(GatewayDatabase db, Func<Task<T>> work, CancellationToken ct)
    {
        var asked = clock.GetTimestamp();
        if (!await writer.WaitAsync(Patience, ct))
            throw new TimeoutException("Too many wait to write to the database.");

        T result;
        object[] written;
        try
        {
            LimitWait(db, Patience - clock.GetElapsedTime(asked));
            await using var transaction = await db.Database.BeginTransactionAsync(ct);
            result = await work();
            await db.SaveChangesAsync(ct);
            written = [.. db.ChangeTracker.Entries().Select(entry => entry.Entity)];

            // Once the commit has begun it is not given up: the caller must be told what the disk says.
            await transaction.CommitAsync(CancellationToken.None);
        }
        finally
        {
            db.ChangeTracker.Clear();
            writer.Release();
        }

        await afterCommit(db, written);
        return result;
    }

    public Task WriteAsync(GatewayDatabase db, Func<Task> work, CancellationToken ct) =>
        WriteAsync(db, async () =>
        {
            await work();
            return true;
        }, ct);

    private static void LimitWait(GatewayDatabase db, TimeSpan left)
    {
        if (db.Database.GetDbConnection() is SqliteConnection connection)
            connection.DefaultTimeout = (int)Math.Clamp(Math.Ceiling(left.TotalSeconds), 1, LockPatience.TotalSeconds);
    }

    public void Dispose() => writer.Dispose();

    public static bool IsUniqueViolation(DbUpdateException e) =>
        e.InnerException is SqliteException { SqliteExtendedErrorCode: SQLitePCL.raw.SQLITE_CONSTRAINT_UNIQUE or SQLitePCL.raw.SQLITE_CONSTRAINT_PRIMARYKEY };
}
