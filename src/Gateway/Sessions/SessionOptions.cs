using System.ComponentModel.DataAnnotations;

namespace Gateway.Sessions;

/// <summary>How long does a session last?</summary>
internal sealed class SessionOptions
{
    public const string Section = "Gateway:Sessions";

    /// <summary>A session that is not used for this long has ended.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "3650.00:00:00", ErrorMessage = "It must be a positive duration.")]
    public TimeSpan IdleLifetime { get; set; } = TimeSpan.FromDays(7);

    /// <summary>However much it is used, it ends after this.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "3650.00:00:00", ErrorMessage = "It must be a positive duration.")]
    public TimeSpan AbsoluteLifetime { get; set; } = TimeSpan.FromDays(30);

    /// <summary>How long a lost answer to a refresh can be asked for again, while nobody has used it.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:01:00", ErrorMessage = "It must be between 00:00:00 and 00:01:00.")]
    public TimeSpan RefreshGrace { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>One more login ends the session that was idle longest.</summary>
    [Range(1, 10_000, ErrorMessage = "It must be between 1 and 10000.")]
    public int MaxPerUser { get; set; } = 100;

    /// <summary>How much one session may have open at once: requests under way, streams and WebSockets together.</summary>
    [Range(1, 1_000_000, ErrorMessage = "It must be between 1 and 1000000.")]
    public int MaxConnections { get; set; } = 1_000;
}

/// <summary>When revocations cannot be learnt, what then?</summary>
internal sealed class RevocationOptions
{
    public const string Section = "Gateway:Revocation";

    [Range(typeof(TimeSpan), "00:00:02", "1.00:00:00", ErrorMessage = "It must be 00:00:02 or more.")]
    public TimeSpan MaxStaleness { get; set; } = TimeSpan.FromSeconds(10);

    public OnStale OnStale { get; set; } = OnStale.Deny;
}

internal enum OnStale
{
    Deny,
    Allow,
}

/// <summary>How many verified credentials are remembered?</summary>
internal sealed class CacheOptions
{
    public const string Section = "Gateway:Cache";

    /// <summary>0: every request is a miss.</summary>
    [Range(0, 10_000_000, ErrorMessage = "It must be between 0 and 10000000.")]
    public int Identities { get; set; } = 100_000;
}
