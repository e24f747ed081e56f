using System.Collections;
using System.CommandLine;
using Gateway.Platform.Configuration;
using Microsoft.Data.Sqlite;
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

    public static async Task<int> RunAsync(string[] args)
    {
        try
        {
            return await Root().Parse(args, Parsing).InvokeAsync(new() { EnableDefaultExceptionHandler = false });
        }
        catch (StartRefusedException e)
        {
            return Refuse(e.Errors);
        }
        catch (Exception e) when (e is SqliteException or DbUpdateException or IOException or UnauthorizedAccessException)
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

    /// <summary>The files that were named, the environment, and whatever else is on the command line as <c>--Key:Sub=value</c>.</summary>
    public static Dictionary<string, string?> ReadConfiguration(string[] args)
    {
        var parsed = Root().Parse(args, Parsing);
        var files = parsed.GetValue(Config) is { Length: > 0 } named ? named : File.Exists("appsettings.json") ? ["appsettings.json"] : Array.Empty<string>();
        return ConfigurationLayers.Read(files, Environment.GetEnvironmentVariables(), Overrides(parsed));
    }

    private static string[] Overrides(ParseResult parsed)
    {
        var tokens = parsed.UnmatchedTokens.ToArray();
        for (var i = 0; i < tokens.Length; i++)
        {
            if (!tokens[i].StartsWith("--", StringComparison.Ordinal) || tokens[i].Length == 2)
                throw new StartRefusedException($"'{tokens[i]}' is neither a verb nor an option. Run with --help for the verbs; a setting is written --Gateway:Accounts:Signup=Closed.");
            if (!tokens[i].Contains('=') && ++i == tokens.Length)
                throw new StartRefusedException($"'{tokens[^1]}' has no value. Write {tokens[^1]}=VALUE.");
        }

        return tokens;
    }

    private static ParserConfiguration Parsing => new() { ResponseFileTokenReplacer = null };

    private static RootCommand Root()
    {
        var root = new RootCommand("Gateway: sign-up, login and policies in front of services that already exist.")
        {
            Config, ServeCommand.Create(), CheckCommand.Create(), UsersCommand.Create(), KeysCommand.Create(), MigrateCommand.Create(),
        };
        root.SetAction(ServeCommand.RunAsync);
        AcceptSettings(root);
        return root;
    }

    private static void AcceptSettings(Command command)
    {
        command.TreatUnmatchedTokensAsErrors = false;
        foreach (var verb in command.Subcommands)
            AcceptSettings(verb);
    }

    /// <summary>The words as they were typed, for <see cref="GatewayHost"/>.</summary>
    public static string[] Words(this ParseResult parsed) => [.. parsed.Tokens.Select(t => t.Value)];
}
