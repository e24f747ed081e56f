using Gateway.Platform.Redis;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace Gateway.Platform.Database;

/// <summary>The database, bare: each folder contributes its entities by IEntityTypeConfiguration.</summary>
internal sealed class GatewayDatabase(DbContextOptions<GatewayDatabase> options) : DbContext(options)
{
    /// <summary>Where what was committed last was announced to other replicas; null: nowhere but here.</summary>
    public StreamPlace? Announced { get; set; }

    protected override void OnModelCreating(ModelBuilder modelBuilder) =>
        modelBuilder.ApplyConfigurationsFromAssembly(typeof(GatewayDatabase).Assembly);

    // SQLite cannot order or compare DateTimeOffset: times are whole milliseconds since 1970, UTC.
    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder) =>
        configurationBuilder.Properties<DateTimeOffset>().HaveConversion<UnixMilliseconds>();

    private sealed class UnixMilliseconds() : ValueConverter<DateTimeOffset, long>(
        time => time.ToUnixTimeMilliseconds(), number => DateTimeOffset.FromUnixTimeMilliseconds(number));

    /// <summary>For <c>dotnet ef migrations add</c>.</summary>
    internal sealed class DesignTime : IDesignTimeDbContextFactory<GatewayDatabase>
    {
        public GatewayDatabase CreateDbContext(string[] args) =>
            new(new DbContextOptionsBuilder<GatewayDatabase>().UseSqlite("Data Source=:memory:").Options);
    }
}
