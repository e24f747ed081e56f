using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Gateway.Platform;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;

namespace Gateway.Sessions;

/// <summary>Is there a token in the body: the field <c>token</c> of a form or of a JSON object, or a form's <c>access_token</c> (RFC 6750 section 2.2)?</summary>
/// <remarks>
/// The body is looked at where the server keeps it, and not taken: whoever reads it afterwards gets every byte, framed as it came. It has to
/// be there as a whole, as two fields that differ would be two credentials.
/// </remarks>
internal static class BodyToken
{
    public const int MaxBytes = 64 * 1024;

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    /// <summary>False: the body is of another kind, and is not read.</summary>
    public static bool MayBeIn(HttpContext http) =>
        http.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody is true
        && http.Features.Get<IHttpUpgradeFeature>()?.IsUpgradableRequest is not true && http.Features.Get<IHttpExtendedConnectFeature>()?.IsExtendedConnect is not true
        && http.Request.Headers.ContentType.Any(text => MediaTypeHeaderValue.TryParse(text, out var type) && (IsForm(type) || IsJson(type)));

    /// <returns>The token, null if there is none; or why the body cannot be taken.</returns>
    public static async ValueTask<(string? Token, Problem? Refusal)> ReadAsync(HttpRequest request, CancellationToken ct)
    {
        // Of two types, or beneath a compression, another reader may find another token.
        if (request.Headers.ContentType is not [{ } text] || request.Headers.ContentEncoding is not ([] or ["identity"]))
            return (null, Problems.UnclearBody);
        var type = MediaTypeHeaderValue.Parse(text);
        if (type.Charset.HasValue && !type.Charset.Value!.Trim('"').Equals("utf-8", StringComparison.OrdinalIgnoreCase))
            return (null, Problems.UnclearBody);
        if (request.ContentLength > MaxBytes)
            return (null, Problems.TooLargeForToken);

        try
        {
            var read = await request.BodyReader.ReadAtLeastAsync(MaxBytes + 1, ct);
            try
            {
                request.Headers.Expect = default;      // 100-continue has been answered: the body is here
                return read.Buffer.Length > MaxBytes ? (null, Problems.TooLargeForToken) : Find(read.Buffer.ToArray(), IsForm(type));
            }
            finally
            {
                request.BodyReader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            }
        }
        catch (Exception e) when (SmallBody.IsTheClients(e))
        {
            return (null, SmallBody.Unreadable(e));
        }
    }

    public static (string? Token, Problem? Refusal) Find(byte[] body, bool isForm) =>
        body.Length == 0 ? (null, null) : isForm ? InForm(body) : InJson(body);

    private static (string?, Problem?) InForm(ReadOnlySpan<byte> form)
    {
        string? token = null;
        foreach (var field in form.Split((byte)'&'))
        {
            var text = form[field];
            var equals = text.IndexOf((byte)'=');
            if (Undo(equals < 0 ? text : text[..equals]) is not { } name || Undo(equals < 0 ? [] : text[(equals + 1)..]) is not { } value)
                return (null, Problems.UnclearBody);
            if (name is "token" or "access_token")
            {
                if (token is not null)
                    return (null, Problems.AmbiguousCredentials);
                token = value;
            }
            // Some readers forget the case of a name, and make lists of "token[]".
            else if (name.Split('[')[0].ToLowerInvariant() is "token" or "access_token")
            {
                return (null, Problems.UnclearBody);
            }
        }

        return (token, null);
    }

    // One character for each byte: a token is ASCII, and what is not proves nothing.
    private static string? Undo(ReadOnlySpan<byte> text) => Escapes.Undo(text, plusIsSpace: true) is { } bytes ? Encoding.Latin1.GetString(bytes) : null;

    private static (string?, Problem?) InJson(byte[] json)
    {
        try
        {
            if (!Utf8.IsValid(json))
                return (null, Problems.UnclearBody);

            using var document = JsonDocument.Parse(json, Strict);
            if (document.RootElement.ValueKind is not JsonValueKind.Object)
                return (null, null);
            return document.RootElement.EnumerateObject().Where(member => member.Name.Equals("token", StringComparison.OrdinalIgnoreCase)).Select(member => (member.Name, member.Value)).ToArray() switch
            {
                [] => (null, null),
                [("token", { ValueKind: JsonValueKind.String } token)] => (token.GetString(), null),
                [("token", { ValueKind: JsonValueKind.Null })] => (null, null),
                _ => (null, Problems.UnclearBody),      // some readers forget the case of a name, or take the first of a list
            };
        }
        // The second: escapes that are half a character.
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return (null, Problems.UnclearBody);
        }
    }

    private static bool IsForm(MediaTypeHeaderValue type) => type.MediaType.Equals("application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase);

    private static bool IsJson(MediaTypeHeaderValue type) => type.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase);
}
