using Gateway.Platform;
using Gateway.Routes.Limits;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.UnitTests.Routes.Limits;

/// <summary>What one configuration's limits leave to the next: their counts, or nothing.</summary>
public sealed class RateLimitsTests
{
    private static readonly TimeSpan Farewell = TimeSpan.FromMinutes(1);

    private readonly FakeTimeProvider clock = new();

    [Fact]
    public void Limit_that_stays_as_it_was_goes_on_and_another_does_not()
    {
        var before = Limits(("same", 1), ("other", 1));

        var after = new RateLimits(Options(("same", 1), ("other", 2)), before);

        Assert.Same(before.Find("same"), after.Find("same"));
        Assert.NotSame(before.Find("other"), after.Find("other"));
    }

    [Fact]
    public async Task A_thousand_successors_leave_the_last_one()
    {
        var (current, gone, retiring) = (Limits(("x", 1)), new List<RateLimit>(), new List<Task>());
        for (var permits = 2; permits <= 1001; permits++)
        {
            var next = new RateLimits(Options(("x", permits)), current);
            gone.Add(current.Find("x")!);
            Assert.Null(await RefusalAsync(current.Find("x")!));
            retiring.Add(current.RetireAsync(next, clock));
            current = next;
        }

        clock.Advance(Farewell);
        await Task.WhenAll(retiring);

        foreach (var limit in gone)
            Assert.Equal(Problems.Busy, await RefusalAsync(limit));
        Assert.Null(await RefusalAsync(current.Find("x")!));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Nobody_passes_uncounted_when_a_limit_has_gone(bool wasUsed)
    {
        var before = Limits(("x", 2));
        var limit = before.Find("x")!;
        if (wasUsed)
            await RefusalAsync(limit);
        var retiring = before.RetireAsync(new([], before), clock);

        if (wasUsed)
            Assert.Null(await RefusalAsync(limit));      // it has its minute
        clock.Advance(Farewell);
        await retiring;

        Assert.Equal(Problems.Busy, await RefusalAsync(limit));
    }

    [Theory]
    [InlineData(7)]
    [InlineData(600)]
    [InlineData(997)]
    [InlineData(1_000_000)]
    public async Task Bucket_of_any_size_fills_steadily(int permits)
    {
        using var limit = new RateLimit(new() { Permits = permits, Window = TimeSpan.FromMinutes(1), By = RateLimitBy.Route });
        Problem? refusal = null;
        for (var i = 0; refusal is null; i++)
            refusal = await RefusalAsync(limit);

        Assert.InRange(refusal.RetryAfter!.Value, 1, Math.Max(1, 60 / permits + 1));
    }

    [Fact]
    public async Task Sliding_window_says_when_its_next_part_begins()
    {
        using var limit = new RateLimit(new() { Kind = RateLimitKind.SlidingWindow, Permits = 1, Window = TimeSpan.FromHours(1), By = RateLimitBy.Route });
        await RefusalAsync(limit);

        Assert.Equal(360, (await RefusalAsync(limit))!.RetryAfter);
    }

    private static async Task<Problem?> RefusalAsync(RateLimit limit)
    {
        var (place, refusal) = await limit.TakeAsync(new DefaultHttpContext(), null, "route");
        place?.Dispose();
        return refusal;
    }

    private static RateLimits Limits(params (string Name, int Permits)[] limits) => new(Options(limits), null);

    private static RateLimitsOptions Options(params (string Name, int Permits)[] limits)
    {
        var options = new RateLimitsOptions();
        foreach (var (name, permits) in limits)
            options[name] = new() { Kind = RateLimitKind.FixedWindow, Permits = permits, Window = TimeSpan.FromHours(1), By = RateLimitBy.Route };
        return options;
    }
}
