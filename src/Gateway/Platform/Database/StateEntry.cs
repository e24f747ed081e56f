using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Gateway.Platform.Database;

/// <summary>A fact about the whole database, such as which Secret it belongs to.</summary>
internal sealed class StateEntry
{
    public const string SecretId = "secret", InstallationId = "installation";

    public required string Name { get; set; }

    public required string Value { get; set; }

    /// <returns>Its value; null: it is not there.</returns>
    public static async Task<string?> FindAsync(DbConnection connection, string name, CancellationToken ct) =>
        (await connection.ListAsync("SELECT \"Value\" FROM state WHERE \"Name\" = @name", row => row.GetString(0), ct, ("name", name))).SingleOrDefault();

    internal sealed class Mapping : IEntityTypeConfiguration<StateEntry>
    {
        public void Configure(EntityTypeBuilder<StateEntry> builder)
        {
            builder.ToTable("state").HasKey(s => s.Name);
            builder.Property(s => s.Name).HasMaxLength(64);
        }
    }
}
