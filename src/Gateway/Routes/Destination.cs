using System.Text;
using Gateway.Platform;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Transforms;

namespace Gateway.Routes;

/// <summary>Which address does the backend get? The very path that was judged, and the query byte for byte.</summary>
/// <remarks>YARP would escape both anew: %2F becomes %252F there. An operator's path transforms see the path as it was matched.</remarks>
internal static class Destination
{
    private static readonly UriCreationOptions AsItIs = new() { DangerousDisablePathAndQueryCanonicalization = true };

    public static Func<RequestTransformContext, ValueTask> Of(RouteConfig route) => route.Transforms is { Count: > 0 } ? OfTransformed : AsJudged;

    public static ValueTask AsJudged(RequestTransformContext context)
    {
        var request = context.HttpContext.Request;
        Send(context, request.Path.Value, request.QueryString.Value);
        return default;
    }

    /// <summary>For a route with transforms of its own.</summary>
    public static async ValueTask OfTransformed(RequestTransformContext context)
    {
        var path = context.Path.Value ?? "";
        if (path != context.HttpContext.Request.Path.Value)
        {
            // What has been put together of parts that somebody chose.
            if (path.Split('/').Any(segment => segment.Split(';', '%', '?', '#')[0] is "." or ".."))
            {
                await (Problems.RequestRefused("The path would leave the place that this route leads to.") with { Requirement = "a path transform made a dot segment" }).ExecuteAsync(context.HttpContext);
                return;
            }

            path = Escape(path);
        }

        Send(context, path, context.Query.QueryString.Value);
    }

    private static void Send(RequestTransformContext context, string? path, string? query)
    {
        var prefix = context.DestinationPrefix;
        context.ProxyRequest.RequestUri ??= new(string.Concat(path is ['/', ..] ? prefix.AsSpan().TrimEnd('/') : prefix, path, query), AsItIs);
    }

    // A percent sign is of an escape: the parts were canonical.
    private static string Escape(string path)
    {
        if (!path.AsSpan().ContainsAnyExceptInRange('!', '~') && !path.AsSpan().ContainsAny('?', '#'))
            return path;

        var escaped = new StringBuilder(path.Length + 16);
        foreach (var rune in path.EnumerateRunes())
            _ = rune.Value is >= '!' and <= '~' and not '?' and not '#' ? escaped.Append((char)rune.Value) : escaped.Append(Uri.EscapeDataString(rune.ToString()));
        return escaped.ToString();
    }
}
