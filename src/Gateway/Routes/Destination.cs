using System.Text;
using Gateway.Platform;
using Yarp.ReverseProxy.Transforms;

namespace Gateway.Routes;

/// <summary>Which address does the backend get? The very path that was judged, and the query byte for byte.</summary>
/// <remarks>YARP would escape both anew: %2F becomes %252F there. Its path transforms have been at work before; they see the path as it was matched.</remarks>
internal static class Destination
{
    private static readonly UriCreationOptions AsItIs = new() { DangerousDisablePathAndQueryCanonicalization = true };

    public static async ValueTask Address(RequestTransformContext context)
    {
        var http = context.HttpContext;
        var path = context.Path.Value ?? "";
        if (path != http.Request.Path.Value)
        {
            // What an operator's transform has put together of parts that somebody chose.
            if (path.Split('/').Any(segment => segment is "." or ".."))
            {
                await (Problems.RequestRefused("The path would leave the place that this route leads to.") with { Requirement = "a path transform made a dot segment" }).ExecuteAsync(http);
                return;
            }

            path = Escape(path);
        }

        var prefix = context.DestinationPrefix;
        context.ProxyRequest.RequestUri ??= new(string.Concat(path is ['/', ..] ? prefix.AsSpan().TrimEnd('/') : prefix, path, context.Query.QueryString.Value), AsItIs);
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
