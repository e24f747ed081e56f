using Microsoft.EntityFrameworkCore;

namespace Gateway.Platform.Database;

/// <summary>Where is the truth kept? What differs between the two servers that EF Core hides.</summary>
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

    /// <summary>Where a reader of these rows stands who then reads <see cref="Since"/> an earlier mark: nothing that is committed is missed between two marks.</summary>
    public abstract Task<long> MarkAsync<T>(GatewayDatabase db, CancellationToken ct) where T : class;

    /// <summary>Everything that may have become visible since that mark was taken, perhaps a little more; 0: everything.</summary>
    public abstract IQueryable<T> Since<T>(GatewayDatabase db, long mark) where T : class;

    /// <summary>The next number of a counter that all replicas share, whatever becomes of the transaction; and the clock of the store, in Unix milliseconds.</summary>
    /// <remarks>Whoever reads after drawing a number sees everything that was committed before any lower number was drawn.</remarks>
    public abstract Task<(long Number, long Now)> DrawAsync(GatewayDatabase db, CancellationToken ct);
}
