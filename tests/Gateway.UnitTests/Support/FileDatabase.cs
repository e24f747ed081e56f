using Gateway.Platform.Database;
using Microsoft.EntityFrameworkCore;

namespace Gateway.UnitTests.Support;

/// <summary>The gateway's tables in a file, gone with the test.</summary>
internal sealed class FileDatabase : IDbContextFactory<GatewayDatabase>, IDisposable
{
    private readonly TempFolder folder = new();
    private readonly DbContextOptions options;

    public FileDatabase()
    {
        Store = new(new() { ConnectionString = $"Data Source={Path.Combine(folder.Path, "gateway.db")}" });
        Store.Claim(ownSecret: null);
        var builder = new DbContextOptionsBuilder<SqliteDatabase>();
        Store.Configure(builder);
        options = builder.Options;
        using var db = Store.Connect(options);
        db.Database.EnsureCreated();
    }

    public SqliteFile Store { get; }

    public GatewayDatabase CreateDbContext() => Store.Connect(options);

    public void Dispose()
    {
        Store.Dispose();
        folder.Dispose();
    }
}
