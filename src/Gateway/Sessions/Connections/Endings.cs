namespace Gateway.Sessions.Connections;

/// <summary>Who may stay no longer? What was let in ends when its session does, or when its policy would let it pass no longer.</summary>
/// <remarks>
/// It goes through everything that is open as soon as something was revoked, and regularly: that finds what has run out, and who was
/// let in at the moment of the revocation. Who is looked at does not notice.
/// </remarks>
internal sealed partial class Endings
{
    private static readonly TimeSpan ShortestStaleness = TimeSpan.FromSeconds(2);      // that may be configured

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250), TidyInterval = TimeSpan.FromMinutes(1);

    // With the interval, and the way of the news, all is over within a second.
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(500), Farewell = TimeSpan.FromSeconds(2);

    private const int AskedAtOnce = 500;
    private const int WalksInDoubt = 4;      // about a second: who was stopped hears everything as soon as it goes on

    private readonly OpenConnections connections;
    private readonly Revocations revocations;
    private readonly Freshness freshness;
    private readonly Renewal renewal;
    private readonly ConnectionInstruments instruments;
    private readonly Loops loops;
    private readonly RevocationOptions options;
    private readonly TermsInForce termsInForce;
    private readonly TimeProvider clock;
    private readonly ILogger<Endings> logger;
    private readonly Rounds walks;
    private readonly long grace, farewell;
    private Task asking = Task.CompletedTask;
    private int deafFor;

    public Endings(
        OpenConnections connections, Revocations revocations, Freshness freshness, Renewal renewal, ConnectionInstruments instruments, Loops loops,
        RevocationOptions options, TermsInForce termsInForce, TimeProvider clock, ILogger<Endings> logger)
    {
        (this.connections, this.revocations, this.freshness, this.renewal, this.instruments, this.loops) = (connections, revocations, freshness, renewal, instruments, loops);
        (this.options, this.termsInForce, this.clock, this.logger) = (options, termsInForce, clock, logger);
        (grace, farewell) = ((long)(Grace.TotalSeconds * clock.TimestampFrequency), (long)(Farewell.TotalSeconds * clock.TimestampFrequency));
        walks = new(() =>
        {
            Walk();
            return Task.CompletedTask;
        });
    }

    public void Start()
    {
        revocations.Changed = Hasten;
        loops.Start("Ending connections", Interval, _ =>
        {
            deafFor = freshness.Keeps(ShortestStaleness, OnStale.Deny) ? 0 : deafFor + 1;
            return walks.NextAsync();
        });
        loops.Start("Tidying connections", TidyInterval, _ =>
        {
            connections.Tidy();
            return Task.CompletedTask;
        });
    }

    /// <summary>WebSockets and event streams are told that the gateway leaves; everything else finishes by itself.</summary>
    public void Leave()
    {
        var ended = NobodyYet();
        foreach (var connection in connections.All)
        {
            if (connection.Look() is not 0 and var seen && connection.Kind is ConnectionKind.WebSocket or ConnectionKind.EventStream)
                End(connection, seen, EndCause.Leaving, ended);
        }

        Say(ended);
    }

    /// <summary>Something has changed that what is open is judged by.</summary>
    public void Hasten() => _ = walks.NextAsync();

    private void Walk()
    {
        var (now, timestamp) = (clock.GetUtcNow().UtcTicks, clock.GetTimestamp());
        var ended = NobodyYet();
        List<Renewal.Question>? questions = null;

        foreach (var connection in connections.All)
        {
            var seen = connection.Look();
            if (seen == 0)
                continue;

            if (connection.CutAfter is not 0 and var cutAfter)
            {
                if (cutAfter <= timestamp)
                    Cut(connection, seen);
            }
            else if (connection is { Identity: null, Terms: { } open })
            {
                if (!IsStillAllowed(connection, seen, open, null))
                    End(connection, seen, EndCause.Denied, ended);
            }
            else if (connection is { Identity: { } identity, Terms: { } terms })
            {
                var hit = revocations.Hit(identity);
                if (hit is RevocationHit.Ended or RevocationHit.TokenAlone or RevocationHit.Disabled)
                    End(connection, seen, EndCause.Revoked, ended);
                else if (deafFor >= WalksInDoubt && !freshness.Keeps(terms.MaxStaleness, terms.OnStale))
                    End(connection, seen, EndCause.Stale, ended);
                else if (!IsStillAllowed(connection, seen, terms, identity))
                    End(connection, seen, EndCause.Denied, ended);
                else if (hit is RevocationHit.OutOfDate && connection.DeniedAfter is not 0 and var deniedAfter && deniedAfter <= now)
                    End(connection, seen, EndCause.Denied, ended);
                else if (hit is RevocationHit.OutOfDate || (connection.AskAfter <= now && identity.IsOwn))
                    (questions ??= []).Add(new(connection, seen, identity, connection.Peer, terms, hit is RevocationHit.OutOfDate));
                else if (connection.AskAfter <= now)
                    End(connection, seen, EndCause.Expired, ended);
            }
        }

        Say(ended);

        // Beside the walk: a store that is slow must not keep what Redis has told from being acted on.
        if (questions is not null && asking.IsCompleted)
            asking = Task.Run(() => AskAsync(questions));      // SQLite would ask at once, on this thread
    }

    /// <summary>By the configuration that is in force by now. A request and its answer finish on the terms that they began with.</summary>
    private bool IsStillAllowed(OpenConnection connection, long seen, ConnectionTerms terms, Identity? identity)
    {
        if (connection.Kind is ConnectionKind.Exchange || termsInForce(terms.Route) is var now && ReferenceEquals(now, terms))
            return true;
        if (now?.StillAllowed(identity, connection.Peer, clock.GetUtcNow()) is not true)
            return false;      // nor where the route has gone

        connection.Move(seen, now);
        return true;
    }

    private async Task AskAsync(List<Renewal.Question> questions)
    {
        var ended = NobodyYet();
        var answered = 0;
        try
        {
            foreach (var some in questions.Chunk(AskedAtOnce))
            {
                foreach (var (question, answer) in await renewal.AskAsync(some))
                {
                    Tell(question, answer, ended);
                    answered++;
                }
            }
        }
        // An outage of ours ends nobody's connection. But who has changed, nobody knows how, does not stay for ever.
        catch (Exception e)
        {
            CannotAsk(logger, questions.Count - answered, e.GetBaseException().GetType().Name);
            var now = clock.GetUtcNow();
            foreach (var question in questions.Skip(answered))
                question.Connection.Doubt(question.Seen, now + (question.Terms.MaxStaleness ?? options.MaxStaleness), question.IsOutOfDate);
        }

        Say(ended);
    }

    private void Tell(Renewal.Question question, Renewal.Answer answer, int[] ended)
    {
        if (answer.End is { } cause)
            End(question.Connection, question.Seen, cause, ended);
        else
            question.Connection.Renew(question.Seen, answer.Identity!, answer.Until, question.Terms);
    }

    private void End(OpenConnection connection, long seen, EndCause cause, int[] ended)
    {
        try
        {
            var kind = connection.Kind;
            if (!connection.TryEnd(seen, cause, clock.GetTimestamp() + (cause is EndCause.Leaving ? farewell : grace)))
                return;

            ended[(int)cause]++;
            instruments.Ended(kind, cause);
        }
        catch (Exception e)
        {
            CannotEnd(logger, e);      // it is cut instead, and nobody behind it has to wait
        }
    }

    private void Cut(OpenConnection connection, long seen)
    {
        try
        {
            connection.Cut(seen);
        }
        catch (Exception e)
        {
            CannotEnd(logger, e);
        }
    }

    private static int[] NobodyYet() => new int[Enum.GetValues<EndCause>().Length];

    private void Say(int[] ended)
    {
        for (var cause = 0; cause < ended.Length; cause++)
        {
            if (ended[cause] > 0)
                Ended(logger, ended[cause], (EndCause)cause);
        }
    }

    [LoggerMessage(3005, LogLevel.Information, "{Count} open connections are ended: {Cause}")]
    private static partial void Ended(ILogger logger, int count, EndCause cause);

    [LoggerMessage(3007, LogLevel.Error, "An open connection could not be ended; it is tried again")]
    private static partial void CannotEnd(ILogger logger, Exception e);

    [LoggerMessage(3006, LogLevel.Warning, "Whether {Count} open connections may stay could not be asked ({Trouble}); it is asked again")]
    private static partial void CannotAsk(ILogger logger, int count, string trouble);
}
