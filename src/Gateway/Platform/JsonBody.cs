using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Net.Http.Headers;

namespace Gateway.Platform;

/// <summary>What did the client send us as JSON? Either a value that holds to the contract, or the reason why not.</summary>
/// <remarks>Own binding, because the framework's answers 400 without a reason and takes duplicate and unknown members.</remarks>
public sealed record JsonBody<T>(T Value, IResult? Refusal) : IJsonBody where T : class
{
#pragma warning disable CA1000 // minimal APIs look for it on the type
    public static async ValueTask<JsonBody<T>> BindAsync(HttpContext http)
    {
        var (value, refusal) = await JsonBody.ReadAsync<T>(http);
        return new(value!, refusal);    // RefuseBadBody stands between a refusal and whoever reads the value
    }
}

public interface IJsonBody
{
    IResult? Refusal { get; }
}

internal static class JsonBody
{
    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    public static readonly JsonSerializerOptions Options = new(JsonSerializerOptions.Strict)
    {
        MaxDepth = 8,
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    public static async ValueTask<(T? Value, Problem? Refusal)> ReadAsync<T>(HttpContext http) where T : class
    {
        if (!IsJson(http.Request.ContentType))
            return (null, Problems.NotJson);

        return await SmallBody.ReadAsync(http, Parse<T>);
    }

    private static (T?, Problem?) Parse<T>(ReadOnlySpan<byte> json) where T : class
    {
        try
        {
            _ = StrictUtf8.GetCharCount(json);
            return JsonSerializer.Deserialize<T>(json, Options) is { } value
                ? (value, null)
                : (null, Problems.InvalidRequest("The body must be a JSON object, not null."));
        }
        catch (JsonException e)
        {
            return (null, Problems.InvalidRequest(Explain(e)));
        }
        // The reader throws the one for bytes, the other for escapes that are half a character (a lone surrogate).
        catch (Exception e) when (e is DecoderFallbackException or InvalidOperationException)
        {
            return (null, Problems.InvalidRequest("The body contains text that is not valid Unicode."));
        }
    }

    // The message of an exception can quote what was sent, a password too; the path names members only.
    private static string Explain(JsonException e) =>
        e.Path is null or "$" or ""
            ? "The body is not the JSON object that this address takes: unknown, missing, repeated or malformed members are refused."
            : $"The member '{e.Path.TrimStart('$', '.')}' is unknown, repeated, or has the wrong type.";

    private static bool IsJson(string? contentType) =>
        MediaTypeHeaderValue.TryParse(contentType, out var type)
        && type.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase)
        && (!type.Charset.HasValue || type.Charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase) || type.Charset.Equals("\"utf-8\"", StringComparison.OrdinalIgnoreCase));
}

/// <summary>Turns a body that broke the contract into its answer, before the endpoint runs.</summary>
internal sealed class RefuseBadBody : IEndpointFilter
{
    public ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        foreach (var argument in context.Arguments)
        {
            if (argument is IJsonBody { Refusal: { } refusal })
                return new(refusal);
        }

        return next(context);
    }
}
