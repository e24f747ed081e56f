using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;

namespace Gateway.Platform.Database;

internal sealed class PostgresDatabase(DbContextOptions options) : GatewayDatabase(options)
{
    public static readonly string[] Migrations = ["20261124181719_Initial"];

    /// <summary>The transaction that wrote the row: keys are handed out before the commit, so they become visible in any order.</summary>
    public const string Xid = "Xid";

    /// <summary>The counter that all replicas share.</summary>
    public const string Positions = "positions";

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        base.OnModelCreating(modelBuilder);
        modelBuilder.HasSequence<long>(Positions);
        foreach (var type in modelBuilder.Model.GetEntityTypes().Where(type => type.FindAnnotation(CommitOrder) is not null).ToArray())
        {
            var entity = modelBuilder.Entity(type.ClrType);
            entity.Property<ulong>(Xid).HasColumnType("xid8").HasDefaultValueSql("pg_current_xact_id()");
            entity.HasIndex(Xid);
        }
    }

    /// <summary>For <c>dotnet ef migrations add NAME --context PostgresDatabase -o Platform/Database/Migrations/Postgres</c>.</summary>
    internal sealed class DesignTime : IDesignTimeDbContextFactory<PostgresDatabase>
    {
        public PostgresDatabase CreateDbContext(string[] args) =>
            new(new DbContextOptionsBuilder<PostgresDatabase>().UseNpgsql().Options);
    }
}
