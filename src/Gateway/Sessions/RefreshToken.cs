using System.Buffers.Text;
using System.Security.Cryptography;
using Gateway.Platform;

namespace Gateway.Sessions;

/// <summary>
/// selector (16 bytes) ‖ secret (32) ‖ tag (16), base64url. The selector finds the session, the secret proves the token, the tag
/// tells a token that we made from one that somebody made up or cut short: only the first kind may end a session.
/// </summary>
internal readonly struct RefreshToken
{
    private const int SelectorBytes = 16, SecretBytes = 32, TagBytes = 16;
    private const string Label = "refresh";

    private readonly byte[] bytes;

    private RefreshToken(byte[] bytes) => this.bytes = bytes;

    public byte[] Selector => bytes[..SelectorBytes];

    public byte[] Hash => SHA256.HashData(bytes);

    public override string ToString() => Base64Url.EncodeToString(bytes);

    public static RefreshToken Create(Secret secret) =>
        Seal(secret, RandomNumberGenerator.GetBytes(SelectorBytes), RandomNumberGenerator.GetBytes(SecretBytes));

    /// <summary>Whoever computes it again from the same token and salt gets the same successor; the database alone, or the Secret alone, yields none.</summary>
    public RefreshToken Successor(Secret secret, byte[] salt) =>
        Seal(secret, Selector, HMACSHA256.HashData(secret.Derive(Label), (byte[])[.. bytes, .. salt]));

    public static RefreshToken? TryParse(string text, Secrets secrets)
    {
        try
        {
            var bytes = Base64Url.DecodeFromChars(text);
            if (bytes.Length != SelectorBytes + SecretBytes + TagBytes || Base64Url.EncodeToString(bytes) != text)
                return null;

            return secrets.All.Any(s => CryptographicOperations.FixedTimeEquals(Tag(s, bytes.AsSpan(..^TagBytes)), bytes.AsSpan(^TagBytes..)))
                ? new(bytes)
                : null;
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private static RefreshToken Seal(Secret secret, byte[] selector, byte[] random)
    {
        byte[] body = [.. selector, .. random];
        return new([.. body, .. Tag(secret, body)]);
    }

    private static byte[] Tag(Secret secret, ReadOnlySpan<byte> body) => HMACSHA256.HashData(secret.Derive(Label + "-tag"), body)[..TagBytes];
}
