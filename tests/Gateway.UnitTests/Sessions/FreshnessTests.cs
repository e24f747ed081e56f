using Gateway.Sessions;

namespace Gateway.UnitTests.Sessions;

public sealed class FreshnessTests : IDisposable
{
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(100), Pause = TimeSpan.FromSeconds(1);

    private readonly TwoClocks clock = new();
    private readonly Freshness freshness;
    private int reads;

    public FreshnessTests()
    {
        freshness = new(new(), clock) { CatchUp = ReadAsync };
        freshness.Heard(freshness.Begin(), catchesUp: true);
        freshness.Start();
    }

    [Fact]
    public void Nothing_is_judged_before_the_first_load() => Assert.False(new Freshness(new(), clock).HoldsNow(null, clock.GetUtcNow()));

    [Fact]
    public void While_time_passes_evenly_nobody_waits()
    {
        for (var i = 0; i < 5; i++)
        {
            clock.Pass(Moment, Moment);
            freshness.Tick();
            Assert.True(HoldsNow());
        }

        Assert.Equal(0, reads);
    }

    // Stopped; asleep, when the monotonic clock stands; set forward; set back.
    public static TheoryData<int, int> Pauses => new() { { 1000, 1000 }, { 60_000, 0 }, { 3_600_000, 100 }, { -3_600_000, 100 } };

    [Theory, MemberData(nameof(Pauses))]
    public async Task After_a_pause_whoever_comes_first_waits_for_one_reading(int wallMilliseconds, int monotonicMilliseconds)
    {
        clock.Pass(TimeSpan.FromMilliseconds(wallMilliseconds), TimeSpan.FromMilliseconds(monotonicMilliseconds));

        Assert.False(HoldsNow());
        Assert.True(await HoldsAsync());

        Assert.Equal(1, reads);
        Assert.True(HoldsNow());
    }

    // The ticker may wake before the request does: the young stamp must not hide the pause.
    [Theory, MemberData(nameof(Pauses))]
    public async Task Pause_that_the_ticker_noticed_first_counts_as_well(int wallMilliseconds, int monotonicMilliseconds)
    {
        clock.Pass(TimeSpan.FromMilliseconds(wallMilliseconds), TimeSpan.FromMilliseconds(monotonicMilliseconds));
        freshness.Tick();

        Assert.False(HoldsNow());
        Assert.True(await HoldsAsync());
        Assert.Equal(1, reads);
    }

    [Fact]
    public async Task Reading_that_was_begun_before_the_pause_does_not_count()
    {
        var begun = freshness.Begin();
        clock.Pass(Pause, Pause);
        freshness.Tick();

        freshness.Heard(begun, catchesUp: true);

        Assert.False(HoldsNow());
        Assert.True(await HoldsAsync());
    }

    // Who committed while this process was stopped may have told the database alone.
    [Fact]
    public void News_from_Redis_alone_does_not_end_a_pause()
    {
        clock.Pass(Pause, Pause);
        freshness.Tick();

        freshness.Heard(freshness.Begin(), catchesUp: false);

        Assert.False(HoldsNow());
    }

    // The file is another one: what is revoked in the right one, nobody tells Redis.
    [Fact]
    public void While_the_database_is_lost_news_from_Redis_counts_for_nothing()
    {
        freshness.Lose();
        for (var i = 0; i < 3; i++)
        {
            clock.Pass(Pause, Pause);
            freshness.Tick();
            freshness.Heard(freshness.Begin(), catchesUp: true);
            Assert.False(HoldsNow());
        }

        Assert.True(freshness.Age >= 3 * Pause);
        freshness.Find();
        freshness.Heard(freshness.Begin(), catchesUp: true);
        Assert.True(HoldsNow());
    }

    // As without a pause, up to MaxStaleness.
    [Fact]
    public async Task Reading_that_fails_after_a_short_pause_leaves_what_is_known()
    {
        freshness.CatchUp = () => Task.FromException(new IOException());
        clock.Pass(Pause, Pause);

        Assert.False(HoldsNow());
        Assert.True(await HoldsAsync());
    }

    [Theory]
    [InlineData(11)] // stopped
    [InlineData(0)] // asleep, and the monotonic clock with it
    public async Task Reading_that_fails_after_a_long_pause_lets_nobody_pass_but_where_the_operator_prefers_it(int monotonicSeconds)
    {
        freshness.CatchUp = () => Task.FromException(new IOException());
        clock.Pass(TimeSpan.FromSeconds(11), TimeSpan.FromSeconds(monotonicSeconds));

        Assert.False(await HoldsAsync());
        Assert.True(await freshness.HoldsAsync(null, OnStale.Allow, CancellationToken.None));
    }

    [Fact]
    public async Task Policy_may_want_fresher_news_than_others()
    {
        for (var i = 0; i < 30; i++)
        {
            clock.Pass(Moment, Moment);
            freshness.Tick();
        }

        Assert.True(HoldsNow());
        Assert.False(freshness.HoldsNow(TimeSpan.FromSeconds(2), clock.GetUtcNow()));
        Assert.False(await freshness.HoldsAsync(TimeSpan.FromSeconds(2), null, CancellationToken.None));
    }

    private bool HoldsNow() => freshness.HoldsNow(null, clock.GetUtcNow());

    private ValueTask<bool> HoldsAsync() => freshness.HoldsAsync(null, null, CancellationToken.None);

    private Task ReadAsync()
    {
        reads++;
        freshness.Heard(freshness.Begin(), catchesUp: true);
        return Task.CompletedTask;
    }

    public void Dispose() => freshness.Dispose();
}
