using Gateway.Platform;

namespace Gateway.Edge;

/// <summary>How does the public listener take connections?</summary>
internal static class Listening
{
    /// <summary>Addresses are ASP.NET's own keys; without any of them it is the address of the default PublicUrl.</summary>
    public static Dictionary<string, string?> WithDefaultUrl(this Dictionary<string, string?> configuration)
    {
        if (!configuration.Any(setting => setting.Value?.Trim(';', ' ') is { Length: > 0 } && NamesAnAddress(setting.Key)))
            configuration["Urls"] = new GatewayOptions().Origin;
        return configuration;
    }

    private static bool NamesAnAddress(string key) =>
        key.StartsWith("Kestrel:Endpoints:", StringComparison.OrdinalIgnoreCase)
        || ((ReadOnlySpan<string>)["Urls", "Http_Ports", "Https_Ports"]).Contains(key, StringComparer.OrdinalIgnoreCase);

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
