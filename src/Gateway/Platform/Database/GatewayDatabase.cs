using Gateway.Platform.Redis;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace Gateway.Platform.Database;

/// <summary>The database, bare: each folder contributes its entities by IEntityTypeConfiguration, each provider its own migrations.</summary>
internal abstract class GatewayDatabase(DbContextOptions options) : DbContext(options)
{
    /// <summary>Marks entities that are read again and again for what is new: see <see cref="Store.Since"/>.</summary>
    public const string CommitOrder = "CommitOrder";

    /// <summary>What was committed last revoked something.</summary>
    public bool HasRevoked { get; set; }

    /// <summary>Where what was committed last was announced to other replicas; null: nowhere but here.</summary>
    public StreamPlace? Announced { get; set; }

    protected override void OnModelCreating(ModelBuilder modelBuilder) =>
        modelBuilder.ApplyConfigurationsFromAssembly(typeof(GatewayDatabase).Assembly);

    // SQLite cannot order or compare DateTimeOffset: times are whole milliseconds since 1970, UTC.
    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder) =>
        configurationBuilder.Properties<DateTimeOffset>().HaveConversion<UnixMilliseconds>();

    private sealed class UnixMilliseconds() : ValueConverter<DateTimeOffset, long>(
        time => time.ToUnixTimeMilliseconds(), number => DateTimeOffset.FromUnixTimeMilliseconds(number));
}
