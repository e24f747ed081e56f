using System.Net;
using Gateway.Platform;
using Gateway.Platform.Telemetry;
using Gateway.Routes.Limits;
using Gateway.Routes.Policies;
using Gateway.Sessions;
using Gateway.Sessions.Connections;
using Gateway.Tokens;
using Microsoft.AspNetCore.Cors.Infrastructure;

namespace Gateway.Routes;

/// <summary>May whoever this is go there? Compiled when the configuration loads; judging allocates nothing.</summary>
internal sealed class RoutePolicy
{
    public const CredentialKind AllCredentials = CredentialKind.Bearer | CredentialKind.AccessTokenHeader | CredentialKind.Cookie;

    /// <summary>Count only where a route says so: what is in a body or an address is easily written down.</summary>
    public const CredentialKind OptInCredentials = CredentialKind.Body | CredentialKind.Query;

    public required string Name { get; init; }

    /// <summary>The number of the configuration that it is of.</summary>
    public int Configuration { get; init; } = 1;

    /// <summary>Pages of which other origins may read its answers; null: of none.</summary>
    public CorsPolicy? Cors { get; init; }

    /// <summary>How much may be asked for here; null: as much as you like.</summary>
    public RateLimit? RateLimit { get; init; }

    /// <summary>How long an exchange may last; null: as long as something happens.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>Which credentials count here.</summary>
    public CredentialKind Accepts { get; init; } = AllCredentials;

    /// <summary>Reads no credential and forwards no identity.</summary>
    public bool IsPublic { get; init; }

    /// <summary>Takes an identity if there is one.</summary>
    public bool AllowsAnonymous { get; init; }

    /// <summary>Whose tokens count, by the configuration that the route is of; null: of the one in force.</summary>
    public IssuerSet? Issuers { get; init; }

    /// <summary>Only tokens and sessions of our own: the gateway's own endpoints.</summary>
    public bool OwnIssuerOnly { get; init; }

    /// <summary>The backend gets Authorization as the client sent it.</summary>
    public bool ForwardsAuthorization { get; init; }

    /// <summary>An answer to somebody signed in may be kept by who pleases, unless the backend says otherwise.</summary>
    public bool BackendSaysHowToCache { get; init; }

    /// <summary>The backend sets no cookies at all.</summary>
    public bool RemovesSetCookie { get; init; }

    /// <summary>How the backend is told who is there.</summary>
    public Speech Speech { get; init; } = Speech.Default;

    /// <summary>Who tells it; null: there is no backend, the endpoint is ours.</summary>
    public IdentityHeaders? Headers { get; init; }

    /// <summary>How old news of ended sessions may be here; null: as everywhere.</summary>
    public TimeSpan? MaxStaleness { get; init; }

    /// <summary>What is done when it is older; null: as everywhere.</summary>
    public OnStale? OnStale { get; init; }

    /// <summary>All of them must be met.</summary>
    public IReadOnlyList<Requirement> Requirements { get; init; } = [];

    /// <summary>Lets pass whom the policy would refuse, and says so. What is wrong with a credential is refused all the same.</summary>
    public bool IsShadow { get; init; }

    /// <summary>Where it is counted what became of each request.</summary>
    public RouteTally Tally { get; init; } = new("");

    /// <summary>What is opened with a token lasts as long as the session, and not only as long as tokens do.</summary>
    public bool ConnectionsFollowSession { get; init; }

    /// <summary>On what terms something stays open here.</summary>
    public ConnectionTerms Terms => terms ??= new(StillAllows, Tally.Route, ConnectionsFollowSession, MaxStaleness, OnStale);

    private ConnectionTerms? terms;

    public Verdict WithoutIdentity => IsPublic || AllowsAnonymous ? Verdict.Anonymous : Unless(Problems.TokenMissing, null);

    public Verdict Judge(in Circumstances circumstances)
    {
        if (OwnIssuerOnly && !circumstances.Identity.IsOwn)
            return Verdict.Refused(Problems.ForeignIssuer);

        for (var i = 0; i < Requirements.Count; i++)
        {
            if (!Requirements[i].IsMetBy(in circumstances))
                return Unless(AllOf.RefusalOf(Requirements, in circumstances)!, circumstances.Identity);
        }

        return Verdict.Passed(circumstances.Identity);
    }

    private bool StillAllows(Identity? identity, IPAddress? peer, DateTimeOffset now) => identity is null || IsPublic
        ? WithoutIdentity.Refusal is null
        : Takes(identity.Kind) && Issuers?.Holds(identity.Issuer) is not false && Judge(new(identity, peer, now)).Refusal is null;

    // A token is a bearer token wherever it stood.
    private bool Takes(CredentialKind kind) => (Accepts & (kind is CredentialKind.Bearer ? kind | OptInCredentials : kind)) != 0;

    /// <summary>Refused, unless the policy only watches.</summary>
    private Verdict Unless(Problem refusal, Identity? identity) => IsShadow ? new(null, identity) { ShadowRefusal = refusal } : Verdict.Refused(refusal);
}

/// <summary>The gate's answer.</summary>
internal readonly record struct Verdict(Problem? Refusal, Identity? Identity)
{
    /// <summary>The credential had been verified before.</summary>
    public bool IsFromMemory { get; init; }

    /// <summary>What the policy would have said, if it did more than watch; null: nothing.</summary>
    public Problem? ShadowRefusal { get; init; }

    /// <summary>Of a credential that was refused because it holds no more: whose it was, for who wants to end what has ended. Nobody passes as that.</summary>
    public Identity? Whose { get; init; }

    public static Verdict Anonymous => default;

    public static Verdict Refused(Problem problem) => new(problem, null);

    public static Verdict Passed(Identity identity) => new(null, identity);

    /// <param name="tally">Of the route.</param>
    /// <param name="refusal">The gate's; or, where it had none, what came in the way after it.</param>
    public void Count(RouteTally tally, Problem? refusal)
    {
        if (refusal is null && Identity is not null && IsFromMemory)
        {
            tally.PassRemembered();
            return;
        }

        if (refusal is not null)
            tally.Refuse(refusal);
        else if (Identity is null)
            tally.PassAnonymous();
        else
            tally.Pass();
        if (IsFromMemory)
            tally.Hit();
    }
}
