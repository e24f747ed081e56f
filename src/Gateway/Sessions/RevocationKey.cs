using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Unicode;

namespace Gateway.Sessions;

/// <summary>What a revocation and an identity have in common: (kind, issuer, value) in 16 bytes, half of its SHA-256.</summary>
/// <remarks>
/// Nobody finds two values with one key in less than 2^64 tries, and who did would only end both of them.
/// Not a UInt128: whatever touches one is not compiled ahead of time, and that is nearly all that a request goes through.
/// </remarks>
internal readonly record struct RevocationKey(ulong High, ulong Low)
{
    /// <param name="kind">What the value is.</param>
    /// <param name="issuer">Whose; no issuer's name has white space in it.</param>
    /// <param name="value">A <c>jti</c>, <c>sid</c>, <c>sub</c> or <c>kid</c>.</param>
    public static RevocationKey Of(RevocationKind kind, string issuer, string value)
    {
        Span<byte> text = stackalloc byte[512], hash = stackalloc byte[SHA256.HashSizeInBytes];
        if (Utf8.TryWrite(text, $"{(int)kind}\n{issuer}\n{value}", out var length))
            SHA256.HashData(text[..length], hash);
        else
            SHA256.HashData(Encoding.UTF8.GetBytes($"{(int)kind}\n{issuer}\n{value}"), hash);      // longer than they are
        return new(BinaryPrimitives.ReadUInt64LittleEndian(hash[sizeof(ulong)..]), BinaryPrimitives.ReadUInt64LittleEndian(hash));
    }

    public bool Equals(RevocationKey other) => High == other.High && Low == other.Low;

    public override int GetHashCode() => HashCode.Combine(High, Low);
}
