using System.Text;
using Gateway.Platform;

namespace Gateway.Sessions;

/// <summary>Is there a token in the query (RFC 6750 section 2.3), and what does the query look like without it?</summary>
/// <remarks>Only where a route says so: addresses are written into logs, histories and referrers.</remarks>
internal static class QueryToken
{
    private const string Name = "access_token";

    /// <summary>How many there are; one that can be read in more than one way counts as two.</summary>
    public static int Find(string? query, ref Credential credential)
    {
        if (query is null)
            return 0;

        var found = 0;
        for (var at = 1; Next(query, ref at, out var parameter);)
        {
            if (!IsOurs(query, parameter, out var value))
            {
                if (IsLike(query, parameter))
                    return 2;
                continue;
            }

            found++;
            if (query.AsSpan(value).Contains('%'))
            {
                if (Undo(query[value], plusIsSpace: false) is not { } token)
                    return 2;
                credential = new(CredentialKind.Bearer, token, 0, token.Length);
            }
            else
            {
                credential = new(CredentialKind.Bearer, query, value.Start.Value, value.End.Value - value.Start.Value);
            }
        }

        return found;
    }

    /// <summary>Takes the parameter away, with the ampersand after it, or before it if it is the last; every other byte stays as it was sent.</summary>
    public static string? Without(string? query)
    {
        if (query is null || !query.Contains("token", StringComparison.Ordinal) && !query.Contains('%'))
            return query;

        var kept = new StringBuilder(query.Length);
        for (var at = 1; Next(query, ref at, out var parameter);)
        {
            if (!IsOurs(query, parameter, out _))
                kept.Append(kept.Length == 0 ? '?' : '&').Append(query.AsSpan(parameter));
        }

        return kept.ToString();
    }

    // PHP takes dots and blanks for underscores, others forget the case, or make lists.
    private static bool IsLike(string query, Range parameter)
    {
        var name = query[parameter].Split('=')[0];
        return name.Length >= Name.Length && Undo(name, plusIsSpace: true) is { } plain
            && plain.Trim().Split('[')[0].Replace('.', '_').Replace(' ', '_').Equals(Name, StringComparison.OrdinalIgnoreCase);
    }

    private static bool Next(string query, ref int at, out Range parameter)
    {
        parameter = default;
        if (at > query.Length)
            return false;

        var ampersand = query.IndexOf('&', at);
        parameter = at..(ampersand < 0 ? query.Length : ampersand);
        at = parameter.End.Value + 1;
        return true;
    }

    // A name is ours however its letters are escaped: the backend undoes that too.
    private static bool IsOurs(string query, Range parameter, out Range value)
    {
        var text = query.AsSpan(parameter);
        var equals = text.IndexOf('=');
        var name = equals < 0 ? text : text[..equals];
        value = (parameter.Start.Value + (equals < 0 ? text.Length : equals + 1))..parameter.End;
        return name.SequenceEqual(Name)
            || (name.Contains('%') && Undo(name.ToString(), plusIsSpace: false) == Name);
    }

    private static string? Undo(string text, bool plusIsSpace) => Escapes.Undo(Encoding.UTF8.GetBytes(text), plusIsSpace) is { } bytes ? Encoding.Latin1.GetString(bytes) : null;
}
