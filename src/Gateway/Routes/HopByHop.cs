using System.Collections.Frozen;
using Microsoft.Extensions.Primitives;

namespace Gateway.Routes;

/// <summary>Which headers does the client say are for us alone (RFC 9110 section 7.6.1)? They go no further; what is written afterwards does.</summary>
/// <remarks>Kestrel shows nothing but close, keep-alive or upgrade where one of those is among the names; the others then pass as if they had not been named.</remarks>
internal static class HopByHop
{
    // What frames or routes the request is nobody's to take away, and what YARP answers itself it still has to see.
    private static readonly FrozenSet<string> Kept = new[] { "Host", "Content-Length", "Transfer-Encoding", "Upgrade", "TE" }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    public static void Remove(IHeaderDictionary headers)
    {
        // As nearly every client sends it, or does not.
        if (headers.Connection is [] or ["keep-alive" or "Keep-Alive" or "close" or "Upgrade"])
            return;

        foreach (var name in headers.Connection.ToArray().SelectMany(line => line!.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)))
        {
            if (!Kept.Contains(name))
                headers.Remove(name);
        }
    }
}
