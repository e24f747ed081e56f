using System.Net;
using Microsoft.AspNetCore.Http.Features;
using Yarp.ReverseProxy.Transforms;

namespace Gateway.Routes.Streams;

/// <summary>Is this the head of an answer that may say nothing for long? Then it is not held back until the first byte, as YARP would.</summary>
internal static class LongAnswer
{
    public static ValueTask BeginAsync(ResponseTransformContext context)
    {
        var http = context.HttpContext;
        if (context.ProxyResponse is not { } answer)
            return default;

        var patience = http.Features.Get<Patience>();
        var isEvents = EventStream.IsOne(http.Response);
        if (isEvents)
        {
            patience?.End();
            EventStream.StandIn(http, answer);
        }
        else if (answer.StatusCode is not HttpStatusCode.SwitchingProtocols && http.Features.Get<IHttpExtendedConnectFeature>()?.IsExtendedConnect is not true)
        {
            patience?.Watch(answer);
            FairStream.StandInForAnswer(answer);
        }

        return isEvents || (IsGrpc(http.Response.ContentType) && !IsWhole(answer)) ? new(http.Response.Body.FlushAsync(context.CancellationToken)) : default;
    }

    public static bool IsGrpc(string? contentType) => contentType?.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase) is true;

    // A gRPC answer that has its status in the head has nothing else.
    private static bool IsWhole(HttpResponseMessage answer) => answer.Headers.Contains("grpc-status");
}
