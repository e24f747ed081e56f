using Gateway.Platform;

namespace Gateway.Edge;

/// <summary>How does the public listener take connections?</summary>
internal static class Listening
{
    public const string DefaultUrl = "http://localhost:8080";

    /// <summary>Addresses are ASP.NET's own: Urls, or Kestrel:Endpoints; without either the default PublicUrl.</summary>
    public static IWebHostBuilder UseGatewayKestrel(this IWebHostBuilder host) => host
        .UseKestrelCore()
        .UseKestrelHttpsConfiguration()
        .ConfigureKestrel((context, kestrel) =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = null;      // backends take uploads of any size; our own endpoints read 16 KB
            kestrel.ConfigureEndpointDefaults(listen => listen.Use(listen.ApplicationServices.GetRequiredService<Serving>().Count));
            kestrel.Configure(context.Configuration.GetSection("Kestrel"));
        });
}
