using Gateway.Platform;

namespace Gateway.UnitTests.Edge;

/// <summary>However a backend reads the path that it gets, the route was chosen for that reading; or the request is refused.</summary>
public sealed class PathReadingTests
{
    private const int Targets = 50_000;

    private static readonly string[] Prefixes = ["admin", "files", "double", "a@b", "caf\u00e9"];

    private static readonly GuardedRouting Routing = new(
        new GatewayOptions(),
        [
            GuardedRouting.Route("/{**rest}"),
            GuardedRouting.Route("/admin/{**rest}"),
            GuardedRouting.Route("/files/{**rest}", ("EncodedSlash", "forward")),
            GuardedRouting.Route("/double/{**rest}", ("DoubleSlash", "unsafe-forward")),
            GuardedRouting.Route("/a@b/{**rest}"),
            GuardedRouting.Route("/caf\u00e9/{**rest}"),
        ]);

    [Fact]
    public void Every_backend_reads_what_was_judged()
    {
        var (passed, refused) = (0, 0);

        Law.Holds(Target, target =>
        {
            if (Routing.Lead(target) is not var (route, path))
            {
                refused++;
                return;
            }

            passed++;
            foreach (var (model, read) in Models)
                Assert.True(RouteOf(read(path)) == route, $"{target} is forwarded as {path} by {route}, and a backend with {model} reads {read(path)}");
        }, Targets);

        Assert.InRange(passed, Targets / 20, Targets);
        Assert.InRange(refused, Targets / 20, Targets);
    }

    // Written without the code that it judges.
    private static readonly (string Name, Func<string, string> Read)[] Models =
    [
        ("the raw text", Raw),
        ("one decoding", Uri.UnescapeDataString),
        ("dot segments removed", path => Dots(Uri.UnescapeDataString(path))),
        ("slashes merged", path => Slashes(Uri.UnescapeDataString(path))),
        ("dots and slashes", path => Dots(Slashes(Uri.UnescapeDataString(path)))),
        ("slashes and dots", path => Slashes(Dots(Uri.UnescapeDataString(path)))),
        ("two decodings", path => Dots(Uri.UnescapeDataString(Uri.UnescapeDataString(path)))),
        ("parameters cut before decoding", path => Dots(Slashes(Uri.UnescapeDataString(Cut(path))))),
        ("parameters cut after decoding", path => Dots(Slashes(Cut(Uri.UnescapeDataString(path))))),
        ("an address that is parsed again", path => Dots(Slashes(Uri.UnescapeDataString(path).Split('?', '#')[0]))),
        ("everything at once", path => Dots(Slashes(Cut(Uri.UnescapeDataString(Uri.UnescapeDataString(path)).Split('?', '#')[0])))),
    ];

    private static string RouteOf(string path)
    {
        var first = path.Split('/').ElementAtOrDefault(1) ?? "";
        return Prefixes.FirstOrDefault(prefix => prefix.Equals(first, StringComparison.OrdinalIgnoreCase)) is { } found ? $"/{found}/{{**rest}}" : "/{**rest}";
    }

    /// <summary>Escapes of visible ASCII are no more than three characters to whoever does not decode.</summary>
    private static string Raw(string path) => Uri.UnescapeDataString(string.Concat(path.Split('%').Select((part, i) =>
        i == 0 ? part : Convert.ToByte(part[..2], 16) is > 0x20 and < 0x7F ? "%25" + part : "%" + part)));

    private static string Cut(string path) => string.Join('/', path.Split('/').Select(segment => segment.Split(';')[0]));

    private static string Slashes(string path) => "/" + string.Join('/', path.Split('/', StringSplitOptions.RemoveEmptyEntries)) + (path.Length > 1 && path.EndsWith('/') ? "/" : "");

    private static string Dots(string path)
    {
        var kept = new Stack<string>();
        foreach (var segment in path.Split('/').Skip(1))
        {
            if (segment == "..")
                kept.TryPop(out _);
            else if (segment != ".")
                kept.Push(segment);
        }

        return "/" + string.Join('/', kept.Reverse());
    }

    private static Gen<string> Target =>
        from length in Gen.Choose(1, 5)
        from segments in Gen.ArrayOf(Segment, length)
        select "/" + string.Concat(segments);

    private static Gen<string> Segment =>
        from pieces in Gen.Frequency<string>(
            (8, Gen.Elements("admin", "files", "double", "a@b", "caf%C3%A9", "x", "1", "")),
            (3, Gen.Elements("Admin", "%61dmin", "adm%69n", "ADMIN", "a%40b", "A@B", "%66iles", "caf%c3%a9", "x%20y", "a!b", "a%21b", "%7e")),
            (3, Gen.Elements("..", ".", "%2e%2e", "%2E", ".%2e", "...", "..x", "x..")),
            (2, Gen.Elements("..;", ";", "%3B", "..;x", ".;", "admin;x=1", "admin%3bx", ";admin", "x;../admin", "%3F", "admin%3Fx", "%23", "admin%23")),
            (1, Gen.Elements("%2F", "%2f", "..%2F", "%2F..", "%2Fadmin", "x%2Fadmin", "%252e", "%5c", "\\", "%00", "%c0%af", "%zz", "%", "%C2%85", "#", "|", "[", "\"")))
        from separator in Gen.Frequency<string>((12, Gen.Constant("/")), (2, Gen.Constant("")), (2, Gen.Constant("//")), (1, Gen.Elements("%2F", ";", "/./", "/../", "/.")))
        select pieces + separator;
}
