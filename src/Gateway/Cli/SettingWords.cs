using System.CommandLine;
using Gateway.Platform.Configuration;

namespace Gateway.Cli;

/// <summary>Which words of the command line are settings, and what is wrong with a word that is nothing?</summary>
internal static class SettingWords
{
    // ASP.NET's own keys that stand in no section.
    private static readonly string[] WithoutSection = ["urls", "http_ports", "https_ports", "environment", "contentRoot"];

    /// <summary>The settings are taken out first: to the parser they would be names and values of options.</summary>
    /// <exception cref="StartRefusedException">A setting has no value.</exception>
    public static (string[] Words, KeyValuePair<string, string?>[] Settings) Split(string[] args, Command root)
    {
        var options = AllOptions(root).ToHashSet(StringComparer.Ordinal);
        List<string> words = [];
        List<KeyValuePair<string, string?>> settings = [];
        for (var i = 0; i < args.Length; i++)
        {
            var parts = args[i].Split('=', 2);
            if (args[i] == "--")
            {
                words.AddRange(args[i..]);
                break;
            }

            if (!IsSetting(parts[0], options))
                words.Add(args[i]);
            else if (parts.Length == 2)
                settings.Add(new(parts[0][2..], parts[1]));
            else if (i + 1 < args.Length && !args[i + 1].StartsWith("--", StringComparison.Ordinal))
                settings.Add(new(parts[0][2..], args[++i]));
            else
                throw new StartRefusedException($"'{args[i]}' has no value. Write {args[i]}=VALUE.");
        }

        return ([.. words], [.. settings]);
    }

    public static string Explain(string word, Command command)
    {
        var name = word.Split('=')[0];
        string[] options = [.. OptionsOf(command).Order()];
        string[] verbs = [.. command.Subcommands.Select(verb => verb.Name).Order()];

        if (options.Contains(name))
            return $"'{name}' stands where a value is expected. Write the value that is missing before it.";
        if (word.StartsWith('-'))
            return $"'{name}' is not an option of {command.Name}. It must be one of {string.Join(", ", options)}, or a setting with its section, such as --Gateway:Path=/auth{Suggestion.For(name, [.. options, .. WithoutSection.Select(key => "--" + key)])}.";

        return verbs.Length > 0
            ? $"'{word}' is not a verb. It must be one of {string.Join(", ", verbs)}{Suggestion.For(word, verbs)}."
            : $"'{word}' is one word too many for {command.Name}. It takes the options {string.Join(", ", options)}{Suggestion.For(word, options)}.";
    }

    private static bool IsSetting(string name, HashSet<string> options) =>
        name.StartsWith("--", StringComparison.Ordinal) && name[2..].Split(':') is var parts
        && (parts.Length == 1 ? WithoutSection.Contains(parts[0], StringComparer.OrdinalIgnoreCase) : !options.Contains("--" + parts[0]) && !parts.Contains(""));

    private static IEnumerable<string> AllOptions(Command command) =>
        command.Options.Select(option => option.Name).Concat(command.Subcommands.SelectMany(AllOptions));

    private static IEnumerable<string> OptionsOf(Command command, bool inherited = false) =>
        command.Options.Where(option => !inherited || option.Recursive).Select(option => option.Name)
            .Concat(command.Parents.OfType<Command>().SelectMany(parent => OptionsOf(parent, inherited: true)));
}
