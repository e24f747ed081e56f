using System.Buffers;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Primitives;

namespace DemoBackend;

/// <summary>What did I get?</summary>
internal static class EchoEndpoints
{
    public static void MapEcho(this IEndpointRouteBuilder routes)
    {
        var anySize = new DisableRequestSizeLimitAttribute();

        routes.Map("/echo/{**rest}", Echo).WithMetadata(anySize);
        routes.MapPost("/upload", Upload).WithMetadata(anySize);
    }

    private static async Task<EchoResponse> Echo(HttpRequest request, CancellationToken ct) => new(
        request.Method,
        SentPath(request),
        request.QueryString.Value,
        request.Headers.ToDictionary(header => header.Key, header => OneOrMany(header.Value)),
        await CountAsync(request.Body, ct));

    private static async Task<UploadResponse> Upload(HttpRequest request, CancellationToken ct) =>
        new(await CountAsync(request.Body, ct));

    // Request.Path is decoded; an echo shows what was sent.
    private static string SentPath(HttpRequest request) =>
        request.HttpContext.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget.Split('?')[0];

    private static object? OneOrMany(StringValues values) => values is [var one] ? one : values.ToArray();

    private static async Task<long> CountAsync(Stream body, CancellationToken ct)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(64 * 1024);
        try
        {
            var total = 0L;
            while (await body.ReadAsync(buffer, ct) is var count and > 0)
                total += count;
            return total;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}

/// <param name="Headers">Name to value, or to a list of values when the header came more than once.</param>
internal sealed record EchoResponse(
    string Method, string Path, string? Query, Dictionary<string, object?> Headers, long BodyBytes);

internal sealed record UploadResponse(long Bytes);
