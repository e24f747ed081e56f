using System.Data.Common;
using Gateway.Platform.Database;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Gateway.Sessions;

/// <summary>A process that serves this database, as it last said of itself.</summary>
internal sealed class Replica
{
    /// <summary>Made at its start.</summary>
    public required string Id { get; set; }

    /// <summary>The number that it drew before its last complete read of the revocations: everything committed before a lower number was drawn is applied there.</summary>
    public long Position { get; set; }

    /// <summary>By the clock of the store, Unix milliseconds.</summary>
    public long SeenAt { get; set; }

    /// <summary>Without news for that long it lets nobody pass any more, in milliseconds.</summary>
    public long LiveFor { get; set; }

    /// <param name="now">By the clock of the store, Unix milliseconds.</param>
    public bool IsLive(long now) => SeenAt + LiveFor >= now;

    public static Task<List<Replica>> AllAsync(DbConnection connection, CancellationToken ct) => connection.ListAsync(
        """SELECT "Id", "Position", "SeenAt", "LiveFor" FROM replicas""",
        row => new Replica { Id = row.GetString(0), Position = row.GetInt64(1), SeenAt = row.GetInt64(2), LiveFor = row.GetInt64(3) },
        ct);

    public Task AddAsync(DbConnection connection) => connection.ExecuteAsync(
        """INSERT INTO replicas ("Id", "Position", "SeenAt", "LiveFor") VALUES (@id, @position, @now, @live)""",
        ("id", Id), ("position", Position), ("now", SeenAt), ("live", LiveFor));

    /// <returns>False: there is no such row.</returns>
    public async Task<bool> UpdateAsync(DbConnection connection) => await connection.ExecuteAsync(
        """UPDATE replicas SET "Position" = @position, "SeenAt" = @now, "LiveFor" = @live WHERE "Id" = @id""",
        ("id", Id), ("position", Position), ("now", SeenAt), ("live", LiveFor)) > 0;

    public static Task RemoveAsync(DbConnection connection, string id) => connection.ExecuteAsync("""DELETE FROM replicas WHERE "Id" = @id""", ("id", id));

    public static Task ForgetAsync(DbConnection connection, long seenBefore) =>
        connection.ExecuteAsync("""DELETE FROM replicas WHERE "SeenAt" < @before""", ("before", seenBefore));

    internal sealed class Mapping : IEntityTypeConfiguration<Replica>
    {
        public void Configure(EntityTypeBuilder<Replica> builder)
        {
            builder.ToTable("replicas").HasKey(r => r.Id);
            builder.Property(r => r.Id).HasMaxLength(32);
        }
    }
}
