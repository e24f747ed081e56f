namespace Gateway.Edge;

/// <summary>Where does routing lead this request, as it is or if its path were another one? One table for both questions: ten thousand routes need some hundred megabytes.</summary>
/// <remarks>What is ours has a table of its own, so that no start waits for it, and the routes' is about routes alone.</remarks>
internal sealed class Routing
{
    private const string RoutesOfTheApplication = "__GlobalEndpointRouteBuilder", RoutesOfTheBranch = "__EndpointRouteBuilder";

    private readonly Func<PathString, bool> isOurs;
    private readonly Lazy<RequestDelegate> ours, routes;

    private Routing(Func<PathString, bool> isOurs, Func<RequestDelegate> ours, Func<RequestDelegate> routes) =>
        (this.isOurs, this.ours, this.routes) = (isOurs, new(ours), new(routes));      // when first asked: routing copies the list of routes, and they are mapped after this

    /// <summary>The application's own routing, with nothing behind it.</summary>
    /// <param name="app">Whose routes are all that is not ours.</param>
    /// <param name="isOurs">Is this path never a route's?</param>
    /// <param name="mapOurs">Called once, when somebody asks for what is ours.</param>
    public static Routing Of(WebApplication app, Func<PathString, bool> isOurs, Action<IEndpointRouteBuilder> mapOurs) => new(
        isOurs,
        () => Lead(app, branch => mapOurs((IEndpointRouteBuilder)branch.UseRouting().Properties[RoutesOfTheBranch]!)),
        () => Lead(app, branch =>
        {
            branch.Properties[RoutesOfTheApplication] = app;      // a branch has routes of its own otherwise, and none
            branch.UseRouting();
        }));

    private static RequestDelegate Lead(WebApplication app, Action<IApplicationBuilder> useRouting)
    {
        var branch = ((IApplicationBuilder)app).New();
        useRouting(branch);
        branch.Run(_ => Task.CompletedTask);
        return branch.Build();
    }

    /// <summary>In the place of UseRouting.</summary>
    public void Use(WebApplication app)
    {
        ((IApplicationBuilder)app).Properties[RoutesOfTheBranch] = app;      // or it would add routing of its own
        app.Use(next => http =>
        {
            var leading = LeadAsync(http);      // leaves an endpoint that is there already
            return leading.IsCompletedSuccessfully ? next(http) : ContinueAsync(leading, next, http);
        });
    }

    /// <summary>Builds the table that knows this path: the first request would have to wait for it.</summary>
    public Task PrepareAsync(PathString path) => LeadAsync(new DefaultHttpContext { Request = { Path = path } });

    /// <summary>Leaves the request as it was.</summary>
    public async Task<(Endpoint? Endpoint, RouteValueDictionary Values)> FindAsync(HttpContext http, string path)
    {
        var sent = http.Request.Path;
        try
        {
            http.Request.Path = new(path);
            await LeadAsync(http);
            return (http.GetEndpoint(), http.Request.RouteValues);
        }
        finally
        {
            http.Request.Path = sent;
            http.Request.RouteValues = [];
            http.SetEndpoint(null);
        }
    }

    private Task LeadAsync(HttpContext http) => (isOurs(http.Request.Path) ? ours : routes).Value(http);

    private static async Task ContinueAsync(Task leading, RequestDelegate next, HttpContext http)
    {
        await leading;
        await next(http);
    }
}
