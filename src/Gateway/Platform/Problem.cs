using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.Json;

namespace Gateway.Platform;

/// <summary>One refusal: what is wrong, and the sentence that helps the person who reads it (RFC 9457).</summary>
/// <remarks>Immutable, so one instance serves every request; the decision id is made when it is written.</remarks>
internal sealed record Problem(int Status, string Code, string Title, string Detail) : IResult
{
    /// <summary>The WWW-Authenticate challenge (RFC 6750 section 3), absent where the credential is not the trouble.</summary>
    public string? Challenge { get; init; }

    /// <summary>Seconds, sent as Retry-After (RFC 9110 section 10.2.3).</summary>
    public int? RetryAfter { get; init; }

    /// <summary>The requirement that decided, for the log alone: it may tell a stranger too much.</summary>
    public string? Requirement { get; init; }

    public async Task ExecuteAsync(HttpContext http)
    {
        http.Features.Set(this);      // for who asks afterwards what was said, without a client
        var decision = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));
        var endpoint = http.GetEndpoint();
        var judged = endpoint?.Metadata.GetMetadata<JudgedBy>();
        Activity.Current?.SetTag("gateway.decision", decision);
        http.RequestServices.GetRequiredService<ILogger<Problem>>()
            .Refused(Status, Code, decision, endpoint?.DisplayName, judged?.Policy, judged?.Configuration, Requirement);

        var response = http.Response;
        response.StatusCode = Status;
        response.ContentType = "application/problem+json";
        response.Headers.CacheControl = "no-store";
        if (Challenge is not null)
            response.Headers.WWWAuthenticate = Challenge;
        if (RetryAfter is { } seconds)
            response.Headers.RetryAfter = seconds.ToString(System.Globalization.CultureInfo.InvariantCulture);

        var body = Body(decision);
        response.ContentLength = body.Length;
        if (!HttpMethods.IsHead(http.Request.Method))
            await response.Body.WriteAsync(body, http.RequestAborted);
    }

    private byte[] Body(string decision)
    {
        var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("type", "urn:gateway:problem:" + Code);
            json.WriteString("title", Title);
            json.WriteNumber("status", Status);
            json.WriteString("code", Code);
            json.WriteString("detail", Detail);
            json.WriteString("decision", decision);
            json.WriteEndObject();
        }

        return buffer.ToArray();
    }
}

internal static partial class ProblemLog
{
    [LoggerMessage(9000, LogLevel.Information, "Refused {Status} {Code}, decision {Decision}, at {Route} by policy {Policy} of configuration {Configuration}: {Requirement}")]
    public static partial void Refused(this ILogger logger, int status, string code, string decision, string? route, string? policy, int? configuration, string? requirement);
}
