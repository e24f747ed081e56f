using System.Collections;

namespace Gateway.Platform.Configuration;

/// <summary>What do the files, the environment and the command line say together?</summary>
internal static class ConfigurationLayers
{
    /// <exception cref="StartRefusedException">A file is missing, empty or no configuration: all that is wrong with all of them.</exception>
    public static Dictionary<string, string?> Read(IReadOnlyList<string> files, IDictionary environment, IEnumerable<KeyValuePair<string, string?>> commandLine)
    {
        var errors = new List<string>();
        var merged = SettingsTree.Group([]);

        merged.Lay(SettingsTree.Flat(Variables(environment, "ASPNETCORE_")));
        foreach (var file in files)
        {
            if (new ConfigurationFile(file, errors).Read() is { } settings)
                merged.Lay(settings);
        }

        merged.Lay(SettingsTree.Flat(Variables(environment, "")));
        merged.Lay(SettingsTree.Flat(commandLine));

        return errors.Count == 0 ? new(merged.Flatten(), StringComparer.OrdinalIgnoreCase) : throw new StartRefusedException(errors);
    }

    private static IEnumerable<KeyValuePair<string, string?>> Variables(IDictionary environment, string prefix) =>
        from DictionaryEntry variable in environment
        let name = (string)variable.Key
        where name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase)
        select KeyValuePair.Create(name[prefix.Length..].Replace("__", ":", StringComparison.Ordinal), variable.Value as string);
}

/// <summary>The gateway does not start like this; each error says fact, rule and remedy.</summary>
internal sealed class StartRefusedException(IReadOnlyList<string> errors, Exception? cause = null) : Exception(string.Join(Environment.NewLine, errors), cause)
{
    public StartRefusedException(string error) : this([error])
    {
    }

    /// <summary>What a library would not take, in its own words.</summary>
    public StartRefusedException(string key, Exception cause)
        : this([$"{key}: {cause.GetBaseException().Message.ReplaceLineEndings(" ")} ({cause.GetBaseException().GetType().Name}). Correct the setting that this is about, or remove it."], cause)
    {
    }

    public IReadOnlyList<string> Errors { get; } = errors;
}
