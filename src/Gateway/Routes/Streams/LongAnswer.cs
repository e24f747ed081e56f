using Yarp.ReverseProxy.Transforms;

namespace Gateway.Routes.Streams;

/// <summary>Is this the head of an answer that may say nothing for long? Then it is not held back until the first byte, as YARP would.</summary>
internal static class LongAnswer
{
    public static ValueTask BeginAsync(ResponseTransformContext context)
    {
        var http = context.HttpContext;
        http.Features.Get<Patience>()?.End();
        if (context.ProxyResponse is not { } answer || !(EventStream.IsOne(http.Response) || IsGrpc(http.Response, answer)))
            return default;

        EventStream.StandIn(http, answer);
        return new(http.Response.Body.FlushAsync(context.CancellationToken));
    }

    // With the status in the head it is the whole of an answer.
    private static bool IsGrpc(HttpResponse response, HttpResponseMessage answer) =>
        response.ContentType?.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase) is true && !answer.Headers.Contains("grpc-status");
}
