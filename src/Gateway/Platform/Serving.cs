using System.ComponentModel.DataAnnotations;
using System.Diagnostics.Metrics;
using Gateway.Platform.Telemetry;
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
internal sealed class Serving(TimeProvider clock) : IInstruments
{
    private static readonly TimeSpan FirstLook = TimeSpan.FromMilliseconds(25), FirstPatience = TimeSpan.FromMilliseconds(100);

    private int connections;
    private long leavingAt;
    private long lastEnd = long.MinValue;
    private volatile bool open, leaving;

    /// <summary>True from when the public listener is open, and all that the management listener tells is known, until the gateway begins to leave.</summary>
    public bool IsReady => open && !leaving;

    public bool IsLeaving => leaving;

    /// <summary>Since when it takes no more, in Unix seconds; 0: it has not begun to leave.</summary>
    public long LeavingAt => Volatile.Read(ref leavingAt);

    public void Open() => open = true;

    /// <summary>Ends when nobody is connected, or after a tenth of a second: who has waited for the listener gets a first answer before the start goes on to what nobody waits for.</summary>
    /// <param name="pause">Between two looks; a real one: a start goes on whatever clock it was given.</param>
    public async Task AnswerFirstAsync(Func<TimeSpan, Task> pause)
    {
        var waited = TimeSpan.Zero;
        do
        {
            await pause(FirstLook);
            waited += FirstLook;
        }
        while (Volatile.Read(ref connections) > 0 && waited < FirstPatience);
    }

    public void Leave()
    {
        Interlocked.CompareExchange(ref leavingAt, clock.GetUtcNow().ToUnixTimeSeconds(), 0);
        leaving = true;
    }

    /// <summary>Is somebody connected, or was a moment ago? Some balancers connect anew for each request.</summary>
    public bool HasConnections(TimeSpan lately) =>
        Volatile.Read(ref connections) > 0 || (Volatile.Read(ref lastEnd) is not long.MinValue and var end && clock.GetElapsedTime(end) < lately);

    public void AddTo(Meter meter) =>
        meter.CreateObservableGauge("gateway.drain.start_time", () => LeavingAt, "s", "When this process began to leave, in Unix seconds; 0: it has not.");

    public ConnectionDelegate Count(ConnectionDelegate next) => async connection =>
    {
        Interlocked.Increment(ref connections);
        try
        {
            await next(connection);
        }
        finally
        {
            Volatile.Write(ref lastEnd, clock.GetTimestamp());
            Interlocked.Decrement(ref connections);
        }
    };
}
