using Gateway.Platform.Configuration;

namespace Gateway.Platform;

/// <summary>Are the levels under Logging levels? The logging library would throw before anything else could be said.</summary>
internal sealed class LogLevels : ISettingsRule
{
    private static readonly string[] Names = Enum.GetNames<LogLevel>();

    public Task<IReadOnlyList<string>> CheckAsync(Settings settings) => Task.FromResult<IReadOnlyList<string>>([.. Errors(settings.Written)]);

    public static IEnumerable<string> Errors(IConfiguration configuration)
    {
        var logging = configuration.GetSection("Logging");
        foreach (var levels in logging.GetChildren().Select(provider => provider.GetSection("LogLevel")).Prepend(logging.GetSection("LogLevel")))
        {
            foreach (var (key, level) in levels.AsEnumerable())
            {
                if (level is not { Length: > 0 })
                    continue;
                if (key == levels.Path)
                    yield return $"{key}: '{level}' is a value. It must be an object of categories, such as {{ \"Default\": \"Warning\" }}.";
                else if (!Names.Contains(level, StringComparer.OrdinalIgnoreCase))
                    yield return $"{key}: '{level}' is not a level. It must be one of {string.Join(", ", Names)}{Suggestion.For(level, Names)}.";
            }
        }
    }
}
