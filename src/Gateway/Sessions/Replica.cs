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

    internal sealed class Mapping : IEntityTypeConfiguration<Replica>
    {
        public void Configure(EntityTypeBuilder<Replica> builder)
        {
            builder.ToTable("replicas").HasKey(r => r.Id);
            builder.Property(r => r.Id).HasMaxLength(32);
        }
    }
}
