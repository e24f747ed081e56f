using System.Text.Json;
using System.Threading.RateLimiting;
using Gateway.Platform;
using Gateway.Platform.Throttles;
using Gateway.Sessions;

namespace Gateway.Routes.Limits;

/// <summary>Is it this one's turn? What has been idle for a while is forgotten by the library itself.</summary>
internal sealed class RateLimit(RateLimitOptions options) : IDisposable
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(100);      // how often the library looks

    // Made at first use: a configuration that is only checked, or refused, leaves no timer behind.
    private readonly Lazy<PartitionedRateLimiter<Share>> limiter = new(() => PartitionedRateLimiter.Create<Share, Share>(share => PartitionOf(share, options)));

    /// <summary>All that it was made of, in one text.</summary>
    public string Terms { get; } = JsonSerializer.Serialize(options);

    public bool IsInUse => limiter.IsValueCreated;

    /// <summary>Whose count it is: a user's, an address's, or a route's.</summary>
    private readonly record struct Share(UInt128 User, string? Name);

    /// <returns>A place that must be given back, or why there is none; neither: who asked has left.</returns>
    public async ValueTask<(RateLimitLease? Place, Problem? Refusal)> TakeAsync(HttpContext http, Identity? identity, string route)
    {
        try
        {
            var place = await limiter.Value.AcquireAsync(ShareOf(http, identity, route), 1, http.RequestAborted);
            if (place.IsAcquired)
                return (place, null);

            var wait = place.TryGetMetadata(MetadataName.RetryAfter, out var after) ? after : TimeSpan.Zero;
            place.Dispose();
            return (null, Problems.TooManyRequests(Math.Max(1, (int)Math.Ceiling(wait.TotalSeconds))));
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            return (null, null);
        }
        // It went with its configuration, a minute ago and more; nobody passes uncounted.
        catch (ObjectDisposedException)
        {
            return (null, Problems.Busy);
        }
    }

    public void Dispose()
    {
        if (limiter.IsValueCreated)
            limiter.Value.Dispose();
    }

    private Share ShareOf(HttpContext http, Identity? identity, string route) => options.By switch
    {
        RateLimitBy.Route => new(0, route),
        RateLimitBy.User when identity is not null => new(identity.UserKey, null),
        _ => new(0, Networks.Of(http.Connection.RemoteIpAddress?.ToString())),
    };

    private static RateLimitPartition<Share> PartitionOf(Share share, RateLimitOptions options)
    {
        var (permits, queue, window) = (options.Permits, options.Queue, options.Window ?? default);
        return options.Kind switch
        {
            RateLimitKind.Concurrency => RateLimitPartition.GetConcurrencyLimiter(share, _ => new() { PermitLimit = permits, QueueLimit = queue }),
            RateLimitKind.FixedWindow => RateLimitPartition.GetFixedWindowLimiter(share, _ => new() { PermitLimit = permits, QueueLimit = queue, Window = window }),
            RateLimitKind.SlidingWindow => RateLimitPartition.GetSlidingWindowLimiter(share, _ => new() { PermitLimit = permits, QueueLimit = queue, Window = window, SegmentsPerWindow = (int)Math.Min(10, window / Tick) }),
            _ => RateLimitPartition.GetTokenBucketLimiter(share, _ => new() { TokenLimit = permits, QueueLimit = queue, TokensPerPeriod = permits / PeriodsOf(permits, window), ReplenishmentPeriod = window / PeriodsOf(permits, window) }),
        };
    }

    /// <summary>Into how many equal parts a bucket's window is divided, so that it fills steadily.</summary>
    private static int PeriodsOf(int permits, TimeSpan window)
    {
        var periods = (int)Math.Min(permits, Math.Max(1, window / Tick));
        while (permits % periods != 0)
            periods--;
        return periods;
    }
}
