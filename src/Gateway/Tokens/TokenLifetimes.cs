namespace Gateway.Tokens;

/// <summary>How long may a token that was issued now still open something, whoever issued it?</summary>
internal sealed class TokenLifetimes(TokenOptions tokens)
{
    private long longest = tokens.AccessLifetime.Ticks;

    /// <summary>How long a revocation must be remembered: until nothing that it could hit can exist.</summary>
    public TimeSpan Revocation => TimeSpan.FromTicks(Volatile.Read(ref longest)) + tokens.ClockSkew + TimeSpan.FromMinutes(1);

    /// <summary>It never becomes less: who is trusted no longer may be trusted again tomorrow.</summary>
    public void Allow(TimeSpan lifetime) => Volatile.Write(ref longest, Math.Max(longest, lifetime.Ticks));
}
