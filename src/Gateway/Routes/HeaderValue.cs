using System.Text;

namespace Gateway.Routes;

/// <summary>How is a claim written so that it is one header, the same to every reader, and no two claims look the same?</summary>
/// <remarks>
/// UTF-8, percent-encoded: everything outside 0x21-0x7E, '%' itself, and the separator of a list. A single space between two
/// other characters stays, so that names stay readable. CR and LF cannot leave: they would begin a header of the user's own.
/// </remarks>
internal static class HeaderValue
{
    public static string Encode(string value, char? separator = null)
    {
        if (IsPlain(value, separator))
            return value;

        var bytes = Encoding.UTF8.GetBytes(value);
        var text = new StringBuilder(bytes.Length + 16);
        for (var i = 0; i < bytes.Length; i++)
        {
            if (Stays(bytes, i, separator))
                text.Append((char)bytes[i]);
            else
                text.Append('%').Append(bytes[i].ToString("X2", System.Globalization.CultureInfo.InvariantCulture));
        }

        return text.ToString();
    }

    private static bool Stays(byte[] bytes, int i, char? separator) =>
        bytes[i] == ' '
            ? separator != ' ' && i > 0 && i < bytes.Length - 1 && bytes[i - 1] != ' ' && bytes[i + 1] != ' '
            : IsVisible((char)bytes[i], separator);

    private static bool IsPlain(string value, char? separator)
    {
        foreach (var c in value)
        {
            if (!IsVisible(c, separator))
                return false;
        }

        return true;
    }

    private static bool IsVisible(char c, char? separator) => c is >= '!' and <= '~' and not '%' && c != separator;
}
