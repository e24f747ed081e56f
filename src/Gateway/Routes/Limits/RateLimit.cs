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
    public string Terms => JsonSerializer.Serialize(options);

    private int isGone;

    /// <summary>Whose count it is: a user's, an address's, or a route's.</summary>
    private readonly record struct Share(RevocationKey User, string? Name);

    /// <returns>A place that must be given back, or why there is none; neither: who asked has left.</returns>
    public async ValueTask<(RateLimitLease? Place, Problem? Refusal)> TakeAsync(HttpContext http, Identity? identity, string route)
    {
        try
        {
            var counted = limiter.Value;
            if (Volatile.Read(ref isGone) == 1)      // after it may have been made: either this one sees that it went, or whoever ended it sees that it is there
                counted.Dispose();
            var place = await counted.AcquireAsync(ShareOf(http, identity, route), 1, http.RequestAborted);
            if (place.IsAcquired)
                return (place, null);

            // A sliding window says nothing: before its next part nobody gets through.
            var wait = place.TryGetMetadata(MetadataName.RetryAfter, out var after) ? after
                : options is { Kind: RateLimitKind.SlidingWindow, Window: { } window } ? window / SegmentsOf(window)
                : TimeSpan.Zero;
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
        Interlocked.Exchange(ref isGone, 1);
        if (limiter.IsValueCreated)
            limiter.Value.Dispose();
    }

    private Share ShareOf(HttpContext http, Identity? identity, string route) => options.By switch
    {
        RateLimitBy.Route => new(default, route),
        RateLimitBy.User when identity is not null => new(identity.UserKey, null),
        _ => new(default, Networks.Of(http.Connection.RemoteIpAddress?.ToString())),
    };

    private static RateLimitPartition<Share> PartitionOf(Share share, RateLimitOptions options)
    {
        var (permits, queue, window) = (options.Permits, options.Queue, options.Window ?? default);
        return options.Kind switch
        {
            RateLimitKind.Concurrency => RateLimitPartition.GetConcurrencyLimiter(share, _ => new() { PermitLimit = permits, QueueLimit = queue }),
            RateLimitKind.FixedWindow => RateLimitPartition.GetFixedWindowLimiter(share, _ => new() { PermitLimit = permits, QueueLimit = queue, Window = window }),
            RateLimitKind.SlidingWindow => RateLimitPartition.GetSlidingWindowLimiter(share, _ => new() { PermitLimit = permits, QueueLimit = queue, Window = window, SegmentsPerWindow = SegmentsOf(window) }),
            _ => RateLimitPartition.GetTokenBucketLimiter(share, _ => new() { TokenLimit = permits, QueueLimit = queue, TokensPerPeriod = TokensAtOnce(permits, window), ReplenishmentPeriod = window * TokensAtOnce(permits, window) / permits }),
        };
    }

    private static int SegmentsOf(TimeSpan window) => (int)Math.Min(10, window / Tick);

    /// <summary>As few as there are ticks for, so that a bucket fills steadily, whatever its size.</summary>
    private static int TokensAtOnce(int permits, TimeSpan window) => (int)Math.Ceiling(permits / Math.Max(1, window / Tick));
}
