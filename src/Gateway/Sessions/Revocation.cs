using System.Data.Common;
using Gateway.Platform.Database;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Gateway.Sessions;

/// <summary>What no longer holds, though a signature says that it does. Committed with the change that causes it.</summary>
internal sealed class Revocation
{
    /// <summary>What our tokens are revoked under, whatever <c>iss</c> a verb or a replica is configured with.</summary>
    public const string OwnIssuer = "";

    private const string Table = "revocations";

    public long Id { get; set; }

    public required string Issuer { get; set; }

    public required RevocationKind Kind { get; set; }

    /// <summary>A <c>jti</c>, a <c>sid</c>, a <c>sub</c>, a <c>kid</c>, or nothing; never a token's text, which can be written in several ways.</summary>
    public required string Value { get; set; }

    /// <summary>For a user of ours: tokens with a lower <c>ver</c> are out of date.</summary>
    public int Version { get; set; }

    /// <summary>For a user of ours: because the account was disabled.</summary>
    public bool Disabled { get; set; }

    /// <summary>For another issuer's user, or for all of an issuer: tokens issued until then (Unix seconds).</summary>
    public long? IssuedUntil { get; set; }

    public required DateTimeOffset ExpiresAt { get; set; }

    /// <summary>Where whoever now reads <see cref="SinceAsync"/> stands.</summary>
    public static Task<long> MarkAsync(Store store, DbConnection connection) => store.MarkAsync(connection, Table);

    /// <summary>All that may have become visible since that mark; 0: all.</summary>
    public static IAsyncEnumerable<Revocation> SinceAsync(Store store, DbConnection connection, long mark) =>
        connection.QueryAsync(
            $"""SELECT "Id", "Issuer", "Kind", "Value", "Version", "Disabled", "IssuedUntil", "ExpiresAt" FROM {Table} WHERE {store.Since(mark)}""",
            row => new Revocation
            {
                Id = row.GetInt64(0),
                Issuer = row.GetString(1),
                Kind = (RevocationKind)row.GetInt32(2),
                Value = row.GetString(3),
                Version = row.GetInt32(4),
                Disabled = row.GetBoolean(5),
                IssuedUntil = row.IsDBNull(6) ? null : row.GetInt64(6),
                ExpiresAt = row.GetTime(7),
            });

    internal sealed class Mapping : IEntityTypeConfiguration<Revocation>
    {
        public void Configure(EntityTypeBuilder<Revocation> builder)
        {
            builder.ToTable(Table).HasAnnotation(GatewayDatabase.CommitOrder, true).HasKey(r => r.Id);
            builder.Property(r => r.Issuer).HasMaxLength(512);
            builder.Property(r => r.Value).HasMaxLength(256);
            builder.HasIndex(r => r.ExpiresAt);
        }
    }
}

internal enum RevocationKind
{
    Token,
    Session,
    User,

    /// <summary>Everything of that issuer.</summary>
    Issuer,

    /// <summary>What a signing key of ours proved, which was removed.</summary>
    Key,
}
