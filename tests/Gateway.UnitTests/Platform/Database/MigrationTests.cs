using Gateway.Platform.Database;
using Microsoft.EntityFrameworkCore;

namespace Gateway.UnitTests.Platform.Database;

public sealed class MigrationTests
{
    [Fact]
    public void Sqlite_migrations_make_what_the_model_says()
    {
        using var db = new SqliteDatabase.DesignTime().CreateDbContext([]);

        Assert.False(db.Database.HasPendingModelChanges());
    }

    [Fact]
    public void Postgres_migrations_make_what_the_model_says()
    {
        using var db = new PostgresDatabase.DesignTime().CreateDbContext([]);

        Assert.False(db.Database.HasPendingModelChanges());
    }

    [Fact]
    public void Each_provider_has_its_own_migrations()
    {
        using var sqlite = new SqliteDatabase.DesignTime().CreateDbContext([]);
        using var postgres = new PostgresDatabase.DesignTime().CreateDbContext([]);

        Assert.NotEmpty(sqlite.Database.GetMigrations());
        Assert.NotEmpty(postgres.Database.GetMigrations());
        Assert.Empty(sqlite.Database.GetMigrations().Intersect(postgres.Database.GetMigrations()));
    }
}
