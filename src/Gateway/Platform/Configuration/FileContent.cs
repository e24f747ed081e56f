using System.Security.Cryptography;

namespace Gateway.Platform.Configuration;

/// <summary>What was in a file when it was read, wherever its name led to (Kubernetes changes a symbolic link, not the file)?</summary>
/// <param name="Bytes">Null: it could not be read.</param>
/// <param name="Trouble">Why not.</param>
internal sealed record FileContent(byte[]? Bytes, string? Trouble)
{
    /// <summary>Without a byte order mark.</summary>
    public ReadOnlyMemory<byte> Json => Bytes.AsMemory(Bytes.AsSpan().StartsWith("\uFEFF"u8) ? 3 : 0);

    public static FileContent Of(string file)
    {
        try
        {
            return new(File.ReadAllBytes(file), null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return new(null, e.Message);
        }
    }

    /// <summary>One name for what is in these files at this moment. Their dates say nothing: a copy may keep them, and two writes within one tick have the same.</summary>
    public static string Fingerprint(IEnumerable<string> files)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var file in files)
            hash.AppendData(HashOf(file));
        return Convert.ToHexString(hash.GetHashAndReset());
    }

    private static byte[] HashOf(string file)
    {
        try
        {
            using var stream = File.OpenRead(file);
            return SHA256.HashData(stream);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return [];
        }
    }
}
