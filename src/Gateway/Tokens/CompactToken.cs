using System.Buffers.Text;
using System.Text;
using System.Text.Json;

namespace Gateway.Tokens;

/// <summary>Is this text one well-formed signed JWT (RFC 7515 section 7.1), readable in one way only?</summary>
/// <remarks>No library is asked: those accept duplicate members, padding, unknown <c>crit</c> and embedded keys.</remarks>
/// <param name="SignedLength">How much of the text the signature is of: up to the last dot, in characters.</param>
internal sealed record CompactToken(string Algorithm, string? KeyId, string? Type, Claims Claims, int SignedLength, byte[] Signature)
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 16 };

    // What changes how the rest is to be read, or brings its own key along.
    private static readonly string[] Refused = ["crit", "jku", "jwk", "x5u", "x5c", "zip", "b64", "enc"];

    public static CompactToken? TryParse(ReadOnlySpan<char> text)
    {
        var first = text.IndexOf('.');
        var second = first < 0 ? -1 : first + 1 + text[(first + 1)..].IndexOf('.');
        if (first < 1 || second <= first || text[(second + 1)..].Contains('.'))
            return null;
        if (Decode(text[..first]) is not { } header || Decode(text[(first + 1)..second]) is not { } payload || Decode(text[(second + 1)..]) is not { Length: > 0 } signature)
            return null;

        return Object(header) is { } head && Object(payload) is { } body
            && !Refused.Any(name => head.TryGetProperty(name, out _))
            && Text(head, "alg") is { Length: > 0 } algorithm && IsTextOrAbsent(head, "kid") && IsTextOrAbsent(head, "typ")
            && Claims.TryRead(payload, body, Text(head, "kid")) is { } claims
            ? new(algorithm, claims.KeyId, Text(head, "typ"), claims, second, signature)
            : null;
    }

    /// <summary>One text for one value: no padding, no white space, no stray bits at the end.</summary>
    private static byte[]? Decode(ReadOnlySpan<char> text)
    {
        if (text.ContainsAnyExcept(Alphabet))
            return null;
        try
        {
            var bytes = Base64Url.DecodeFromChars(text);
            return text.SequenceEqual(Base64Url.EncodeToString(bytes)) ? bytes : null;
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private static readonly System.Buffers.SearchValues<char> Alphabet =
        System.Buffers.SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");

    private static JsonElement? Object(byte[] json)
    {
        try
        {
            // The reader puts U+FFFD where bytes are not UTF-8; two texts must not become one.
            _ = new UTF8Encoding(false, throwOnInvalidBytes: true).GetCharCount(json);
            var root = JsonDocument.Parse(json, Strict).RootElement;
            return root.ValueKind is JsonValueKind.Object ? root : null;
        }
        catch (Exception e) when (e is JsonException or DecoderFallbackException)
        {
            return null;
        }
    }

    private static string? Text(JsonElement json, string name) => Claims.Text(json, name);

    private static bool IsTextOrAbsent(JsonElement json, string name) => !json.TryGetProperty(name, out _) || Text(json, name) is not null;
}
