using System.Collections;
using System.CommandLine;
using System.CommandLine.Parsing;
using System.Data.Common;
using Gateway.Platform.Configuration;
using Microsoft.EntityFrameworkCore;

namespace Gateway.Cli;

/// <summary>What did the operator ask for? Without a verb: serve.</summary>
internal static class CommandLine
{
    public static readonly Option<string[]> Config = new("--config")
    {
        Description = "A JSON configuration file; repeatable, later files win. Without it: appsettings.json of the working directory.",
        Recursive = true,
        Arity = ArgumentArity.OneOrMore,
        HelpName = "FILE",
    };

    public const int Refused = 2;

    // The parser would end the process two seconds after a signal, in the middle of the drain; ServeCommand hears the signals itself.
    private static readonly InvocationConfiguration Invocation = new() { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null };

    public static int Run(string[] args)
    {
        try
        {
            return Parse(args).Parsed.Invoke(Invocation);      // this thread has nothing else to do than to wait
        }
        catch (StartRefusedException e)
        {
            return Refuse(e.Errors);
        }
        catch (Exception e) when (e is DbException or DbUpdateException or TimeoutException or IOException or UnauthorizedAccessException)
        {
            return Refuse([e.GetBaseException().Message]);
        }
    }

    public static int Refuse(IReadOnlyList<string> errors)
    {
        foreach (var error in errors)
            Console.Error.WriteLine(error);
        if (errors.Count > 1)
            Console.Error.WriteLine($"{errors.Count} errors.");
        return Refused;
    }

    /// <summary>The files that were named, the environment, and the settings on the command line.</summary>
    /// <exception cref="StartRefusedException">There is nothing of all this: a gateway of nothing but defaults is nobody's wish.</exception>
    public static ConfigurationLayers Layers(string[] args)
    {
        var (parsed, settings) = Parse(args);
        var files = parsed.GetValue(Config) is { Length: > 0 } named ? named : File.Exists("appsettings.json") ? ["appsettings.json"] : Array.Empty<string>();
        var variables = Environment.GetEnvironmentVariables();
        if (files.Length == 0 && !settings.Select(setting => setting.Key).Concat(variables.Keys.Cast<string>()).Any(IsOurs))
            throw new StartRefusedException("No configuration was found. Name a file with --config FILE, or put an appsettings.json into this folder; appsettings.example.json is one to begin with.");

        return new(files, variables, settings);
    }

    // What begins with ASPNETCORE_ is a default, of an image mostly.
    private static bool IsOurs(string key) =>
        ((string[])["Gateway:", "Gateway__", "ReverseProxy:", "ReverseProxy__"]).Any(section => key.StartsWith(section, StringComparison.OrdinalIgnoreCase));

    /// <exception cref="StartRefusedException">A word means nothing here: a misspelt option would leave what it stands for at its default.</exception>
    private static (ParseResult Parsed, KeyValuePair<string, string?>[] Settings) Parse(string[] args)
    {
        var root = Root(args);
        var (words, settings) = SettingWords.Split(args, root);
        var parsed = root.Parse(words, new ParserConfiguration { ResponseFileTokenReplacer = null });
        var errors = Errors(parsed).ToArray();
        return errors.Length == 0 ? (parsed, settings) : throw new StartRefusedException(errors);
    }

    private static IEnumerable<string> Errors(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        // An unknown option in front of a name, or any option after one that lacks its value, passes for that name or value.
        var swallowed = parsed.Tokens.TakeWhile(token => token.Type is not TokenType.DoubleDash)
            .Where(token => token.Type is TokenType.Argument && token.Value.StartsWith("--", StringComparison.Ordinal)).Select(token => token.Value).ToArray();
        // What follows the first word that fits nowhere mostly fits nowhere because of it.
        var strange = swallowed.Length > 0 ? swallowed : parsed.UnmatchedTokens.Take(1).ToArray();

        return strange.Length > 0
            ? strange.Select(word => SettingWords.Explain(word, command))
            : parsed.Errors.Select(error => $"{error.Message} See {command.Name} --help.");
    }

    private static RootCommand Root(string[] args)
    {
        var root = new RootCommand("Gateway: sign-up, login and policies in front of services that already exist. Any setting can be given as --Section:Key=value.")
        {
            Config, ServeCommand.Create(args), CheckCommand.Create(args), ExplainCommand.Create(args), UsersCommand.Create(args), KeysCommand.Create(args), MigrateCommand.Create(args), HealthCommand.Create(args), SchemaCommand.Create(),
        };
        root.SetAction((_, ct) => ServeCommand.RunAsync(args, ct));
        return root;
    }
}
