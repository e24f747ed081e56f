using System.Text;

namespace Gateway.Edge;

/// <summary>Content-Length is digits and nothing else (RFC 9110 section 8.6). Kestrel's own reading forgives a sign; what this makes of one it does not.</summary>
internal sealed class Digits : Encoding
{
    private const int Longest = 20;      // one more than a length can have

    public static readonly Digits Only = new();

    public override int GetChars(byte[] bytes, int byteIndex, int byteCount, char[] chars, int charIndex) => GetChars(bytes.AsSpan(byteIndex, byteCount), chars.AsSpan(charIndex));

    public override int GetChars(ReadOnlySpan<byte> bytes, Span<char> chars)
    {
        var count = Math.Min(bytes.Length, Longest);
        for (var i = 0; i < count; i++)
            chars[i] = bytes[i] is >= (byte)'0' and <= (byte)'9' ? (char)bytes[i] : 'x';
        return count;
    }

    public override int GetCharCount(byte[] bytes, int index, int count) => Math.Min(count, Longest);

    public override int GetMaxCharCount(int byteCount) => Math.Min(byteCount, Longest);

    public override int GetByteCount(char[] chars, int index, int count) => throw new NotSupportedException();

    public override int GetBytes(char[] chars, int charIndex, int charCount, byte[] bytes, int byteIndex) => throw new NotSupportedException();

    public override int GetMaxByteCount(int charCount) => throw new NotSupportedException();
}
