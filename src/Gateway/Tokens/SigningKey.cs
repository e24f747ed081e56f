using System.Data.Common;
using System.Security.Cryptography;
using Gateway.Platform;
using Gateway.Platform.Database;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Microsoft.IdentityModel.Tokens;

namespace Gateway.Tokens;

/// <summary>A key in the database: its private part is readable only with the Secret.</summary>
internal sealed class SigningKey
{
    private const string Label = "keys";

    /// <summary>One more than the key before it. Unique, so that of two replicas that rotate at once one wins.</summary>
    public required int Sequence { get; set; }

    /// <summary>The <c>kid</c>.</summary>
    public required string Id { get; set; }

    public required string Algorithm { get; set; }

    /// <summary>PKCS #8, or the bytes of an HMAC key, sealed.</summary>
    public required byte[] Private { get; set; }

    public required DateTimeOffset CreatedAt { get; set; }

    /// <summary>From then on it signs; before that it is only published, so that everybody knows it in time.</summary>
    public required DateTimeOffset ActivatesAt { get; set; }

    /// <summary>The oldest first.</summary>
    public static Task<List<SigningKey>> AllAsync(DbConnection connection, CancellationToken ct) => connection.ListAsync(
        """SELECT "Sequence", "Id", "Algorithm", "Private", "CreatedAt", "ActivatesAt" FROM signing_keys ORDER BY "Sequence" """,
        row => new SigningKey
        {
            Sequence = row.GetInt32(0),
            Id = row.GetString(1),
            Algorithm = row.GetString(2),
            Private = row.GetFieldValue<byte[]>(3),
            CreatedAt = row.GetTime(4),
            ActivatesAt = row.GetTime(5),
        },
        ct);

    public static SigningKey Create(Secret secret, string algorithm, int sequence, DateTimeOffset now, DateTimeOffset activatesAt)
    {
        var id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));
        return new()
        {
            Sequence = sequence,
            Id = id,
            Algorithm = algorithm,
            Private = Sealed.Seal(secret, Label, Context(id, algorithm), NewPrivateKey(algorithm)),
            CreatedAt = now,
            ActivatesAt = activatesAt,
        };
    }

    public void Reseal(Secrets secrets) =>
        Private = Sealed.Seal(secrets.Current, Label, Context(Id, Algorithm), Sealed.Open(secrets, Label, Context(Id, Algorithm), Private));

    public SecurityKey Open(Secrets secrets)
    {
        var bytes = Sealed.Open(secrets, Label, Context(Id, Algorithm), Private);
        switch (Algorithm)
        {
            case "ES256":
                var ec = ECDsa.Create();
                ec.ImportPkcs8PrivateKey(bytes, out _);
                return new ECDsaSecurityKey(ec) { KeyId = Id };
            case "HS256":
                return new SymmetricSecurityKey(bytes) { KeyId = Id };
            default:
                var rsa = RSA.Create();
                rsa.ImportPkcs8PrivateKey(bytes, out _);
                return new RsaSecurityKey(rsa) { KeyId = Id };
        }
    }

    private static string Context(string id, string algorithm) => $"{id}|{algorithm}";

    private static byte[] NewPrivateKey(string algorithm)
    {
        if (algorithm == "HS256")
            return RandomNumberGenerator.GetBytes(64);

        using AsymmetricAlgorithm key = algorithm == "ES256" ? ECDsa.Create(ECCurve.NamedCurves.nistP256) : RSA.Create(2048);
        return key.ExportPkcs8PrivateKey();
    }

    internal sealed class Mapping : IEntityTypeConfiguration<SigningKey>
    {
        public void Configure(EntityTypeBuilder<SigningKey> builder)
        {
            builder.ToTable("signing_keys").HasKey(k => k.Sequence);
            builder.Property(k => k.Sequence).ValueGeneratedNever();
            builder.HasIndex(k => k.Id).IsUnique();
            builder.Property(k => k.Id).HasMaxLength(32).IsRequired();
            builder.Property(k => k.Algorithm).HasMaxLength(8);
        }
    }
}
