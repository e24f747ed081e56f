using System.Buffers;
using System.Text;

namespace Gateway.Routes;

/// <summary>How is a claim written so that it is one header, the same to every reader, and no two claims look the same?</summary>
/// <remarks>
/// UTF-8, percent-encoded: everything outside 0x21-0x7E, '%' itself, and whatever its reader takes for the end of an element of a list.
/// A single space between two other characters stays, so that names stay readable. CR and LF cannot leave: they would begin a header of
/// the user's own.
/// </remarks>
internal static class HeaderValue
{
    private static readonly SearchValues<char> Visible = SearchValues.Create("!\"#$&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~");

    /// <param name="values">Empty ones say nothing.</param>
    /// <param name="separators">All at which a reader of the list may cut it; the first is written.</param>
    /// <returns>Null: there is none.</returns>
    public static string? List(string[] values, string separators)
    {
        var elements = values.Where(value => value.Length > 0).Select(value => Encode(value, separators)).ToArray();
        return elements.Length == 0 ? null : string.Join(separators[0], elements);
    }

    public static string Encode(string value, string separators = "")
    {
        if (IsPlain(value, separators))
            return value;

        var bytes = Encoding.UTF8.GetBytes(value);
        var text = new StringBuilder(bytes.Length + 16);
        for (var i = 0; i < bytes.Length; i++)
        {
            if (Stays(bytes, i, separators))
                text.Append((char)bytes[i]);
            else
                text.Append('%').Append(bytes[i].ToString("X2", System.Globalization.CultureInfo.InvariantCulture));
        }

        return text.ToString();
    }

    private static bool Stays(byte[] bytes, int i, string separators) =>
        bytes[i] == ' '
            ? !separators.Contains(' ') && i > 0 && i < bytes.Length - 1 && bytes[i - 1] != ' ' && bytes[i + 1] != ' '
            : IsVisible((char)bytes[i], separators);

    private static bool IsPlain(string value, string separators) => !value.AsSpan().ContainsAnyExcept(Visible) && !value.AsSpan().ContainsAny(separators);

    private static bool IsVisible(char c, string separators) => Visible.Contains(c) && !separators.Contains(c);
}
