using System.Buffers;
using System.Buffers.Text;
using System.Text.Json;
using System.Text.Unicode;

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

        using var head = Object(header);
        using var body = Object(payload);
        if (head is null || body is null || Array.Exists(Refused, name => head.RootElement.TryGetProperty(name, out _)))
            return null;

        return Claims.Text(head.RootElement, "alg"u8) is { Length: > 0 } algorithm && IsTextOrAbsent(head.RootElement, "kid"u8) && IsTextOrAbsent(head.RootElement, "typ"u8)
            && Claims.TryRead(payload, body.RootElement, Claims.Text(head.RootElement, "kid"u8)) is { } claims
            ? new(algorithm, claims.KeyId, Claims.Text(head.RootElement, "typ"u8), claims, second, signature)
            : null;
    }

    /// <summary>One text for one value: no padding, no white space; stray bits at the end are invalid to the decoder.</summary>
    private static byte[]? Decode(ReadOnlySpan<char> text)
    {
        var bytes = new byte[Base64Url.GetMaxDecodedLength(text.Length)];
        return !text.ContainsAnyExcept(Alphabet) && Base64Url.DecodeFromChars(text, bytes, out _, out var written) is OperationStatus.Done && written == bytes.Length ? bytes : null;
    }

    private static readonly SearchValues<char> Alphabet =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");

    private static JsonDocument? Object(byte[] json)
    {
        // The reader puts U+FFFD where bytes are not UTF-8; two texts must not become one.
        if (!Utf8.IsValid(json))
            return null;

        try
        {
            var document = JsonDocument.Parse(json, Strict);
            if (document.RootElement.ValueKind is JsonValueKind.Object)
                return document;

            document.Dispose();
        }
        // Or a name in it is half a surrogate pair, which is no text.
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
        }

        return null;
    }

    private static bool IsTextOrAbsent(JsonElement json, ReadOnlySpan<byte> name) => !json.TryGetProperty(name, out _) || Claims.Text(json, name) is not null;
}
