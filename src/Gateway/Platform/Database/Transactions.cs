using Microsoft.EntityFrameworkCore;

namespace Gateway.Platform.Database;

/// <summary>What is done with what was written, once it is committed and before anybody is answered. It must not throw.</summary>
internal delegate Task AfterCommit(GatewayDatabase db, IReadOnlyList<object> written);

/// <summary>How is something written, all of it or nothing?</summary>
/// <remarks>
/// Few write at once within the process, and on SQLite one: it has one writer anyway, and waiting here is fair and wakes at once,
/// where waiting for its lock sleeps a thread of the pool. Nobody waits long: who asks is told that it is our trouble, instead of
/// waiting behind others who wait.
/// </remarks>
internal sealed class Transactions(Store store, AfterCommit afterCommit, TimeProvider clock) : IDisposable
{
    /// <summary>How long a lock that somebody else holds is waited for.</summary>
    public static readonly TimeSpan LockPatience = TimeSpan.FromSeconds(3);

    /// <summary>How long somebody waits to write, for the writers before, for that lock and for further tries together.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private const int MaxPauseMilliseconds = 20;

    private readonly SemaphoreSlim writers = new(store.Writers);

    /// <summary>Runs <paramref name="work"/> in a transaction of <paramref name="db"/> and commits; an exception rolls all of it back.</summary>
    /// <param name="db">The context that <paramref name="work"/> reads and writes with.</param>
    /// <param name="work">Run again where somebody else was quicker: what it leaves outside the database must be the last run's alone.</param>
    /// <param name="ct">Gives up.</param>
    public async Task<T> WriteAsync<T>(GatewayDatabase db, Func<Task<T>> work, CancellationToken ct)
    {
        var asked = clock.GetTimestamp();
        if (!await writers.WaitAsync(Patience, ct))
            throw new TimeoutException("Too many wait to write to the database.");

        T result;
        object[] written;
        try
        {
            result = await CommitAsync(db, work, asked, ct);
            written = [.. db.ChangeTracker.Entries().Select(entry => entry.Entity)];
        }
        finally
        {
            db.ChangeTracker.Clear();
            writers.Release();
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

    public bool IsUniqueViolation(DbUpdateException e) => store.IsUniqueViolation(e);

    private async Task<T> CommitAsync<T>(GatewayDatabase db, Func<Task<T>> work, long asked, CancellationToken ct)
    {
        for (var tries = 1; ; tries++)
        {
            var committing = false;
            try
            {
                await using var transaction = await store.BeginAsync(db, Patience - clock.GetElapsedTime(asked), ct);
                var result = await work();
                await db.SaveChangesAsync(ct);

                // Once the commit has begun it is not given up: the caller must be told what the disk says.
                committing = true;
                await transaction.CommitAsync(CancellationToken.None);
                return result;
            }
            // A connection of the pool may have broken long ago. A commit whose answer was lost is never sent twice.
            catch (Exception e) when (clock.GetElapsedTime(asked) < Patience && (store.IsLostRace(e) || (tries == 1 && !committing && store.IsBrokenConnection(e))))
            {
                db.ChangeTracker.Clear();
                await Task.Delay(Random.Shared.Next(MaxPauseMilliseconds), ct);      // those who met must not meet again
            }
        }
    }

    public void Dispose() => writers.Dispose();
}
