using System.Collections.Frozen;
using System.Text;
using Gateway.Platform;
using Gateway.Sessions;
using Microsoft.Extensions.Primitives;

namespace Gateway.Routes;

/// <summary>What is the backend told? First every header that could say it is removed, then ours are written.</summary>
internal sealed class IdentityHeaders
{
    private const int MaxValue = 4096;

    // What other dialects say it with is removed too: a backend may still listen to what it was set up for before.
    private static readonly string[] Spoken =
    [
        "X-User-Id", "X-User-Name", "X-User-Email", "X-User-Roles", "X-Session-Id", "X-Token-Id",
        "X-Forwarded-User", "X-Forwarded-Preferred-Username", "X-Forwarded-Email", "X-Forwarded-Groups",
        "Remote-User", "Remote-Groups", "Remote-Name", "Remote-Email", "X-Remote-User",
        "X-WEBAUTH-USER", "X-WEBAUTH-NAME", "X-WEBAUTH-EMAIL", "X-WEBAUTH-GROUPS", "X-Userinfo", "X-Gateway-Assertion",
        Credentials.AccessTokenHeader,
    ];

    private static readonly (string Header, string Claim)[] GatewayDialect =
    [
        ("X-User-Id", "sub"), ("X-User-Name", "preferred_username"), ("X-User-Email", "email"),
        ("X-User-Roles", "roles"), ("X-Session-Id", "sid"), ("X-Token-Id", "jti"),
    ];

    // What frames, routes or authenticates the request is not for claims.
    private static readonly FrozenSet<string> Reserved = new[]
    {
        "Host", "Connection", "Keep-Alive", "Proxy-Connection", "Transfer-Encoding", "TE", "Trailer", "Upgrade", "Content-Length", "Content-Type",
        "Content-Encoding", "Expect", "Cookie", "Set-Cookie", "Authorization", "Proxy-Authorization", "Date", "Forwarded",
        "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Prefix",
    }.ToFrozenSet(CanonicalName.Comparer);

    private readonly FrozenSet<string> stripped;
    private readonly (string Header, string Claim)[] written;

    public IdentityHeaders(IdentityHeaderOptions options)
    {
        stripped = Spoken.Concat(options.Headers.Keys).ToFrozenSet(CanonicalName.Comparer);
        var own = options.Headers.Keys.ToHashSet(CanonicalName.Comparer);
        written = [.. GatewayDialect.Where(h => !own.Contains(h.Header)), .. options.Headers.Select(h => (h.Key, h.Value))];
    }

    public static bool MayBeNamed(string name) =>
        name.Length is > 0 and <= 64 && name.All(c => char.IsAsciiLetterOrDigit(c) || "!#$%&'*+-.^_`|~".Contains(c)) && !Reserved.Contains(name);

    /// <returns>Null: written. Otherwise the request goes nowhere: a list is never cut.</returns>
    public Problem? Write(HttpRequest request, RoutePolicy policy, Identity? identity)
    {
        Strip(request.Headers);
        if (!policy.ForwardsAuthorization)
            request.Headers.Authorization = StringValues.Empty;
        if (request.Headers.Cookie.Count > 0)
            RemoveOurCookie(request.Headers);
        if (identity is null)
            return null;

        var spoken = identity.Headers as Said ?? Build(identity);
        if (spoken.Refusal is not null)
            return spoken.Refusal;
        foreach (var (name, value) in spoken.Headers)
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

        // Removed after the walk: the collection must not change under it.
        foreach (var name in found ?? [])
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

    /// <summary>Built once for an identity, and kept with it.</summary>
    private Said Build(Identity identity)
    {
        var headers = new List<(string, StringValues)>();
        Problem? refusal = null;
        foreach (var (name, claim) in written)
        {
            var values = identity.ValuesOf(claim).Where(v => v.Length > 0).ToArray();
            if (values.Length == 0)
                continue;

            var text = string.Join(',', values.Select(v => HeaderValue.Encode(v, IsOneText(claim) ? null : ',')));
            if (text.Length > MaxValue)
                refusal = Problems.RequestRefused($"What {name} would say of you is longer than {MaxValue} bytes. Ask an administrator to shorten it, by fewer roles for example.", 431) with { Requirement = $"{name}: {text.Length} bytes" };
            headers.Add((name, text));
        }

        var said = new Said([.. headers], refusal);
        identity.Headers = said;
        return said;
    }

    // Every other claim may be a list, and a value with the separator in it must not look like two.
    private static bool IsOneText(string claim) => claim is "sub" or "preferred_username" or "email" or "sid" or "jti";

    private sealed record Said((string Name, StringValues Value)[] Headers, Problem? Refusal);
}
