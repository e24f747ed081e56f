using System.ComponentModel.DataAnnotations;

namespace Gateway.Routes.Limits;

/// <summary>How is it counted?</summary>
internal enum RateLimitKind
{
    TokenBucket,
    FixedWindow,
    SlidingWindow,

    /// <summary>How many at the same time.</summary>
    Concurrency,
}

/// <summary>Who shares one count?</summary>
internal enum RateLimitBy
{
    /// <summary>All that one user asks; who is not signed in counts by address.</summary>
    User,

    /// <summary>All that comes from one address; of IPv6 from one /64.</summary>
    Address,

    /// <summary>All that is asked of one route.</summary>
    Route,
}

/// <summary>One entry of Gateway:RateLimits: how much of a route may be asked for? Each replica counts for itself.</summary>
internal sealed class RateLimitOptions : IValidatableObject
{
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(100), Longest = TimeSpan.FromDays(1);

    public RateLimitKind Kind { get; set; } = RateLimitKind.TokenBucket;

    /// <summary>So many in each window, or at the same time.</summary>
    public int Permits { get; set; }

    /// <summary>Not for Concurrency.</summary>
    public TimeSpan? Window { get; set; }

    /// <summary>So many may wait for their turn; one more is refused at once.</summary>
    [Range(0, 100_000, ErrorMessage = "It must be between 0 and 100000.")]
    public int Queue { get; set; }

    public RateLimitBy By { get; set; } = RateLimitBy.User;

    public IEnumerable<ValidationResult> Validate(ValidationContext context)
    {
        if (Permits is < 1 or > 1_000_000)
            yield return new($"{(Permits == 0 ? "is missing, or 0, so nobody would get through" : $"'{Permits}' is not allowed")}. It must be between 1 and 1000000.", [nameof(Permits)]);
        if (Kind is RateLimitKind.Concurrency && Window is not null)
            yield return new("means nothing to Concurrency, which counts what is under way. Remove it, or choose another Kind.", [nameof(Window)]);
        if (Kind is not RateLimitKind.Concurrency && !(Window >= Shortest && Window <= Longest))
            yield return new($"{(Window is null ? "is missing" : $"'{Window}' is not allowed")}. It must be between 00:00:00.1000000 and 1.00:00:00, such as 00:00:10.", [nameof(Window)]);
    }
}

/// <summary>Gateway:RateLimits.</summary>
internal sealed class RateLimitsOptions : Dictionary<string, RateLimitOptions>
{
    public const string Section = "Gateway:RateLimits";
}

/// <summary>Gateway:Timeouts: how long may an exchange last, from when the policy has let it pass?</summary>
internal sealed class TimeoutsOptions : Dictionary<string, TimeSpan?>
{
    public const string Section = "Gateway:Timeouts";
}
