using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.IdentityModel.Tokens;
using Yarp.ReverseProxy.Configuration;

namespace Gateway.Bench;

/// <summary>This program in other roles: the backend, YARP alone, and YARP with ASP.NET's own check of tokens.</summary>
internal static class Serving
{
    public static async Task RunAsync(string role, string[] args)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://127.0.0.1:{args[0]}");
        if (role == "backend")
        {
            var backend = builder.Build();
            backend.Run(http =>
            {
                http.Response.ContentLength = 2;
                return http.Response.Body.WriteAsync("ok"u8.ToArray()).AsTask();
            });
            await backend.RunAsync();
            return;
        }

        builder.Services.AddReverseProxy().LoadFromMemory(
            [new RouteConfig { RouteId = "all", ClusterId = "backend", Match = new() { Path = "/{**rest}" }, AuthorizationPolicy = role == "yarp" ? null : "default" }],
            [new ClusterConfig { ClusterId = "backend", Destinations = new Dictionary<string, DestinationConfig> { ["one"] = new() { Address = args[1] } } }]);
        if (role != "yarp")
        {
            builder.Services.AddAuthentication(JwtBearerDefaults.AuthenticationScheme).AddJwtBearer(jwt => jwt.TokenValidationParameters = new()
            {
                ValidIssuer = Tokens.Issuer,
                ValidAudience = Tokens.Audience,
                IssuerSigningKeys = new JsonWebKeySet(File.ReadAllText(args[2])).GetSigningKeys(),
            });
            builder.Services.AddAuthorization();
        }

        var app = builder.Build();
        if (role != "yarp")
            app.UseAuthentication().UseAuthorization();
        app.MapReverseProxy();
        await app.RunAsync();
    }
}
