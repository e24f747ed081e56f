using Gateway.Platform.Database;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace Gateway.UnitTests.Support;

/// <summary>The gateway's tables in memory, gone with the test.</summary>
internal sealed class MemoryDatabase : IDbContextFactory<GatewayDatabase>, IDisposable
{
    private readonly SqliteConnection connection = new("Data Source=:memory:");
    private int reads;

    public MemoryDatabase()
    {
        connection.Open();
        using var db = new SqliteDatabase(Options);
        db.Database.EnsureCreated();
    }

    /// <summary>How often somebody came for a context.</summary>
    public int Reads => Volatile.Read(ref reads);

    /// <summary>True: the store is away.</summary>
    public bool IsAway { get; set; }

    public GatewayDatabase CreateDbContext()
    {
        Interlocked.Increment(ref reads);
        return IsAway ? throw new SqliteException("away", 14) : new SqliteDatabase(Options);
    }

    public void Dispose() => connection.Dispose();

    private DbContextOptions Options => new DbContextOptionsBuilder<SqliteDatabase>().UseSqlite(connection).Options;
}
