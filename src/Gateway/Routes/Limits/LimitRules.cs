using Gateway.Platform.Configuration;
using Yarp.ReverseProxy.Configuration;

namespace Gateway.Routes.Limits;

/// <summary>What is wrong with the timeouts, and with what routes say of limits and timeouts?</summary>
internal sealed class LimitRules : ISettingsRule
{
    private const string Range = "It must be between 00:00:00.0010000 and 1.00:00:00.";
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(1), Longest = TimeSpan.FromDays(1);

    public Task<IReadOnlyList<string>> CheckAsync(Settings settings)
    {
        var (limits, timeouts) = (settings.Get<RateLimitsOptions>(), settings.Get<TimeoutsOptions>());
        var errors = new List<string>();
        foreach (var (name, timeout) in timeouts)
        {
            if (timeout is { } value && !IsAllowed(value))
                errors.Add($"{TimeoutsOptions.Section}:{name}: '{value}' is not allowed. {Range}");
        }

        foreach (var (id, route) in settings.Get<ReverseProxyOptions>().Routes)
            errors.AddRange(Check(route, limits, timeouts).Select(error => $"{ReverseProxyOptions.Section}:Routes:{id}: {error}"));
        return Task.FromResult<IReadOnlyList<string>>(errors);
    }

    private static IEnumerable<string> Check(RouteConfig route, RateLimitsOptions limits, TimeoutsOptions timeouts)
    {
        if (route.RateLimiterPolicy is { } limit && !limits.ContainsKey(limit))
            yield return $"RateLimiterPolicy '{limit}' is not defined. It must be a name under {RateLimitsOptions.Section}, or absent: then nothing is counted{Suggestion.For(limit, limits.Keys)}.";
        if (route.TimeoutPolicy is { } timeout && !timeouts.ContainsKey(timeout))
            yield return $"TimeoutPolicy '{timeout}' is not defined. It must be a name under {TimeoutsOptions.Section}, or absent: then an exchange lasts as long as something happens{Suggestion.For(timeout, timeouts.Keys)}.";
        if (route.Timeout is { } inline && !IsAllowed(inline))
            yield return $"Timeout '{inline}' is not allowed. {Range}";
        if (route.Timeout is not null && route.TimeoutPolicy is { Length: > 0 })
            yield return "Timeout stands beside TimeoutPolicy. Only one of the two may be there; remove the other.";
        if (route.OutputCachePolicy is { Length: > 0 } cache)
            yield return $"OutputCachePolicy '{cache}' cannot be: this gateway keeps no answers. Remove it.";
    }

    private static bool IsAllowed(TimeSpan timeout) => timeout >= Shortest && timeout <= Longest;
}
