namespace Gateway.Edge;

/// <summary>Where does routing lead this request, as it is or if its path were another one? One table for both: ten thousand routes need some hundred megabytes.</summary>
internal sealed class Routing
{
    private const string RoutesOfTheApplication = "__GlobalEndpointRouteBuilder", RoutingIsThere = "__EndpointRouteBuilder";

    private readonly Lazy<RequestDelegate> lead;

    private Routing(Lazy<RequestDelegate> lead) => this.lead = lead;

    /// <summary>The application's own routing, with nothing behind it.</summary>
    public static Routing Of(WebApplication app)
    {
        var branch = ((IApplicationBuilder)app).New();
        branch.Properties[RoutesOfTheApplication] = app;      // a branch has routes of its own otherwise, and none
        branch.UseRouting();
        branch.Run(_ => Task.CompletedTask);
        return new(new(branch.Build));      // when first asked: routing copies the list of routes, and they are mapped after this
    }

    /// <summary>In the place of UseRouting.</summary>
    public void Use(WebApplication app)
    {
        ((IApplicationBuilder)app).Properties[RoutingIsThere] = app;
        app.Use(next => http =>
        {
            var leading = lead.Value(http);      // leaves an endpoint that is there already
            return leading.IsCompletedSuccessfully ? next(http) : ContinueAsync(leading, next, http);
        });
    }

    /// <summary>Builds the table, which the first request would have to wait for.</summary>
    public Task PrepareAsync() => lead.Value(new DefaultHttpContext { Request = { Path = "/" } });

    /// <summary>Leaves the request as it was.</summary>
    public async Task<(Endpoint? Endpoint, RouteValueDictionary Values)> FindAsync(HttpContext http, string path)
    {
        var sent = http.Request.Path;
        try
        {
            http.Request.Path = new(path);
            await lead.Value(http);
            return (http.GetEndpoint(), http.Request.RouteValues);
        }
        finally
        {
            http.Request.Path = sent;
            http.Request.RouteValues = [];
            http.SetEndpoint(null);
        }
    }

    private static async Task ContinueAsync(Task leading, RequestDelegate next, HttpContext http)
    {
        await leading;
        await next(http);
    }
}
