using System.Text;
using Microsoft.Net.Http.Headers;

namespace Gateway.Platform;

/// <summary>What did the client send us as a form? Each parameter once, or the reason why not (RFC 6749 section 3.1).</summary>
/// <remarks>Own reading, because the framework's makes a list of a repeated parameter and takes whatever is no encoding as it is.</remarks>
internal static class FormBody
{
    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    public static async ValueTask<(IReadOnlyDictionary<string, string>? Form, Problem? Refusal)> ReadAsync(HttpContext http) =>
        IsForm(http.Request.ContentType) ? await SmallBody.ReadAsync<IReadOnlyDictionary<string, string>>(http, Parse) : (null, Problems.NotForm);

    /// <summary>One name or value; a plus is a space (WHATWG URL, section 5).</summary>
    /// <returns>Null: it is not encoded as a form is.</returns>
    public static string? Decode(ReadOnlySpan<byte> text)
    {
        if (text.ContainsAnyExceptInRange((byte)' ', (byte)'~') || Escapes.Undo(text, plusIsSpace: true) is not { } bytes)
            return null;

        try
        {
            return StrictUtf8.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    private static (IReadOnlyDictionary<string, string>?, Problem?) Parse(ReadOnlySpan<byte> body)
    {
        var form = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var range in body.Split((byte)'&'))
        {
            var part = body[range];
            if (part.IsEmpty)
                continue;

            var equals = part.IndexOf((byte)'=');
            if (Decode(equals < 0 ? part : part[..equals]) is not { } name || Decode(equals < 0 ? [] : part[(equals + 1)..]) is not { } value)
                return (null, Problems.InvalidRequest("The body is not encoded as a form: names and values in UTF-8, everything but letters and digits as %XX."));
            if (!form.TryAdd(name, value))
                return (null, Problems.InvalidRequest("A parameter is there twice. Send each one once."));
        }

        return (form, null);
    }

    private static bool IsForm(string? contentType) =>
        MediaTypeHeaderValue.TryParse(contentType, out var type)
        && type.MediaType.Equals("application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase)
        && (!type.Charset.HasValue || type.Charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase));
}
