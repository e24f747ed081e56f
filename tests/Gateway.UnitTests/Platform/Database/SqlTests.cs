using System.Data.Common;
using System.Text.Json;
using Gateway.Platform.Database;
using Gateway.Sessions;
using Gateway.Tokens;
using Microsoft.EntityFrameworkCore;

namespace Gateway.UnitTests.Platform.Database;

/// <summary>What is read without EF is what EF's model says.</summary>
public sealed class SqlTests
{
    private static readonly DateTimeOffset Sometime = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Start_knows_every_migration_that_there_is()
    {
        using var sqlite = new SqliteDatabase.DesignTime().CreateDbContext([]);
        using var postgres = new PostgresDatabase.DesignTime().CreateDbContext([]);

        Assert.Equal(sqlite.Database.GetMigrations(), SqliteDatabase.Migrations);
        Assert.Equal(postgres.Database.GetMigrations(), PostgresDatabase.Migrations);
    }

    [Fact]
    public Task Revocation_is_read_as_it_was_written() => AssertReadAsync(
        new() { Id = 3, Issuer = "i", Kind = RevocationKind.User, Value = "v", Version = 7, Disabled = true, IssuedUntil = 11, ExpiresAt = Sometime },
        (store, connection) => Revocation.SinceAsync(store, connection, mark: 2).ToListAsync(TestContext.Current.CancellationToken).AsTask());

    [Fact]
    public Task Signing_key_is_read_as_it_was_written() => AssertReadAsync(
        new() { Sequence = 5, Id = "k", Algorithm = "ES256", Private = [1, 2, 3], CreatedAt = Sometime, ActivatesAt = Sometime.AddSeconds(10) },
        (_, connection) => SigningKey.AllAsync(connection, TestContext.Current.CancellationToken));

    [Fact]
    public Task Replica_is_read_as_it_was_written() => AssertReadAsync(
        new() { Id = "r", Position = 5, SeenAt = 6, LiveFor = 7 },
        (_, connection) => Replica.AllAsync(connection, TestContext.Current.CancellationToken));

    [Fact]
    public async Task Replica_that_is_written_is_what_the_model_reads()
    {
        using var database = new FileDatabase();
        await using var connection = await database.Store.OpenAsync(TestContext.Current.CancellationToken);

        await new Replica { Id = "gone", Position = 1, SeenAt = 2, LiveFor = 3 }.AddAsync(connection);
        await new Replica { Id = "r", Position = 5, SeenAt = 6, LiveFor = 7 }.AddAsync(connection);
        await Replica.ForgetAsync(connection, seenBefore: 3);
        Assert.True(await new Replica { Id = "r", Position = 8, SeenAt = 9, LiveFor = 10 }.UpdateAsync(connection));
        Assert.False(await new Replica { Id = "gone", Position = 8, SeenAt = 9, LiveFor = 10 }.UpdateAsync(connection));

        await using var db = database.CreateDbContext();
        var left = Assert.Single(await db.Set<Replica>().ToListAsync(TestContext.Current.CancellationToken));
        Assert.Equal(("r", 8, 9, 10), (left.Id, left.Position, left.SeenAt, left.LiveFor));

        await Replica.RemoveAsync(connection, "r");
        Assert.Empty(await db.Set<Replica>().AsNoTracking().ToListAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task State_is_found_by_its_name_alone()
    {
        using var database = new FileDatabase();
        await using (var db = database.CreateDbContext())
        {
            db.Add(new StateEntry { Name = "a", Value = "1" });
            await db.SaveChangesAsync(TestContext.Current.CancellationToken);
        }

        await using var connection = await database.Store.OpenAsync(TestContext.Current.CancellationToken);
        Assert.Equal("1", await StateEntry.FindAsync(connection, "a", TestContext.Current.CancellationToken));
        Assert.Null(await StateEntry.FindAsync(connection, "a' OR 'a' = 'a", TestContext.Current.CancellationToken));
    }

    private static async Task AssertReadAsync<T>(T written, Func<SqliteFile, DbConnection, Task<List<T>>> read) where T : class
    {
        // A property that is new and left out here would be missed.
        Assert.DoesNotContain(typeof(T).GetProperties(), property => Equals(property.GetValue(written), property.PropertyType.IsValueType ? Activator.CreateInstance(property.PropertyType) : null));
        using var database = new FileDatabase();
        await using (var db = database.CreateDbContext())
        {
            db.Add(written);
            await db.SaveChangesAsync(TestContext.Current.CancellationToken);
        }

        await using var connection = await database.Store.OpenAsync(TestContext.Current.CancellationToken);
        Assert.Equal(JsonSerializer.Serialize(written), JsonSerializer.Serialize(Assert.Single(await read(database.Store, connection))));
    }
}
