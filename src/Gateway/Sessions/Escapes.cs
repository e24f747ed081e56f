using System.Globalization;
using System.Text;

namespace Gateway.Sessions;

/// <summary>Which bytes do these percent escapes stand for? No guess where one is broken.</summary>
internal static class Escapes
{
    /// <param name="bytes">As they were sent.</param>
    /// <param name="plusIsSpace">As in a form (application/x-www-form-urlencoded).</param>
    /// <param name="text">One character for each byte: a token is ASCII, and what is not proves nothing.</param>
    /// <returns>False: an escape is not '%' and two hexadecimal digits.</returns>
    public static bool TryUndo(ReadOnlySpan<byte> bytes, bool plusIsSpace, out string text)
    {
        var plain = new StringBuilder(bytes.Length);
        text = "";
        for (var i = 0; i < bytes.Length; i++)
        {
            if (bytes[i] == '+' && plusIsSpace)
            {
                plain.Append(' ');
            }
            else if (bytes[i] != '%')
            {
                plain.Append((char)bytes[i]);
            }
            else
            {
                if (i + 2 >= bytes.Length || !byte.TryParse(bytes.Slice(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code))
                    return false;
                plain.Append((char)code);
                i += 2;
            }
        }

        text = plain.ToString();
        return true;
    }
}
