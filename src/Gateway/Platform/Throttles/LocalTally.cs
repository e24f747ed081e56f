namespace Gateway.Platform.Throttles;

/// <summary>What has this process counted? For each key the one number that the rule needs: when it will be as if nothing had been tried.</summary>
/// <remarks>The rule is GCRA, a token bucket without a timer. <see cref="SharedTally"/> says the same in Redis; a test holds them together.</remarks>
internal sealed class LocalTally(TimeProvider clock, int limit = 100_000)
{
    private readonly Lock changing = new();
    private readonly Dictionary<string, long> settled = [];

    public int Count => settled.Count;

    /// <summary>Takes one of each allowance, or nothing.</summary>
    /// <returns>Zero: taken. Otherwise how long until it could be.</returns>
    public TimeSpan Take(ReadOnlySpan<Allowance> allowances)
    {
        lock (changing)
        {
            var now = Now;
            var wait = 0L;
            foreach (var allowance in allowances)
                wait = Math.Max(wait, After(allowance, now) - now - allowance.WholeMilliseconds);
            if (wait > 0)
                return TimeSpan.FromMilliseconds(wait);

            foreach (var allowance in allowances)
                settled[allowance.Key] = After(allowance, now);
            if (settled.Count > limit)
                Forget();
            return TimeSpan.Zero;
        }
    }

    public void GiveBack(ReadOnlySpan<Allowance> allowances)
    {
        lock (changing)
        {
            foreach (var allowance in allowances)
            {
                if (!settled.TryGetValue(allowance.Key, out var at))
                    continue;
                if (at - allowance.IntervalMilliseconds > Now)
                    settled[allowance.Key] = at - allowance.IntervalMilliseconds;
                else
                    settled.Remove(allowance.Key);
            }
        }
    }

    private long Now => (long)clock.GetElapsedTime(0).TotalMilliseconds;

    private long After(Allowance allowance, long now) => Math.Max(settled.GetValueOrDefault(allowance.Key, now), now) + allowance.IntervalMilliseconds;

    // Whoever names a million accounts pushes out his own single tries: what has been tried most is kept.
    private void Forget()
    {
        foreach (var key in settled.OrderBy(entry => entry.Value).Take(limit / 2).Select(entry => entry.Key).ToList())
            settled.Remove(key);
    }
}
