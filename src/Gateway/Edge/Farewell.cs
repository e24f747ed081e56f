using Gateway.Platform;
using Microsoft.AspNetCore.Connections.Features;

namespace Gateway.Edge;

/// <summary>Whoever still asks a gateway that leaves is answered, and told to connect elsewhere the next time.</summary>
internal sealed class Farewell(RequestDelegate next, Serving serving)
{
    public Task InvokeAsync(HttpContext http)
    {
        if (serving.IsLeaving)
            http.Response.OnStarting(Say, http);
        return next(http);
    }

    private static Task Say(object state)
    {
        var http = (HttpContext)state;
        if (HttpProtocol.IsHttp2(http.Request.Protocol))
            http.Features.Get<IConnectionLifetimeNotificationFeature>()?.RequestClose();      // GOAWAY (RFC 9113 section 6.8)
        else if (http.Response.StatusCode != StatusCodes.Status101SwitchingProtocols)
            http.Response.Headers.Connection = "close";
        return Task.CompletedTask;
    }
}
