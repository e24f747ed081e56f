using System.Net;
using Gateway.Platform.Database;
using Gateway.Tokens;
using Microsoft.EntityFrameworkCore;

namespace Gateway.Sessions.Connections;

/// <summary>May they stay, though their token has run out or their user has changed? Asks the session store, for many at once.</summary>
internal sealed class Renewal(
    IDbContextFactory<GatewayDatabase> databases, ReadSubject readSubject, AccessTokenIssuer tokens, Issuers issuers,
    CredentialRules rules, TokenOptions options, TimeProvider clock)
{
    /// <param name="Connection">The one that is asked for.</param>
    /// <param name="Seen">As it was looked at.</param>
    /// <param name="Identity">Whom it was opened as.</param>
    /// <param name="Peer">Where it was opened from.</param>
    /// <param name="Terms">What the route says.</param>
    /// <param name="IsOutOfDate">The user is known to have changed since.</param>
    internal readonly record struct Question(OpenConnection Connection, long Seen, Identity Identity, IPAddress? Peer, ConnectionTerms Terms, bool IsOutOfDate);

    /// <param name="Identity">Whoever it is now.</param>
    /// <param name="Until">When to ask again.</param>
    /// <param name="End">Why it may not stay; null: it may.</param>
    internal readonly record struct Answer(Identity? Identity, DateTimeOffset Until, EndCause? End = null);

    /// <exception cref="Exception">The store cannot be asked.</exception>
    public async Task<IEnumerable<(Question, Answer)>> AskAsync(Question[] questions)
    {
        await using var db = await databases.CreateDbContextAsync();
        var ids = questions.Select(q => q.Identity.Claims.SessionId).Distinct().ToArray();
        var sessions = await db.Set<Session>().AsNoTracking().Where(s => ids.Contains(s.Id)).ToDictionaryAsync(s => s.Id);

        // Also of who is not known to have changed: this replica may have been cut off for longer than that was worth telling.
        var subjects = new Dictionary<string, Subject?>();
        foreach (var id in questions.Select(q => q.Identity.Claims.Subject).Distinct())
            subjects[id] = await readSubject(db, id, CancellationToken.None);

        return questions.Select(q => (q, AnswerTo(q, sessions.GetValueOrDefault(q.Identity.Claims.SessionId!), subjects)));
    }

    private Answer AnswerTo(Question question, Session? session, Dictionary<string, Subject?> subjects)
    {
        var (identity, now) = (question.Identity, clock.GetUtcNow());
        if (session?.IsAlive(now) is not true || subjects[identity.Claims.Subject] is not { IsDisabled: false } subject)
            return new(null, default, EndCause.Revoked);
        if (UntilOf(question, session, now) is var until && until <= now)
            return new(null, default, EndCause.Expired);

        // Also who has not changed: a login may be too old by now.
        var current = subject.Version == identity.Version ? identity
            : new Identity(identity, tokens.Describe(SessionStore.Claims(session, subject)), issuers.Own, rules.ForwardUnverifiedEmail);
        return new(current, until, question.Terms.StillAllowed(current, question.Peer, now) ? null : EndCause.Denied);
    }

    /// <summary>A cookie's lasts as long as the session; a token's as long as itself, or as the token that a refresh has brought since.</summary>
    private DateTimeOffset UntilOf(Question question, Session session, DateTimeOffset now)
    {
        var token = question.Identity.ValidUntil;
        if (question.Terms.FollowsSession || question.Identity.Kind is CredentialKind.Cookie)
            return tokens.ExpiryOf(session.EndsAt, now);
        return session.RotatedAt is { } refreshed && tokens.ExpiryOf(session.EndsAt, refreshed) + options.ClockSkew is var next && next > token ? next : token;
    }
}
