using Gateway.Sessions;

namespace Gateway.UnitTests.Sessions;

public sealed class RevocationsTests
{
    private readonly TwoClocks clock = new();
    private readonly Revocations revocations;

    public RevocationsTests() => revocations = new(new(), clock);

    [Theory]
    [InlineData(RevocationKind.Session, "s1", RevocationHit.Ended)]
    [InlineData(RevocationKind.Token, "t1", RevocationHit.Ended)]
    [InlineData(RevocationKind.Session, "t1", RevocationHit.None)]
    [InlineData(RevocationKind.Token, "s1", RevocationHit.None)]
    [InlineData(RevocationKind.Session, "S1", RevocationHit.None)]
    internal void A_revocation_hits_exactly_what_it_names(RevocationKind kind, string value, RevocationHit hit)
    {
        revocations.Apply([Revoked(kind, value)]);

        Assert.Equal(hit, revocations.Hit(Made.Identity()));
    }

    [Theory]
    [InlineData(1, false, RevocationHit.None)]      // the version that the identity has
    [InlineData(2, false, RevocationHit.OutOfDate)]
    [InlineData(2, true, RevocationHit.Disabled)]
    internal void A_user_is_out_of_date_below_a_version(int version, bool disabled, RevocationHit hit)
    {
        revocations.Apply([Revoked(RevocationKind.User, "u1", version, disabled)]);

        Assert.Equal(hit, revocations.Hit(Made.Identity()));
    }

    [Fact]
    public void Another_issuers_session_of_the_same_id_is_another()
    {
        var foreign = Made.Foreign(""" "jti":"t1","sid":"s1" """);

        revocations.Apply([Revoked(RevocationKind.Session, "s1"), Revoked(RevocationKind.Token, "t1"), Revoked(RevocationKind.User, "u1", 9, true)]);

        Assert.Equal(RevocationHit.None, revocations.Hit(foreign));
    }

    [Fact]
    public void What_was_clean_is_looked_at_again_after_a_revocation()
    {
        var identity = Made.Identity();
        Assert.Equal(RevocationHit.None, revocations.Hit(identity));

        revocations.Apply([Revoked(RevocationKind.Session, "s1")]);

        Assert.Equal(RevocationHit.Ended, revocations.Hit(identity));
    }

    [Fact]
    public void News_in_the_wrong_order_leaves_the_latest_word()
    {
        revocations.Apply([Revoked(RevocationKind.User, "u1", 3)]);
        revocations.Apply([Revoked(RevocationKind.User, "u1", 2, disabled: true)]);      // enabled since

        Assert.Equal(RevocationHit.OutOfDate, revocations.Hit(Made.Identity()));
    }

    // A clock that is set forward must not bring a stolen token back to life; neither must one that was suspended.
    [Theory]
    [InlineData(10, 0)]
    [InlineData(0, 10)]
    [InlineData(10, 1)]
    public void It_is_not_forgotten_because_one_clock_says_so(int wallMinutes, int monotonicMinutes)
    {
        revocations.Apply([Revoked(RevocationKind.Session, "s1")]);

        clock.Pass(TimeSpan.FromMinutes(wallMinutes), TimeSpan.FromMinutes(monotonicMinutes));
        revocations.Forget();

        Assert.Equal(1, revocations.Count);
    }

    [Fact]
    public void It_is_forgotten_when_both_clocks_say_so()
    {
        revocations.Apply([Revoked(RevocationKind.Session, "s1")]);

        clock.Pass(TimeSpan.FromMinutes(7), TimeSpan.FromMinutes(7));
        revocations.Forget();

        Assert.Equal(0, revocations.Count);
    }

    private Revocation Revoked(RevocationKind kind, string value, int version = 0, bool disabled = false) => new()
    {
        Issuer = Revocation.OwnIssuer, Kind = kind, Value = value, Version = version, Disabled = disabled, ExpiresAt = clock.GetUtcNow() + TimeSpan.FromMinutes(5),
    };

    /// <summary>The wall's clock and the monotonic one, which need not agree.</summary>
    private sealed class TwoClocks : TimeProvider
    {
        private DateTimeOffset wall = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
        private long ticks = 1_000;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override DateTimeOffset GetUtcNow() => wall;

        public override long GetTimestamp() => ticks;

        public void Pass(TimeSpan onTheWall, TimeSpan monotonic) => (wall, ticks) = (wall + onTheWall, ticks + monotonic.Ticks);
    }
}
