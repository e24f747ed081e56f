namespace Gateway.Platform;

/// <summary>Which bytes do these percent escapes stand for (RFC 3986 section 2.1)? No guess where one is broken.</summary>
internal static class Escapes
{
    /// <param name="text">As it was sent.</param>
    /// <param name="plusIsSpace">As in a form (application/x-www-form-urlencoded).</param>
    /// <returns>Null: an escape is not '%' and two hexadecimal digits.</returns>
    public static byte[]? Undo(ReadOnlySpan<byte> text, bool plusIsSpace)
    {
        var (plain, length) = (new byte[text.Length], 0);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '%')
            {
                if (i + 2 >= text.Length || !char.IsAsciiHexDigit((char)text[i + 1]) || !char.IsAsciiHexDigit((char)text[i + 2]))
                    return null;

                plain[length++] = Convert.FromHexString([(char)text[i + 1], (char)text[i + 2]])[0];
                i += 2;
            }
            else
            {
                plain[length++] = text[i] == '+' && plusIsSpace ? (byte)' ' : text[i];
            }
        }

        return plain[..length];
    }
}
