using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Gateway.Accounts;

/// <summary>A person or program with an account.</summary>
internal sealed class User : IdentityUser
{
    public string[] Roles { get; set; } = [];

    /// <summary>The <c>ver</c>: rises whenever what tokens say of this user becomes out of date.</summary>
    public int Version { get; set; } = 1;

    public DateTimeOffset CreatedAt { get; set; }

    public DateTimeOffset? DisabledAt { get; set; }

    /// <summary>The tables of ASP.NET Core Identity, schema version 3 (with passkeys), in this database's own words.</summary>
    internal sealed class Mapping :
        IEntityTypeConfiguration<User>, IEntityTypeConfiguration<IdentityUserClaim<string>>, IEntityTypeConfiguration<IdentityUserLogin<string>>,
        IEntityTypeConfiguration<IdentityUserToken<string>>, IEntityTypeConfiguration<IdentityUserPasskey<string>>
    {
        private const int KeyLength = 128;

        public void Configure(EntityTypeBuilder<User> builder)
        {
            builder.ToTable("users").HasKey(u => u.Id);
            builder.Property(u => u.Id).HasMaxLength(64);
            builder.Property(u => u.UserName).HasMaxLength(64);
            builder.Property(u => u.NormalizedUserName).HasMaxLength(64);
            builder.Property(u => u.Email).HasMaxLength(256);
            builder.Property(u => u.NormalizedEmail).HasMaxLength(256);
            builder.Property(u => u.ConcurrencyStamp).IsConcurrencyToken();
            builder.HasIndex(u => u.NormalizedUserName).IsUnique();
            builder.HasIndex(u => u.NormalizedEmail).IsUnique();
        }

        public void Configure(EntityTypeBuilder<IdentityUserClaim<string>> builder)
        {
            builder.ToTable("user_claims").HasKey(c => c.Id);
            Belongs(builder, nameof(IdentityUserClaim<>.UserId));
        }

        public void Configure(EntityTypeBuilder<IdentityUserLogin<string>> builder)
        {
            builder.ToTable("user_logins").HasKey(l => new { l.LoginProvider, l.ProviderKey });
            builder.Property(l => l.LoginProvider).HasMaxLength(KeyLength);
            builder.Property(l => l.ProviderKey).HasMaxLength(KeyLength);
            Belongs(builder, nameof(IdentityUserLogin<>.UserId));
        }

        public void Configure(EntityTypeBuilder<IdentityUserToken<string>> builder)
        {
            builder.ToTable("user_tokens").HasKey(t => new { t.UserId, t.LoginProvider, t.Name });
            builder.Property(t => t.LoginProvider).HasMaxLength(KeyLength);
            builder.Property(t => t.Name).HasMaxLength(KeyLength);
            Belongs(builder, nameof(IdentityUserToken<>.UserId));
        }

        public void Configure(EntityTypeBuilder<IdentityUserPasskey<string>> builder)
        {
            builder.ToTable("user_passkeys").HasKey(p => p.CredentialId);
            builder.Property(p => p.CredentialId).HasMaxLength(1024);
            builder.OwnsOne(p => p.Data).ToJson();
            Belongs(builder, nameof(IdentityUserPasskey<>.UserId));
        }

        private static void Belongs<T>(EntityTypeBuilder<T> builder, string key) where T : class =>
            builder.HasOne<User>().WithMany().HasForeignKey(key).IsRequired().OnDelete(DeleteBehavior.Cascade);
    }
}
