using Gateway.Accounts;
using Gateway.Admin;
using Gateway.Cli;
using Gateway.Edge;
using Gateway.Platform;
using Gateway.Platform.Configuration;
using Gateway.Routes;
using Gateway.Sessions;
using Gateway.Sessions.Connections;
using Gateway.Tokens;

InlineSockets.Begin();
return CommandLine.Run(args);

/// <summary>The doors, in the order in which a request meets them.</summary>
internal static class Doors
{
    public static IServiceCollection AddGateway(this IServiceCollection services) => services
        .AddEdge()
        .AddRoutes()
        .AddSessions()
        .AddTokens()
        .AddAccounts()
        .AddAdmin()
        .AddPlatform()
        .AddSingleton(provider => new CredentialRules(
            provider.GetRequiredService<EdgeOptions>().MaxTokenBytes,
            provider.GetRequiredService<EdgeOptions>().AccessTokenHeader ? RoutePolicy.AllCredentials : RoutePolicy.AllCredentials & ~CredentialKind.AccessTokenHeader,
            provider.GetRequiredService<AccountOptions>().ForwardUnverifiedEmail))
        .AddSingleton<TermsInForce>(provider => route => provider.GetRequiredService<Rulebooks>().Current.Policies.Find(route)?.Terms)
        .AddSingleton(provider => new ReplicaRules(() => provider.GetRequiredService<Rulebooks>().Current.Policies.LongestStaleness));

    /// <returns>What should be prepared before requests come.</returns>
    public static Routing UseGateway(this WebApplication app)
    {
        var gateway = app.Services.GetRequiredService<GatewayOptions>();
        var openIdMetadata = app.Services.GetRequiredService<Rulebooks>().OwnsOpenIdMetadata;

        // WebApplication would add these two by itself; the gate is the only judge.
        ((IApplicationBuilder)app).Properties["__AuthenticationMiddlewareSet"] = true;
        ((IApplicationBuilder)app).Properties["__AuthorizationMiddlewareSet"] = true;

        var routing = app.UseEdge(OwnGround.Of(gateway, openIdMetadata), routes =>
        {
            var own = routes.MapOwnGround(gateway, openIdMetadata);
            own.MapAccounts(gateway.Path);
            own.MapSessions(gateway.Path);
            own.MapClients(gateway.Path);
            own.MapTokens(openIdMetadata);
        });
        app.UseRefusals();
        app.MapProxiedRoutes();
        return routing;
    }
}
