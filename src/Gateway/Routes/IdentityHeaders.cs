using System.Collections.Frozen;
using System.Text;
using Gateway.Platform;
using Gateway.Sessions;
using Gateway.Tokens;
using Microsoft.Extensions.Primitives;

namespace Gateway.Routes;

/// <summary>What is the backend told? First every header that could say it is removed, then ours are written.</summary>
internal sealed partial class IdentityHeaders
{
    public const string AssertionHeader = "X-Gateway-Assertion";
    private const int MaxValue = 4096;
    private const int MaxAssertion = 8192;      // no longer than a token may be

    // What frames, routes or authenticates the request is not for claims.
    private static readonly LooseNames Reserved = new(
    [
        "Host", "Connection", "Keep-Alive", "Proxy-Connection", "Transfer-Encoding", "TE", "Trailer", "Upgrade", "Content-Length", "Content-Type",
        "Content-Encoding", "Expect", "Cookie", "Set-Cookie", "Authorization", "Proxy-Authorization", "Date", "Forwarded",
        "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Prefix", AssertionHeader, Credentials.AccessTokenHeader,
    ]);

    // What other products in this place say, and what a backend that we speak to may be set up to hear beside what we say.
    private static readonly string[] OfOthers = ["X-Remote-Group", "X-Remote-Groups", "X-MS-Client-Principal"];

    private static readonly string[] Families =
    [
        "xwebauth-", "xremoteextra-", "xauthrequest-", "xpomerium-", "xauthentik-", "xauthenticated-", "xconsumer-", "cfaccess-", "tailscaleuser-",
        "xgoogauthenticateduser-", "xgoogiap-", "xmsclientprincipal-", "xmstoken-", "xamznoidc-",
    ];

    private readonly LooseNames stripped;
    private readonly FrozenDictionary<Dialect, Dialect.Header[]> written;
    private readonly AssertionIssuer assertions;
    private readonly ILogger logger;
    private readonly IdentityHeaderOptions options;

    public IdentityHeaders(IdentityHeaderOptions options, AssertionIssuer assertions, ILogger<IdentityHeaders> logger)
    {
        (this.options, this.assertions, this.logger) = (options, assertions, logger);

        // What other dialects say it with is removed too: a backend may still listen to what it was set up for before.
        var spoken = Dialect.ByWord.Values.SelectMany(dialect => dialect.Headers).Select(header => header.Name);
        stripped = new([.. spoken, .. OfOthers, AssertionHeader, Credentials.AccessTokenHeader, .. options.Headers.Keys], Families);

        var own = options.Headers.Keys.ToHashSet(CanonicalName.Comparer);
        var added = options.Headers.Select(header => Dialect.Claim(header.Key, header.Value)).ToArray();
        written = Dialect.ByWord.Values.ToFrozenDictionary(dialect => dialect, dialect => (Dialect.Header[])[.. dialect.Headers.Where(header => !own.Contains(header.Name)), .. added]);
    }

    public static bool MayBeNamed(string name) =>
        name.Length is > 0 and <= 64 && name.All(c => char.IsAsciiLetterOrDigit(c) || "!#$%&'*+-.^_`|~".Contains(c)) && !Reserved.Contains(name);

    /// <summary>Would these options make the same?</summary>
    public bool Says(IdentityHeaderOptions others) =>
        (others.Dialect, others.Assertion) == (options.Dialect, options.Assertion) && others.Headers.SequenceEqual(options.Headers);

    /// <returns>Null: written. Otherwise the request goes nowhere: a list is never cut.</returns>
    public Problem? Write(HttpRequest request, RoutePolicy policy, Identity? identity) => Write(request, policy, identity, policy.Speech);

    /// <param name="request">What goes to the backend.</param>
    /// <param name="policy">Of its route.</param>
    /// <param name="identity">Null: nobody.</param>
    /// <param name="speech">In the place of the policy's own.</param>
    public Problem? Write(HttpRequest request, RoutePolicy policy, Identity? identity, Speech speech)
    {
        HopByHop.Remove(request.Headers);
        Strip(request.Headers);
        if (!policy.ForwardsAuthorization)
            request.Headers.Authorization = StringValues.Empty;
        if (request.Headers.Cookie.Count > 0)
            RemoveOurCookie(request.Headers);
        if ((policy.Accepts & CredentialKind.Query) != 0)
            request.QueryString = new(QueryToken.Without(request.QueryString.Value));
        if (identity is null)
            return null;

        var said = SaidOf(identity, speech);
        if (said.Refusal is not null)
            return said.Refusal;
        foreach (var (name, value) in said.Headers)
            request.Headers[name] = value;
        return null;
    }

    private void Strip(IHeaderDictionary headers)
    {
        List<string>? found = null;
        foreach (var header in headers)
        {
            if (stripped.Contains(header.Key))
                (found ??= []).Add(header.Key);
        }

        if (found is null)
            return;

        // Removed after the walk: the collection must not change under it.
        foreach (var name in found)
            headers.Remove(name);
    }

    /// <summary>Every other cookie stays as it was sent, byte for byte.</summary>
    private static void RemoveOurCookie(IHeaderDictionary headers)
    {
        var cookies = headers.Cookie;
        if (!cookies.Any(line => line!.Contains(Credentials.CookieName, StringComparison.Ordinal)))
            return;

        var kept = cookies.Select(line => Without(line!)).Where(line => line.Length > 0).ToArray();
        headers.Cookie = kept.Length == 0 ? StringValues.Empty : new(kept);
    }

    private static string Without(string line)
    {
        var kept = new StringBuilder(line.Length);
        var isFirst = true;
        for (int start = 0, at = 0; Credentials.NextCookie(line, ref at, out var pair); start = at)
        {
            if (Credentials.IsOurs(line, pair, out _))
                continue;

            // Where ours was the first, the next one takes its place, without the space between them.
            var cookie = line.AsSpan(start..(at - 1));
            kept.Append(isFirst ? "" : ";").Append(isFirst && start > 0 ? cookie.TrimStart(' ') : cookie);
            isFirst = false;
        }

        return kept.ToString();
    }

    /// <summary>Built once for an identity and a way of telling it, and kept with the identity; with an assertion, as long as that is fresh.</summary>
    private Said SaidOf(Identity identity, Speech speech)
    {
        var known = identity.Headers as Said;
        for (var said = known; said is not null; said = said.Next)
        {
            if (said.By != this || said.Speech != speech)
                continue;
            if (said.Assertion is null || assertions.IsFresh(said.Assertion))
                return said;
            break;
        }

        // Of two that build at once one is forgotten, and what it built is built again.
        var built = Build(identity, speech, known?.Without(this, speech));
        identity.Headers = built;
        return built;
    }

    private Said Build(Identity identity, Speech speech, Said? others)
    {
        var headers = new List<Header>();
        foreach (var header in written[speech.Dialect])
        {
            if (header.Say(identity) is { } text)
                headers.Add(new(header.Name, text));
        }

        var refusal = headers.Where(header => header.Value.ToString().Length > MaxValue).Select(header => TooLong(header.Name, header.Value.ToString(), MaxValue)).FirstOrDefault();
        if (speech.Audience is not { } audience)
            return new(this, speech, [.. headers], refusal, null, others);

        var assertion = assertions.Issue(Dialect.ClaimsOf(identity), audience, identity.ValidUntil);
        if (refusal is not null)
        {
            AssertionAlone(logger, audience, refusal.Requirement);
            headers.Clear();
        }

        headers.Add(new(AssertionHeader, assertion.Text));
        return new(this, speech, [.. headers], assertion.Text.Length > MaxAssertion ? TooLong(AssertionHeader, assertion.Text, MaxAssertion) : null, assertion, others);
    }

    private static Problem TooLong(string name, string text, int limit) =>
        Problems.RequestRefused($"What {name} would say of you is longer than {limit} bytes. Ask an administrator to shorten it, by fewer roles for example.", 431) with { Requirement = $"{name}: {text.Length} bytes" };

    private sealed record Header(string Name, StringValues Value);

    private sealed record Said(IdentityHeaders By, Speech Speech, Header[] Headers, Problem? Refusal, Assertion? Assertion, Said? Next)
    {
        /// <summary>What is kept for other ways of telling it; not what was built by a configuration that has gone.</summary>
        public Said? Without(IdentityHeaders by, Speech speech)
        {
            var rest = Next?.Without(by, speech);
            return By != by || Speech == speech ? rest : this with { Next = rest };
        }
    }

    [LoggerMessage(4003, LogLevel.Warning, "{Header} is more than a header holds: the backend at {Cluster} gets the assertion alone")]
    private static partial void AssertionAlone(ILogger logger, string cluster, string? header);
}
