using System.Net;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway.Sessions.Connections;

/// <summary>One exchange that is under way: whose is it, and how is it ended?</summary>
/// <remarks>
/// The object is used for one exchange after another, so a look at it may be out of date. Whoever acts on it names the turn that it
/// looked at, and holds the object meanwhile: then its exchange does not finish, and nobody else's is ended in its place.
/// </remarks>
internal sealed class OpenConnection
{
    private const long Open = 1, Held = 2, Turn = 4;
    private const int GrpcCancelled = 8;      // RFC 9113 section 7: CANCEL

    private long state;
    private int holder;
    private HttpContext? http;

    public Identity? Identity { get; private set; }

    public ConnectionTerms? Terms { get; private set; }

    /// <summary>Where it was opened from; null: from no address.</summary>
    public IPAddress? Peer { get; private set; }

    /// <summary>In which it counts; null: in nobody's.</summary>
    public OpenConnections.Share? Share { get; private set; }

    public ConnectionKind Kind { get; private set; }

    /// <summary>UTC ticks, from which on the session store is asked whether it may go on.</summary>
    public long AskAfter { get; private set; }

    /// <summary>UTC ticks: its user has changed, and nobody could be asked how; from then on that counts as a no. 0: nothing is in doubt.</summary>
    public long DeniedAfter { get; private set; }

    /// <summary>By the monotonic clock: it is being ended, and cut off from then on; 0: nobody ends it.</summary>
    public long CutAfter { get; private set; }

    public bool IsEnding => CutAfter != 0;

    /// <summary>How it ends in its own way; without one it is cut off.</summary>
    private Action<EndCause>? end;

    /// <summary>0: nobody's at the moment.</summary>
    public long Look() => Volatile.Read(ref state) is var seen && (seen & Open) != 0 ? seen & ~Held : 0;

    public void Begin(HttpContext context, Identity? identity, ConnectionTerms terms, OpenConnections.Share? share = null)
    {
        (http, Identity, Terms, Share, Peer) = (context, identity, terms, share, context.Connection.RemoteIpAddress);
        (Kind, end, CutAfter, DeniedAfter) = (ConnectionKind.Exchange, null, 0, 0);
        AskAfter = identity?.ValidUntil.UtcTicks ?? long.MaxValue;
        Volatile.Write(ref state, (state & ~Open) + Turn + Open);      // last: who sees this turn sees what it is about
    }

    /// <summary>It is more than an exchange.</summary>
    /// <param name="kind">What it is.</param>
    /// <param name="how">Ends it in its own way, without waiting; what has not ended a moment later is cut off.</param>
    public void Become(ConnectionKind kind, Action<EndCause>? how = null) => (end, Kind) = (how, kind);

    public void Finish()
    {
        var mine = Volatile.Read(ref state) & ~Held;
        var waiting = new SpinWait();
        while (Interlocked.CompareExchange(ref state, mine & ~Open, mine) != mine)
        {
            // Held: it is being ended at this moment. By this very thread, if that made the exchange go on, and finish, within the call.
            if (Volatile.Read(ref holder) == Environment.CurrentManagedThreadId)
            {
                Volatile.Write(ref state, mine & ~Open);
                break;
            }

            waiting.SpinOnce();
        }

        (http, Identity, Terms, Share, Peer, end) = (null, null, null, null, null, null);
    }

    /// <summary>Ends it, unless it has finished since, or is being ended.</summary>
    /// <param name="seen">As <see cref="Look"/> gave it.</param>
    /// <param name="cause">Why.</param>
    /// <param name="cutAfter">How long it may take, by the monotonic clock.</param>
    public bool TryEnd(long seen, EndCause cause, long cutAfter)
    {
        if (!TryHold(seen))
            return false;

        try
        {
            if (IsEnding)
                return false;

            CutAfter = cutAfter;
            end?.Invoke(cause);
            return true;
        }
        finally
        {
            Release(seen);
        }
    }

    /// <summary>Tears it down: never a clean end, which would look like the whole of an answer.</summary>
    public void Cut(long seen)
    {
        if (!TryHold(seen))
            return;

        var again = CutAfter;
        try
        {
            CutAfter = long.MaxValue;      // once; and before it, as what it ends may finish within it, and the object be another's
            if (http!.Features.Get<IHttpResetFeature>() is { } stream)
                stream.Reset(GrpcCancelled);
            else
                http.Abort();
        }
        catch (Exception)
        {
            CutAfter = again;
            throw;
        }
        finally
        {
            Release(seen);
        }
    }

    /// <summary>It may go on, as whoever it is now, until it is asked for again.</summary>
    /// <param name="terms">By which that was judged: if others are in force meanwhile, it is judged by those next.</param>
    public void Renew(long seen, Identity identity, DateTimeOffset askAfter, ConnectionTerms terms)
    {
        if (!TryHold(seen))
            return;

        (Identity, Terms, AskAfter, DeniedAfter) = (identity, terms, askAfter.UtcTicks, 0);
        Release(seen);
    }

    /// <summary>It may go on, on other terms.</summary>
    public void Move(long seen, ConnectionTerms terms)
    {
        if (!TryHold(seen))
            return;

        Terms = terms;
        Release(seen);
    }

    /// <summary>Nobody can be asked at the moment.</summary>
    public void Doubt(long seen, DateTimeOffset until, bool isOutOfDate)
    {
        if (!TryHold(seen))
            return;

        AskAfter = Math.Max(AskAfter, until.UtcTicks);
        DeniedAfter = isOutOfDate && DeniedAfter == 0 ? until.UtcTicks : DeniedAfter;
        Release(seen);
    }

    private bool TryHold(long seen)
    {
        if (Interlocked.CompareExchange(ref state, seen | Held, seen) != seen)
            return false;

        Volatile.Write(ref holder, Environment.CurrentManagedThreadId);
        return true;
    }

    private void Release(long seen)
    {
        Interlocked.CompareExchange(ref holder, 0, Environment.CurrentManagedThreadId);      // it may be the next turn's, and another thread's
        Interlocked.CompareExchange(ref state, seen, seen | Held);
    }
}
