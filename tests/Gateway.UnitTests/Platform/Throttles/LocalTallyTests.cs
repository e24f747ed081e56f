using Gateway.Platform.Throttles;

namespace Gateway.UnitTests.Platform.Throttles;

/// <summary>So many at once, then one for each interval, for each key by itself.</summary>
public sealed class LocalTallyTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly Allowance Three = new("three", 3, TimeSpan.FromSeconds(10));

    private readonly FakeTimeProvider clock = new();
    private readonly LocalTally tally;

    public LocalTallyTests() => tally = new(clock);

    [Fact]
    public void A_burst_is_granted_and_the_next_is_told_when()
    {
        Assert.Equal([TimeSpan.Zero, TimeSpan.Zero, TimeSpan.Zero, 10 * Second], Take(4));

        clock.Advance(4 * Second);

        Assert.Equal([6 * Second], Take(1));
    }

    [Fact]
    public void Each_interval_brings_one_more_and_a_refused_try_costs_nothing()
    {
        Take(50);
        clock.Advance(10 * Second);
        Assert.Equal([TimeSpan.Zero, 10 * Second], Take(2));

        clock.Advance(20 * Second);

        Assert.Equal([TimeSpan.Zero, TimeSpan.Zero, 10 * Second], Take(3));
    }

    [Fact]
    public void More_than_the_burst_is_never_saved_up()
    {
        Take(3);

        clock.Advance(TimeSpan.FromDays(1));

        Assert.Equal([TimeSpan.Zero, TimeSpan.Zero, TimeSpan.Zero, 10 * Second], Take(4));
    }

    [Fact]
    public void One_refusal_takes_from_no_other_allowance()
    {
        var one = new Allowance("one", 1, Second);
        tally.Take([one]);

        Assert.Equal(Second, tally.Take([Three, one]));

        Assert.Equal([TimeSpan.Zero, TimeSpan.Zero, TimeSpan.Zero, 10 * Second], Take(4));
    }

    [Fact]
    public void What_was_given_back_was_never_taken() =>
        Law.Holds(Gen.Choose(0, 9).Select(n => (byte)n).ArrayOf(), steps =>
        {
            var (tally, control) = (new LocalTally(clock), new LocalTally(clock));
            foreach (var step in steps)
            {
                clock.Advance(step * Second);
                if (tally.Take([Three]) == TimeSpan.Zero)
                    tally.GiveBack([Three]);
                Assert.Equal(control.Take([Three]), tally.Take([Three]));
            }
        });

    [Fact]
    public void In_any_stretch_of_time_there_are_at_most_the_burst_and_one_for_each_interval() =>
        Law.Holds(Gen.Choose(0, 9).ArrayOf(), pauses =>
        {
            var (tally, granted, elapsed) = (new LocalTally(clock), 0, TimeSpan.Zero);
            foreach (var pause in pauses)
            {
                clock.Advance(pause * Second);
                elapsed += pause * Second;
                granted += tally.Take([Three]) == TimeSpan.Zero ? 1 : 0;
                Assert.InRange(granted, 0, 3 + elapsed / Three.Interval);
            }
        });

    [Fact]
    public async Task Parallel_tries_do_not_slip_through()
    {
        var all = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => Take(50))));

        Assert.Equal(3, all.SelectMany(waits => waits).Count(wait => wait == TimeSpan.Zero));
    }

    [Fact]
    public void Naming_a_million_accounts_fills_no_memory_and_gives_nobody_a_new_allowance()
    {
        var tally = new LocalTally(clock, limit: 1000);
        for (var i = 0; i < 3; i++)
            tally.Take([Three]);

        for (var i = 0; i < 100_000; i++)
        {
            tally.Take([new($"account {i}", 3, Three.Interval)]);
            Assert.InRange(tally.Count, 1, 1000);
        }

        Assert.Equal(10 * Second, tally.Take([Three]));
    }

    [Fact]
    public void What_is_settled_is_forgotten_first()
    {
        var tally = new LocalTally(clock, limit: 10);
        for (var i = 0; i < 9; i++)
            tally.Take([new($"old {i}", 1, Second)]);
        clock.Advance(Second);

        for (var i = 0; i < 4; i++)
            tally.Take([new($"new {i}", 1, Second)]);

        Assert.All(Enumerable.Range(0, 4), i => Assert.Equal(Second, tally.Take([new($"new {i}", 1, Second)])));
    }

    private TimeSpan[] Take(int times) => [.. Enumerable.Range(0, times).Select(_ => tally.Take([Three]))];

    [Fact]
    public void What_is_kept_of_a_name_is_as_long_as_of_any_other() =>
        Assert.Equal(new Allowance("a", 1, Second).Key.Length, new Allowance(new string('a', 16_000), 1, Second).Key.Length);
}
