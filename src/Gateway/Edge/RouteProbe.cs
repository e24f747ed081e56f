namespace Gateway.Edge;

/// <summary>Where would routing lead this request, if its path were another one?</summary>
internal sealed class RouteProbe(Lazy<RequestDelegate> routing)
{
    private const string RoutesOfTheApplication = "__GlobalEndpointRouteBuilder";

    /// <summary>The application's own routing, once more, with nothing behind it.</summary>
    public static RouteProbe Of(WebApplication app)
    {
        var branch = ((IApplicationBuilder)app).New();
        branch.Properties[RoutesOfTheApplication] = app;      // a branch has routes of its own otherwise, and none
        branch.UseRouting();
        branch.Run(_ => Task.CompletedTask);
        return new(new(branch.Build));      // at the first request: routing copies the list of routes, and they are mapped after this
    }

    /// <summary>Leaves the request as it was.</summary>
    public async Task<(Endpoint? Endpoint, RouteValueDictionary Values)> FindAsync(HttpContext http, string path)
    {
        var sent = http.Request.Path;
        try
        {
            http.Request.Path = new(path);
            await routing.Value(http);
            return (http.GetEndpoint(), http.Request.RouteValues);
        }
        finally
        {
            http.Request.Path = sent;
            http.Request.RouteValues = [];
            http.SetEndpoint(null);
        }
    }
}
