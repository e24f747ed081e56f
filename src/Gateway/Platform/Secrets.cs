using System.Security.Cryptography;
using System.Text;

namespace Gateway.Platform;

/// <summary>One Secret of the operator, from which every key that the gateway needs is derived by its label (HKDF, RFC 5869).</summary>
internal sealed class Secret
{
    public const int MinimumBytes = 32;

    private readonly byte[] master;

    public Secret(string text)
    {
        master = Encoding.UTF8.GetBytes(text);
        Id = Convert.ToHexStringLower(Derive("id", 8));
    }

    /// <summary>16 hexadecimal digits that tell which Secret sealed something, and nothing else about it.</summary>
    public string Id { get; }

    public byte[] Derive(string label, int bytes = 32) =>
        HKDF.DeriveKey(HashAlgorithmName.SHA256, master, bytes, info: Encoding.ASCII.GetBytes("gateway/" + label));
}

/// <summary>The Secret in force and those before it, known once the database has been opened.</summary>
internal sealed class Secrets
{
    private IReadOnlyList<Secret>? all;

    /// <summary>The current Secret first; the others still verify and decrypt.</summary>
    public IReadOnlyList<Secret> All => all ?? throw new InvalidOperationException("The Secret is known once the database is open.");

    public Secret Current => All[0];

    public Secret? Find(string id) => All.FirstOrDefault(s => s.Id == id);

    public void Use(IEnumerable<Secret> secrets) => all = [.. secrets];
}

/// <summary>Bytes that are stored but readable only with the Secret: AES-256-GCM, bound to what they belong to.</summary>
internal static class Sealed
{
    private const byte Version = 1;
    private const int IdBytes = 8, NonceBytes = 12, TagBytes = 16, Header = 1 + IdBytes + NonceBytes + TagBytes;

    /// <returns>version ‖ id of the Secret ‖ nonce ‖ tag ‖ ciphertext.</returns>
    public static byte[] Seal(Secret secret, string label, string context, ReadOnlySpan<byte> plain)
    {
        var box = new byte[Header + plain.Length];
        box[0] = Version;
        Convert.FromHexString(secret.Id).CopyTo(box, 1);
        var nonce = box.AsSpan(1 + IdBytes, NonceBytes);
        RandomNumberGenerator.Fill(nonce);
        using var aes = new AesGcm(secret.Derive(label), TagBytes);
        aes.Encrypt(nonce, plain, box.AsSpan(Header), box.AsSpan(1 + IdBytes + NonceBytes, TagBytes), Encoding.UTF8.GetBytes(context));
        return box;
    }

    /// <returns>Empty: nobody sealed that.</returns>
    public static string SecretIdOf(ReadOnlySpan<byte> box) => box.Length < Header ? "" : Convert.ToHexStringLower(box.Slice(1, IdBytes));

    /// <exception cref="CryptographicException">Sealed by an unknown Secret, for another context, or changed.</exception>
    public static byte[] Open(Secrets secrets, string label, string context, ReadOnlySpan<byte> box)
    {
        if (box.Length < Header || box[0] != Version || secrets.Find(SecretIdOf(box)) is not { } secret)
            throw new CryptographicException("Sealed by a Secret that is not configured.");

        var plain = new byte[box.Length - Header];
        using var aes = new AesGcm(secret.Derive(label), TagBytes);
        aes.Decrypt(box.Slice(1 + IdBytes, NonceBytes), box[Header..], box.Slice(1 + IdBytes + NonceBytes, TagBytes), plain, Encoding.UTF8.GetBytes(context));
        return plain;
    }
}
