using System.Buffers.Text;
using System.ComponentModel.DataAnnotations;
using System.Security.Cryptography;

namespace Gateway.Sessions;

/// <summary>One service of the operator's that may introspect and revoke tokens, and how it proves that it is the one.</summary>
internal sealed class ClientOptions : IValidatableObject
{
    public const string Section = "Gateway:Clients";

    private const string Algorithm = "sha256:";
    private static readonly byte[] OfNothing = SHA256.HashData([]);

    /// <summary>The user name of HTTP Basic: visible ASCII without a colon.</summary>
    public string Id { get; set; } = "";

    /// <summary><c>sha256:</c> and SHA-256 of the secret, in hex or base64url. A fast hash, because the secret is random: 32 characters or more.</summary>
    public string SecretHash { get; set; } = "";

    /// <summary>32 bytes; null: <see cref="SecretHash"/> is no such thing.</summary>
    public byte[]? Hash => Read(SecretHash);

    public IEnumerable<ValidationResult> Validate(ValidationContext context)
    {
        if (Id.Length is 0 or > 128 || Id.AsSpan().ContainsAnyExceptInRange('!', '~') || Id.Contains(':'))
            yield return new($"'{Id}' is not a client's name. It must be 1 to 128 visible ASCII characters without a colon, as HTTP Basic wants it.", [nameof(Id)]);

        // The value is not repeated: who takes this for the place of the secret itself shall not find it in a log.
        if (Hash is not { } hash)
            yield return new("is not a hash. It must be sha256: and the SHA-256 of a random secret of 32 characters or more, in hex: printf %s \"$SECRET\" | sha256sum", [nameof(SecretHash)]);
        else if (hash.AsSpan().SequenceEqual(OfNothing))
            yield return new("is the hash of nothing. Make a secret first: SECRET=$(openssl rand -hex 32); then printf %s \"$SECRET\" | sha256sum", [nameof(SecretHash)]);
    }

    private static byte[]? Read(string text)
    {
        if (!text.StartsWith(Algorithm, StringComparison.Ordinal))
            return null;

        try
        {
            var value = text.AsSpan(Algorithm.Length);
            return value.Length switch
            {
                64 => Convert.FromHexString(value),
                43 => Base64Url.DecodeFromChars(value),
                _ => null,
            };
        }
        catch (FormatException)
        {
            return null;
        }
    }
}
