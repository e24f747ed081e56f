using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Gateway.Sessions;

/// <summary>What a revocation and an identity have in common: (kind, issuer, value) in 16 bytes, half of its SHA-256.</summary>
/// <remarks>Nobody finds two values with one key in less than 2^64 tries, and who did would only end both of them.</remarks>
internal static class RevocationKey
{
    /// <param name="kind">What the value is.</param>
    /// <param name="issuer">Whose; no issuer's name has white space in it.</param>
    /// <param name="value">A <c>jti</c>, <c>sid</c>, <c>sub</c> or <c>kid</c>.</param>
    public static UInt128 Of(RevocationKind kind, string issuer, string value) =>
        BinaryPrimitives.ReadUInt128LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes($"{(int)kind}\n{issuer}\n{value}")));
}
