using System.Collections;

namespace Gateway.Platform.Configuration;

/// <summary>What do the files, the environment and the command line say together? The files may say something else when they are read again.</summary>
/// <param name="files">In the order in which they were named: later ones win.</param>
/// <param name="environment">Stands over the files; what begins with ASPNETCORE_, below them.</param>
/// <param name="commandLine">Stands over all.</param>
internal sealed class ConfigurationLayers(IReadOnlyList<string> files, IDictionary environment, IEnumerable<KeyValuePair<string, string?>> commandLine)
{
    public const int MostLocated = 100;

    public IReadOnlyList<string> Files => files;

    public ConfigurationLayers WithoutFiles() => new([], environment, commandLine);

    /// <exception cref="StartRefusedException">A file is missing, empty or no configuration: all that is wrong with all of them.</exception>
    public SettingsTree Read()
    {
        var errors = new List<string>();
        var merged = SettingsTree.Group();

        merged.Lay(SettingsTree.Flat(Variables("ASPNETCORE_")));
        foreach (var file in files)
        {
            if (new ConfigurationFile(file, FileContent.Of(file), errors).Read() is { } settings)
                merged.Lay(settings);
        }

        merged.Lay(SettingsTree.Flat(Variables("")));
        merged.Lay(SettingsTree.Flat(commandLine));

        return errors.Count == 0 ? merged : throw new StartRefusedException(errors);
    }

    /// <summary>Errors that begin with the name of a key, and where that is written, if it is in a file. Nobody reads more than the first hundred, and each takes a walk through the files.</summary>
    public IReadOnlyList<string> Locate(IReadOnlyList<string> errors)
    {
        var contents = files.Reverse().Select(file => (File: file, Content: FileContent.Of(file))).ToArray();
        var above = SettingsTree.Flat(Variables("").Concat(commandLine));
        return [.. errors.Select((error, i) => i < MostLocated ? Locate(error) : error)];

        string Locate(string error)
        {
            var key = error[..Math.Max(error.IndexOf(": ", StringComparison.Ordinal), 0)];
            if (key.Length == 0 || above.Find(key) is not null)
                return error;

            var place = contents.Select(file => (file.File, Line: JsonLines.Find(file.Content, key))).Append(default).MaxBy(found => found.Line?.Depth ?? 0);
            return place.Line is { } found ? $"{error} ({place.File}, line {found.Line})" : error;
        }
    }

    private IEnumerable<KeyValuePair<string, string?>> Variables(string prefix)
    {
        foreach (DictionaryEntry variable in environment)
        {
            if (variable.Key is string name && name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
                yield return new(name[prefix.Length..].Replace("__", ":", StringComparison.Ordinal), variable.Value as string);
        }
    }
}

/// <summary>The gateway does not start like this, or goes on as before; each error says fact, rule and remedy.</summary>
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
