using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace Gateway.Platform.Database;

/// <summary>How is something written, all of it or nothing?</summary>
/// <remarks>
/// One writer at a time within the process: SQLite has one anyway, and waiting here is fair and wakes at once, where its busy
/// handler sleeps a thread of the pool.
/// </remarks>
internal sealed class Transactions : IDisposable
{
    private readonly SemaphoreSlim writer = new(1);

    /// <summary>Runs <paramref name="work"/> in a transaction of <paramref name="db"/> and commits; an exception rolls all of it back.</summary>
    public async Task<T> WriteAsync<T>(GatewayDatabase db, Func<Task<T>> work, CancellationToken ct)
    {
        await writer.WaitAsync(ct);
        try
        {
            await using var transaction = await db.Database.BeginTransactionAsync(ct);
            var result = await work();
            await db.SaveChangesAsync(ct);

            // Once the commit has begun it is not given up: the caller must be told what the disk says.
            await transaction.CommitAsync(CancellationToken.None);
            return result;
        }
        finally
        {
            db.ChangeTracker.Clear();
            writer.Release();
        }
    }

    public Task WriteAsync(GatewayDatabase db, Func<Task> work, CancellationToken ct) =>
        WriteAsync(db, async () =>
        {
            await work();
            return true;
        }, ct);

    public void Dispose() => writer.Dispose();

    public static bool IsUniqueViolation(DbUpdateException e) =>
        e.InnerException is SqliteException { SqliteExtendedErrorCode: SQLitePCL.raw.SQLITE_CONSTRAINT_UNIQUE or SQLitePCL.raw.SQLITE_CONSTRAINT_PRIMARYKEY };
}
