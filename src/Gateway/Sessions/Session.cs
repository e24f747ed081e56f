using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Gateway.Sessions;

/// <summary>One login of one user, until it ends.</summary>
internal sealed class Session
{
    /// <summary>The <c>sid</c>.</summary>
    public required string Id { get; set; }

    public required string UserId { get; set; }

    public required DateTimeOffset CreatedAt { get; set; }

    public required DateTimeOffset LastSeenAt { get; set; }

    public required DateTimeOffset IdleExpiresAt { get; set; }

    public required DateTimeOffset ExpiresAt { get; set; }

    public DateTimeOffset? EndedAt { get; set; }

    /// <summary>How the user proved who it is (RFC 8176), and where from.</summary>
    public required string Method { get; set; }

    public string? Ip { get; set; }

    public string? UserAgent { get; set; }

    /// <summary>SHA-256 of the cookie; null for a session with tokens.</summary>
    public byte[]? CookieHash { get; set; }

    /// <summary>Finds the session of a refresh token, also of one that was used long ago; null for a cookie session.</summary>
    public byte[]? Selector { get; set; }

    /// <summary>SHA-256 of the refresh token in force, and of its immediate predecessor.</summary>
    public byte[]? CurrentHash { get; set; }

    public byte[]? PreviousHash { get; set; }

    /// <summary>What the successor was derived with, kept while its predecessor may still ask for it.</summary>
    public byte[]? Salt { get; set; }

    /// <summary>How often the refresh token was rotated: the <c>gen</c> of its access tokens.</summary>
    public int Generation { get; set; }

    public DateTimeOffset? RotatedAt { get; set; }

    /// <summary>An access token of this generation was used: the client has its answer, so the predecessor is spent.</summary>
    public bool GenerationSeen { get; set; }

    /// <summary>When it ends if nobody uses it again.</summary>
    public DateTimeOffset EndsAt => IdleExpiresAt < ExpiresAt ? IdleExpiresAt : ExpiresAt;

    public bool IsAlive(DateTimeOffset now) => EndedAt is null && now < EndsAt;

    internal sealed class Mapping : IEntityTypeConfiguration<Session>
    {
        public void Configure(EntityTypeBuilder<Session> builder)
        {
            builder.ToTable("sessions").HasKey(s => s.Id);
            builder.Ignore(s => s.EndsAt);
            builder.Property(s => s.Id).HasMaxLength(32);
            builder.Property(s => s.UserId).HasMaxLength(64);
            builder.Property(s => s.Method).HasMaxLength(16);
            builder.Property(s => s.Ip).HasMaxLength(64);
            builder.Property(s => s.UserAgent).HasMaxLength(256);
            builder.HasIndex(s => s.UserId);
            builder.HasIndex(s => s.CookieHash).IsUnique();
            builder.HasIndex(s => s.Selector).IsUnique();
            builder.HasIndex(s => s.ExpiresAt);
        }
    }
}
