using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Gateway.IntegrationTests.Replicas;

/// <summary>Somebody sets the wall clock of one replica: nothing comes back to life, nothing is missed, nobody is logged out by it.</summary>
public sealed class ClockTests(OnWrongClocks gateways) : ReplicaTests<OnWrongClocks>(gateways)
{
    [Theory]
    [InlineData(2)]
    [InlineData(-2)]
    [InlineData(600)] // what it knows of has expired, by that clock
    [InlineData(-600)]
    public async Task What_was_revoked_stays_so_and_news_is_heard(int minutes)
    {
        var clock = gateways.Clocks[1];
        var (gone, next, known) = (await gateways.KnownAsync(), await gateways.KnownAsync(), await gateways.KnownAsync());
        await gone.LogOutAsync(0);
        await gone.UntilOutAsync();

        clock.Wrong = TimeSpan.FromMinutes(minutes);
        try
        {
            Assert.Equal(HttpStatusCode.Unauthorized, (await gone[1].GetAsync("/orders/1")).StatusCode);
            await next.LogOutAsync(2);
            await next.UntilOutAsync();
        }
        finally
        {
            clock.Wrong = TimeSpan.Zero;
        }

        await gone.AssertOutAsync();
        await next.AssertOutAsync();
        await known.AssertInAsync();
    }

    [Fact]
    public async Task Revocation_by_a_replica_whose_clock_is_behind_holds_everywhere()
    {
        var visitor = await gateways.KnownAsync();
        gateways.Clocks[1].Wrong = TimeSpan.FromMinutes(-4);
        try
        {
            await visitor.LogOutAsync(1);
            await visitor.UntilOutAsync();
        }
        finally
        {
            gateways.Clocks[1].Wrong = TimeSpan.Zero;
        }

        await visitor.AssertOutAsync();
    }
}

/// <summary>Each replica has a wall clock of its own, which can be set; time passes as it does.</summary>
public sealed class OnWrongClocks : OnRedis
{
    internal SettableClock[] Clocks { get; } = [new(), new(), new()];

    protected override void Replace(int replica, IServiceCollection services) => services.Replace(ServiceDescriptor.Singleton<TimeProvider>(Clocks[replica]));
}

internal sealed class SettableClock : TimeProvider
{
    public TimeSpan Wrong { get; set; }

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Wrong;
}
