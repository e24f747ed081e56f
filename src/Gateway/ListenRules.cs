using Gateway.Admin;
using Gateway.Platform;
using Gateway.Platform.Configuration;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Gateway;

/// <summary>Can both listeners be opened where the configuration says?</summary>
internal sealed class ListenRules(IServiceProvider services) : ISettingsRule
{
    public Task<IReadOnlyList<string>> CheckAsync(Settings settings)
    {
        var configuration = settings.Written;
        string[] errors = [.. Written(configuration).Where(listener => listener.Address is null).Select(listener => $"{listener.Key}: '{listener.Text}' is not an address. {ListenAddress.Rule}")];
        return Task.FromResult<IReadOnlyList<string>>(errors.Length > 0 ? errors : [.. Collisions(configuration, settings.Get<ManagementOptions>()), .. KestrelErrors(configuration)]);
    }

    private static IEnumerable<Listener> Written(IConfiguration configuration) =>
    [
        .. configuration.GetSection("Kestrel:Endpoints").GetChildren().Select(endpoint => new Listener(endpoint.Path + ":Url", endpoint["Url"] ?? "")),
        .. Split(configuration, "Urls").Select(url => new Listener("Urls", url)),
        .. Split(configuration, "Http_Ports").Select(port => new Listener("Http_Ports", "http://*:" + port)),
        .. Split(configuration, "Https_Ports").Select(port => new Listener("Https_Ports", "https://*:" + port)),
    ];

    private static string[] Split(IConfiguration configuration, string key) => configuration[key]?.Split(';', StringSplitOptions.RemoveEmptyEntries) ?? [];

    // Kestrel's own endpoints replace Urls, and Urls replace the ports.
    private static IEnumerable<Listener> Listeners(IConfiguration configuration) =>
        Written(configuration).GroupBy(listener => listener.Key.StartsWith("Http", StringComparison.Ordinal) ? "Ports" : listener.Key.Split(':')[0]).FirstOrDefault() ?? Enumerable.Empty<Listener>();

    private static IEnumerable<string> Collisions(IConfiguration configuration, ManagementOptions management)
    {
        Listener[] listeners = [.. Listeners(configuration), new($"{ManagementOptions.Section}:Url", management.Url)];

        return
            from later in listeners
            from earlier in listeners.TakeWhile(listener => listener != later)
            where earlier.Address is not null && later.Address?.Meets(earlier.Address) is true
            select $"{later.Key}: '{later.Text}' is taken already by {earlier.Key} ('{earlier.Text}'). Two listeners cannot share an address; choose another port.";
    }

    /// <summary>Certificates and whatever else Kestrel reads by itself, on options that no server uses.</summary>
    private IEnumerable<string> KestrelErrors(IConfiguration configuration)
    {
        try
        {
            var rehearsal = new KestrelServerOptions { ApplicationServices = services };
            rehearsal.Configure(configuration.GetSection("Kestrel")).Load();
            // An endpoint may bring its own certificate; these take the default one.
            if (Listeners(configuration).Any(listener => listener.Key is "Urls" or "Https_Ports" && listener.Text.StartsWith("https:", StringComparison.OrdinalIgnoreCase)))
                rehearsal.ListenLocalhost(1, listen => listen.UseHttps());
            return [];
        }
        catch (Exception e)
        {
            return new StartRefusedException("Kestrel", e).Errors;
        }
    }

    private sealed class Listener(string key, string text)
    {
        public string Key => key;

        public string Text => text;

        /// <summary>Null: it is none.</summary>
        public ListenAddress? Address { get; } = ListenAddress.TryParse(text);
    }
}
