using Gateway.Platform.Redis;

namespace Gateway.Platform.Throttles;

/// <summary>May this be tried again already? Counted by all replicas together, and by each for itself, for when Redis is away.</summary>
internal sealed class Throttle(RedisLink redis, TimeProvider clock)
{
    private readonly LocalTally local = new(clock);
    private readonly SharedTally shared = new(redis);

    /// <summary>Takes one of each allowance, or nothing.</summary>
    public async Task<Turn> TakeAsync(params Allowance[] allowances)
    {
        // What this process alone counted too often, all together did as well; and a Redis that dies or forgets gives nobody a new allowance.
        var wait = local.Take(allowances);
        if (wait > TimeSpan.Zero)
            return Turn.Refused(wait);

        var sharedWait = await shared.TakeAsync(allowances);
        if (!(sharedWait > TimeSpan.Zero))
            return new(TimeSpan.Zero, allowances, IsShared: sharedWait is not null);

        local.GiveBack(allowances);
        return Turn.Refused(sharedWait.Value);
    }

    /// <summary>For a turn that shall cost nothing. A refused one cost nothing.</summary>
    public async Task GiveBackAsync(Turn turn)
    {
        local.GiveBack(turn.Taken);
        if (turn.IsShared)
            await shared.GiveBackAsync(turn.Taken);
    }
}

/// <summary>What a throttle said.</summary>
/// <param name="Wait">Zero: it may be tried. Otherwise how long until it may.</param>
/// <param name="Taken">What it cost.</param>
/// <param name="IsShared">Whether all replicas know.</param>
internal readonly record struct Turn(TimeSpan Wait, Allowance[] Taken, bool IsShared)
{
    public static Turn Refused(TimeSpan wait) => new(wait, [], false);

    public bool IsGranted => Wait == TimeSpan.Zero;

    public Problem Refusal => Problems.RateLimited((int)Math.Ceiling(Wait.TotalSeconds));
}
