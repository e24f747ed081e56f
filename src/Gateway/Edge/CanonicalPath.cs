using System.Buffers;
using System.Globalization;
using System.Text;
using Gateway.Platform;

namespace Gateway.Edge;

/// <summary>Which one path is this, to whoever reads it? That text is matched, judged and forwarded.</summary>
/// <param name="Text">Dot segments are resolved, unreserved characters decoded, hex digits upper case, all else is as it was sent (RFC 3986 section 6.2.2).</param>
/// <param name="Risks">What only a route that takes the risk may get.</param>
/// <param name="OtherReadings">What some backends would read instead. Only if all lead to the same route, it does not matter who reads it.</param>
internal sealed record CanonicalPath(string Text, PathRisk Risks, string[] OtherReadings)
{
    private const string Unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

    // Each reading is looked up: whoever sends many and long ones would be cheap, and we would not.
    private const int MaxDoubtful = 2048;

    private static readonly SearchValues<char> Special = SearchValues.Create("%\\#;");
    private static readonly SearchValues<char> Plain = SearchValues.Create(Unreserved);
    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    /// <summary>Is it canonical as it stands, and can nobody read it in another way? Nearly every path is like that.</summary>
    public static bool IsPlain(ReadOnlySpan<char> path) =>
        path is ['/', ..]
        && !path.ContainsAnyExceptInRange('!', '~') && !path.ContainsAny(Special)
        && !path.Contains("//", StringComparison.Ordinal) && !path.Contains("/.", StringComparison.Ordinal);

    /// <param name="path">From the first slash up to the query, as it was sent.</param>
    /// <param name="ambiguity">Why there is none: what follows "The path".</param>
    public static CanonicalPath? TryRead(ReadOnlySpan<char> path, out string? ambiguity)
    {
        if ((ambiguity = Unescape(path, out var text)) is not null)
            return null;

        var canonical = WithoutDots(text);
        var isDoubtful = IsDoubtful(canonical);
        if (isDoubtful && canonical.Length > MaxDoubtful)
        {
            ambiguity = $"is longer than {MaxDoubtful} characters, and could be read in more than one way";
            return null;
        }

        string[] readings = isDoubtful ? [.. Readings(canonical)] : [canonical];
        if (readings.Any(reading => reading.Split('/').Any(IsDots)))
            ambiguity = "has a dot segment in it for who undoes its escapes or cuts off its parameters";

        var risks = (canonical.Contains("%2F", StringComparison.Ordinal) ? PathRisk.EncodedSlash : 0)
            | (readings.Append(text).Any(reading => reading.Contains("//", StringComparison.Ordinal)) ? PathRisk.DoubleSlash : 0);
        return ambiguity is null ? new(canonical, risks, readings[1..]) : null;
    }

    /// <returns>Why it cannot be read in one way; null: it can.</returns>
    private static string? Unescape(ReadOnlySpan<char> path, out string text)
    {
        text = "";
        if (path is not ['/', ..])
            return "does not begin with a slash";
        if (path.ContainsAnyExceptInRange('!', '~'))
            return "has a character in it that must be percent-encoded";
        if (path.ContainsAny('\\', '#'))
            return "has a backslash or '#' in it";

        var canonical = new StringBuilder(path.Length);
        var bytes = new List<byte>();
        for (var at = 0; at < path.Length; at++)
        {
            if (path[at] != '%')
            {
                canonical.Append(path[at]);
                bytes.Add((byte)path[at]);
                continue;
            }

            if (at + 2 >= path.Length || !byte.TryParse(path.Slice(at + 1, 2), NumberStyles.AllowHexSpecifier, null, out var code))
                return "has an incomplete percent escape";
            if (code is (byte)'\\' or (byte)'%')
                return "hides a backslash or a percent sign in a percent escape";

            at += 2;
            bytes.Add(code);
            _ = Plain.Contains((char)code) ? canonical.Append((char)code) : canonical.Append('%').Append(code.ToString("X2", CultureInfo.InvariantCulture));
        }

        try
        {
            if (StrictUtf8.GetString([.. bytes]).Any(char.IsControl))
                return "hides a control character in a percent escape";
        }
        catch (DecoderFallbackException)
        {
            return "is not UTF-8 once its percent escapes are undone";
        }

        text = canonical.ToString();
        return null;
    }

    /// <summary>RFC 3986 section 5.2.4: what would climb above the root stays there.</summary>
    private static string WithoutDots(string path)
    {
        var segments = path.Split('/');
        var kept = new List<string>(segments.Length);
        foreach (var segment in segments)
        {
            if (segment == ".." && kept.Count > 1)
                kept.RemoveAt(kept.Count - 1);
            if (!IsDots(segment))
                kept.Add(segment);
        }

        if (IsDots(segments[^1]))
            kept.Add("");      // "/a/." and "/a/b/.." are the folder "/a/"
        return kept.Count > 1 ? string.Join('/', kept) : "/";
    }

    private static bool IsDots(string segment) => segment is "." or "..";

    /// <summary>Are there readings at all? Escapes of letters beyond ASCII make none.</summary>
    private static bool IsDoubtful(string canonical) =>
        canonical.Contains(';') || canonical.Contains("//", StringComparison.Ordinal) || (canonical.Contains('%') && Decoded(canonical).Length < canonical.Length);

    /// <summary>The text itself, then what comes of it in the hands of those who decode more, read what they decoded as an address again, cut parameters off, or take slashes together.</summary>
    private static IEnumerable<string> Readings(string text)
    {
        IEnumerable<string> all = [text];
        foreach (var read in (Func<string, string>[])[WithoutParameters, Decoded, WithoutQuery, WithoutParameters, MergedSlashes])
            all = all.Concat(all.Select(read)).Distinct(StringComparer.Ordinal).ToArray();
        return all;
    }

    private static string Decoded(string text)
    {
        var decoded = new StringBuilder(text.Length);
        for (var at = 0; at < text.Length; at++)
        {
            // What is no ASCII, and the space, stay escaped: so they stand in the patterns of routes.
            if (text[at] == '%' && (char)byte.Parse(text.AsSpan(at + 1, 2), NumberStyles.AllowHexSpecifier, null) is > ' ' and < '\u007F' and var c)
                (_, at) = (decoded.Append(c), at + 2);
            else
                decoded.Append(text[at]);
        }

        return decoded.ToString();
    }

    private static string WithoutParameters(string text) => string.Join('/', text.Split('/').Select(segment => segment.Split(';')[0]));

    private static string WithoutQuery(string text) => text.Split('?', '#')[0];

    private static string MergedSlashes(string text)
    {
        while (text.Contains("//", StringComparison.Ordinal))
            text = text.Replace("//", "/", StringComparison.Ordinal);
        return text;
    }
}
