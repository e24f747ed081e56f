using Microsoft.Extensions.Primitives;

namespace Gateway.Sessions;

[Flags]
internal enum CredentialKind
{
    None = 0,
    Bearer = 1,
    AccessTokenHeader = 2,
    Cookie = 4,

    // Where a bearer token may also be, on routes that say so; what is found there is one, as if it stood in the header.
    Body = 8,
    Query = 16,
}

/// <summary>What was presented: a part of a header or of the query, not copied.</summary>
internal readonly record struct Credential(CredentialKind Kind, string Text, int Start, int Length)
{
    public bool IsNone => Kind is CredentialKind.None;

    public ReadOnlySpan<char> Value => Text.AsSpan(Start, Length);
}

/// <summary>Where is the credential?</summary>
internal static class Credentials
{
    public const string AccessTokenHeader = "x-access-token";
    public const string CookieName = "__Host-gateway";
    private const string Scheme = "Bearer ";

    /// <summary>What may be in the body is read by <see cref="BodyToken"/>.</summary>
    /// <returns>False: more than one that counts, equal or not. Two readers could choose differently.</returns>
    public static bool TryRead(HttpRequest request, CredentialKind accepted, out Credential credential)
    {
        credential = default;
        var found = 0;

        if ((accepted & CredentialKind.Bearer) != 0)
            found += FindBearer(request.Headers.Authorization, ref credential);
        if ((accepted & CredentialKind.AccessTokenHeader) != 0 && request.Headers.TryGetValue(AccessTokenHeader, out var header))
            found += FindHeader(header, ref credential);
        if ((accepted & CredentialKind.Cookie) != 0)
            found += FindCookie(request.Headers.Cookie, ref credential);
        if ((accepted & CredentialKind.Query) != 0)
            found += QueryToken.Find(request.QueryString.Value, ref credential);

        return found <= 1;
    }

    // Another scheme is no credential of ours; two lines are two, whatever they say.
    private static int FindBearer(StringValues header, ref Credential credential)
    {
        if (header.Count != 1)
            return header.Count;
        if (header[0] is not { } text || !(text.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) || text.Equals("Bearer", StringComparison.OrdinalIgnoreCase)))
            return 0;

        var start = Math.Min(Scheme.Length, text.Length);
        credential = new(CredentialKind.Bearer, text, start, text.Length - start);
        return 1;
    }

    private static int FindHeader(StringValues header, ref Credential credential)
    {
        if (header.Count != 1)
            return header.Count;
        if (header[0] is not { Length: > 0 } text)
            return 0;

        credential = new(CredentialKind.AccessTokenHeader, text, 0, text.Length);
        return 1;
    }

    private static int FindCookie(StringValues header, ref Credential credential)
    {
        var found = 0;
        for (var i = 0; i < header.Count; i++)
        {
            if (header[i] is not { } text)
                continue;

            for (var at = 0; NextCookie(text, ref at, out var pair);)
            {
                if (!IsOurs(text, pair, out var valueStart))
                    continue;

                credential = new(CredentialKind.Cookie, text, valueStart, pair.End.Value - valueStart);
                found++;
            }
        }

        return found;
    }

    /// <summary>The next cookie-pair at or after <paramref name="at"/>, without white space around it (RFC 6265 section 4.2).</summary>
    public static bool NextCookie(string header, ref int at, out Range pair)
    {
        if (at > header.Length)
        {
            pair = default;
            return false;
        }

        var semicolon = header.IndexOf(';', at);
        var (start, end) = (at, semicolon < 0 ? header.Length : semicolon);
        at = end + 1;
        while (start < end && header[start] is ' ' or '\t')
            start++;
        while (end > start && header[end - 1] is ' ' or '\t')
            end--;
        pair = start..end;
        return true;
    }

    public static bool IsOurs(string header, Range pair, out int valueStart)
    {
        valueStart = 0;
        var text = header.AsSpan(pair);
        if (!text.StartsWith(CookieName, StringComparison.Ordinal))
            return false;

        var rest = text[CookieName.Length..];
        var name = rest.TrimStart(" \t");
        if (name.Length == 0 || name[0] != '=')
            return false;

        valueStart = pair.Start.Value + text.Length - name.Length + 1;
        while (valueStart < pair.End.Value && header[valueStart] is ' ' or '\t')
            valueStart++;
        return true;
    }
}
