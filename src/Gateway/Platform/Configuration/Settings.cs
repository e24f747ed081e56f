using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Gateway.Platform.Configuration;

/// <summary>What was configured, section by section, and everything that is wrong with it.</summary>
internal sealed class Settings
{
    private readonly Dictionary<Type, object> values = [];

    public Settings(IConfiguration configuration, IEnumerable<SettingsSection> sections)
    {
        Written = configuration;
        var all = sections.ToArray();
        foreach (var section in all)
        {
            var below = all.Where(s => s.Path.StartsWith(section.Path + ":", StringComparison.Ordinal)).Select(s => s.Path[(section.Path.Length + 1)..]);
            values[section.Type] = new SettingsReader(Errors, section.FreeForm).Read(configuration.GetSection(section.Path), section.Type, [.. below]);
        }

        // "ReversProxy" would leave a gateway without routes. The environment may have single values of any name.
        foreach (var key in configuration.GetChildren().Where(c => c.GetChildren().Any()).Select(c => c.Key))
        {
            if (all.Select(s => s.Path).Concat(["Kestrel", "Logging"]).FirstOrDefault(p => Suggestion.Distance(key.ToLowerInvariant(), p.ToLowerInvariant()) is 1 or 2) is { } meant)
                Errors.Add($"{key}: this section does not exist (did you mean '{meant}'?).");
        }
    }

    /// <summary>As it was read, for who must see what is written and not only what it means.</summary>
    public IConfiguration Written { get; }

    public List<string> Errors { get; } = [];

    public T Get<T>() => (T)values[typeof(T)];
}

/// <param name="Path">Where in the configuration.</param>
/// <param name="Type">What may be there.</param>
/// <param name="FreeForm">Types below it that may have more keys than we know of.</param>
internal sealed record SettingsSection(string Path, Type Type, params Type[] FreeForm)
{
    /// <summary>It may change while serving.</summary>
    public bool IsLive { get; init; }
}

/// <summary>A rule over several sections, checked at the start, by <c>gateway check</c> and before a reload; opens neither database nor network.</summary>
internal interface ISettingsRule
{
    /// <param name="settings">Those of the start, or a candidate that shall take their place.</param>
    Task<IReadOnlyList<string>> CheckAsync(Settings settings);
}

internal static class SettingsServices
{
    public static IServiceCollection AddSettings<T>(this IServiceCollection services, string section, params Type[] freeForm) where T : class
    {
        services.TryAddSingleton<Settings>();
        services.AddSingleton(new SettingsSection(section, typeof(T), freeForm));
        services.AddSingleton(provider => provider.GetRequiredService<Settings>().Get<T>());
        return services;
    }

    /// <summary>A section that may change while serving: nobody can have it injected, as that would be the start's for ever.</summary>
    public static IServiceCollection AddLiveSettings<T>(this IServiceCollection services, string section, params Type[] freeForm) where T : class
    {
        services.TryAddSingleton<Settings>();
        return services.AddSingleton(new SettingsSection(section, typeof(T), freeForm) { IsLive = true });
    }

    /// <summary>Everything that is wrong with these settings.</summary>
    public static async Task<IReadOnlyList<string>> CheckAsync(this IServiceProvider provider, Settings settings)
    {
        var errors = new List<string>(settings.Errors);
        foreach (var rule in provider.GetServices<ISettingsRule>())
            errors.AddRange(await rule.CheckAsync(settings));
        return errors;
    }
}
