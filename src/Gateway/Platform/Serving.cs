using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Connections;

namespace Gateway.Platform;

/// <summary>How does the gateway leave?</summary>
internal sealed class DrainOptions
{
    public const string Section = "Gateway:Drain";

    /// <summary>From "not ready" to "no new connections": a balancer needs it to look elsewhere.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00", ErrorMessage = "It must be between 00:00:00 and 00:10:00.")]
    public TimeSpan Delay { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long requests in flight may still take.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00", ErrorMessage = "It must be between 00:00:00 and 01:00:00.")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(20);
}

/// <summary>Does this process take requests, and is anybody connected?</summary>
internal sealed class Serving
{
    private int connections;

    private volatile bool open, leaving;

    /// <summary>True from when the public listener is open until the gateway begins to leave.</summary>
    public bool IsReady => open && !leaving;

    public bool IsLeaving => leaving;

    public void Open() => open = true;

    public void Leave() => leaving = true;

    public bool HasConnections => Volatile.Read(ref connections) > 0;

    public ConnectionDelegate Count(ConnectionDelegate next) => async connection =>
    {
        Interlocked.Increment(ref connections);
        try
        {
            await next(connection);
        }
        finally
        {
            Interlocked.Decrement(ref connections);
        }
    };
}
