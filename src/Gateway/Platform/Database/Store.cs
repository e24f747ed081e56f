using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;

namespace Gateway.Platform.Database;

/// <summary>Where is the truth kept? What differs between the two that EF Core does not hide.</summary>
internal abstract class Store
{
    /// <summary>For messages: the file, or the database and its host.</summary>
    public abstract string Name { get; }

    /// <summary>More than one process may serve it: replicas must tell each other what they do.</summary>
    public abstract bool IsShared { get; }

    /// <summary>False once it was removed or replaced under a running gateway.</summary>
    public abstract bool IsInPlace { get; }

    public abstract void Configure(DbContextOptionsBuilder builder);

    public abstract GatewayDatabase Connect(DbContextOptions options);

    // Opening: one process at a time makes the database, and what goes with it.

    /// <summary>Where a Secret is made that the operator has not provided; null: the operator must.</summary>
    public abstract string? OwnSecretFile { get; }

    public abstract bool IsHeld { get; }

    /// <summary>Keeps every other gateway from opening it until it is released, or this process dies.</summary>
    /// <returns>False while another process holds it.</returns>
    /// <exception cref="StartRefusedException">Nobody does, but it cannot be held.</exception>
    public abstract Task<bool> TryHoldAsync(CancellationToken ct);

    public abstract Task ReleaseAsync();

    /// <summary>Is it ours, and whole? What is there is left as it was.</summary>
    /// <param name="ownSecret">The Secret that the gateway makes by itself once the database is made; null where an operator provides one.</param>
    /// <exception cref="StartRefusedException">It is something else, damaged, or gone.</exception>
    public abstract void Claim(string? ownSecret);

    /// <summary>Only for who holds it.</summary>
    public abstract Task MigrateAsync(GatewayDatabase db, CancellationToken ct);

    // Writing.

    /// <summary>How many may write at once within this process.</summary>
    public abstract int Writers { get; }

    /// <summary>What is read in it is still so when it is committed.</summary>
    /// <param name="db">Whose transaction it is.</param>
    /// <param name="left">How long its caller still waits.</param>
    /// <param name="ct">Gives up.</param>
    public abstract Task<IDbContextTransaction> BeginAsync(GatewayDatabase db, TimeSpan left, CancellationToken ct);

    /// <summary>All of it was rolled back because of what somebody else wrote meanwhile: it may well succeed the next time.</summary>
    public abstract bool IsLostRace(Exception e);

    /// <summary>The way there broke: what was not committed is rolled back, of a commit under way nobody knows.</summary>
    public abstract bool IsBrokenConnection(Exception e);

    public abstract bool IsUniqueViolation(DbUpdateException e);

    // Reading what is new.

    /// <summary>For <see cref="Sql"/>, to read: what must be on the disk before it is acknowledged is written by EF.</summary>
    public abstract Task<DbConnection> OpenAsync(CancellationToken ct);

    /// <summary>Every migration of this version, by its id: a database that has them needs not be opened by EF.</summary>
    public abstract IReadOnlyList<string> Migrations { get; }

    /// <summary>Where a reader of that table stands who then reads what is there <see cref="Since"/> an earlier mark: nothing that is committed is missed between two marks.</summary>
    public abstract Task<long> MarkAsync(DbConnection connection, string table);

    /// <summary>The condition for everything that may have become visible since that mark was taken, perhaps a little more; 0: everything.</summary>
    public abstract string Since(long mark);

    /// <summary>The next number of a counter that all replicas share, whatever becomes of the transaction; and the clock of the store, in Unix milliseconds.</summary>
    /// <remarks>Whoever reads after drawing a number sees everything that was committed before any lower number was drawn.</remarks>
    public abstract Task<Drawn> DrawAsync(DbConnection connection, CancellationToken ct);
}

/// <param name="Number">Of the counter.</param>
/// <param name="Now">By the store's clock.</param>
internal sealed record Drawn(long Number, long Now);
