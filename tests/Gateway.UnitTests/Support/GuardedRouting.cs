using Gateway.Edge;
using Gateway.Platform;
using Gateway.Routes;
using Gateway.Routes.Explaining;
using Yarp.ReverseProxy.Configuration;

namespace Gateway.UnitTests.Support;

/// <summary>The guard with ASP.NET's and YARP's own routing behind it: which route gets a request, and with which path?</summary>
internal sealed class GuardedRouting(GatewayOptions gateway, params IReadOnlyList<RouteConfig> routes) : IDisposable
{
    private static readonly RoutePolicy AnyPolicy = new() { Name = "any" };

    private readonly TrialRouting routing = new(gateway, !routes.Any(RouteRules.ClaimsOpenIdMetadata), new EdgeOptions(), [.. routes.Select(LiftNames.Off)], _ => AnyPolicy);

    public static RouteConfig Route(string path, params (string Key, string Value)[] metadata) =>
        new() { RouteId = path, ClusterId = "c", Match = new() { Path = path }, Metadata = metadata.ToDictionary(m => m.Key, m => m.Value) };

    public HttpContext Send(string target, Action<HttpContext>? prepare = null) => routing.LeadAsync(target, http =>
    {
        http.Request.Host = new("gateway.example");
        prepare?.Invoke(http);
    }).GetAwaiter().GetResult();

    /// <returns>Null: it was refused. Otherwise the route's pattern, and the path that is forwarded.</returns>
    public (string Route, string Path)? Lead(string target)
    {
        var http = Send(target);
        return http.Features.Get<Problem>() is null ? (http.GetEndpoint()!.DisplayName!, http.Request.Path.Value!) : null;
    }
    public void Dispose() => routing.Dispose();
}
