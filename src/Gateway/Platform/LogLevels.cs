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
        return
            from levels in logging.GetChildren().Select(provider => provider.GetSection("LogLevel")).Prepend(logging.GetSection("LogLevel"))
            from level in levels.AsEnumerable()
            where level.Value is { Length: > 0 } text && (level.Key == levels.Path || !Names.Contains(text, StringComparer.OrdinalIgnoreCase))
            select level.Key == levels.Path
                ? $"{level.Key}: '{level.Value}' is a value. It must be an object of categories, such as {{ \"Default\": \"Warning\" }}."
                : $"{level.Key}: '{level.Value}' is not a level. It must be one of {string.Join(", ", Names)}{Suggestion.For(level.Value!, Names)}.";
    }
}
