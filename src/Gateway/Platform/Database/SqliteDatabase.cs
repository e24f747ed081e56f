using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;

namespace Gateway.Platform.Database;

internal sealed class SqliteDatabase(DbContextOptions options) : GatewayDatabase(options)
{
    public static readonly string[] Migrations = ["20261124002008_Initial", "20261124180724_Replicas"];

    /// <summary>For <c>dotnet ef migrations add NAME --context SqliteDatabase -o Platform/Database/Migrations/Sqlite</c>.</summary>
    internal sealed class DesignTime : IDesignTimeDbContextFactory<SqliteDatabase>
    {
        public SqliteDatabase CreateDbContext(string[] args) =>
            new(new DbContextOptionsBuilder<SqliteDatabase>().UseSqlite("Data Source=:memory:").Options);
    }
}
