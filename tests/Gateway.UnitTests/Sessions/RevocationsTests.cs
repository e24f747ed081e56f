using Gateway.Sessions;

namespace Gateway.UnitTests.Sessions;

public sealed class RevocationsTests
{
    private readonly TwoClocks clock = new();
    private readonly Revocations revocations;

    public RevocationsTests() => revocations = new(new(new()), clock);

    [Theory]
    [InlineData(RevocationKind.Session, "s1", RevocationHit.Ended)]
    [InlineData(RevocationKind.Token, "t1", RevocationHit.TokenAlone)]
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

    [Theory]
    [InlineData(RevocationKind.User, "u1", 2, RevocationHit.Ended)]
    [InlineData(RevocationKind.Issuer, "", 2, RevocationHit.Ended)]
    [InlineData(RevocationKind.User, "u1", 1, RevocationHit.None)]
    [InlineData(RevocationKind.Issuer, "", 1, RevocationHit.None)]
    [InlineData(RevocationKind.User, "u2", 9, RevocationHit.None)]
    internal void Another_issuers_tokens_are_revoked_up_to_a_moment(RevocationKind kind, string value, long until, RevocationHit hit)
    {
        var foreign = Made.Foreign(issuedAt: 2);

        revocations.Apply([new() { Issuer = Made.Issuer, Kind = kind, Value = value, IssuedUntil = until, ExpiresAt = clock.GetUtcNow() + TimeSpan.FromMinutes(5) }]);

        Assert.Equal(hit, revocations.Hit(foreign));
        Assert.Equal(RevocationHit.None, revocations.Hit(Made.Identity()));
    }

    [Fact]
    public void What_may_live_for_ever_is_remembered_for_ever()
    {
        revocations.Apply([new() { Issuer = Made.Issuer, Kind = RevocationKind.Token, Value = "t1", ExpiresAt = DateTimeOffset.MaxValue }]);

        clock.Pass(TimeSpan.FromDays(3650), TimeSpan.FromDays(3650));
        revocations.Forget();

        Assert.Equal(RevocationHit.Ended, revocations.Hit(Made.Foreign(""" "jti":"t1" """)));
    }

    [Fact]
    public void What_is_heard_again_makes_nobody_look_again()
    {
        var identity = Made.Identity();
        revocations.Apply([Revoked(RevocationKind.Session, "s2")]);
        revocations.Hit(identity);
        var clean = identity.CleanAt;

        revocations.Apply([Revoked(RevocationKind.Session, "s2")]);
        revocations.Hit(identity);

        Assert.Equal(clean, identity.CleanAt);
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
}
