using System.CommandLine;

namespace Gateway.Cli;

/// <summary><c>check</c>: would the gateway start with this configuration? Opens neither database nor secret.</summary>
internal static class CheckCommand
{
    public static Command Create(string[] args)
    {
        var command = new Command("check", "Checks the configuration and prints every error; opens neither database nor secret.");
        command.SetAction(async (_, _) =>
        {
            await using var app = await GatewayHost.BuildAsync(args);
            Console.WriteLine("The configuration is valid.");
            return 0;
        });
        return command;
    }
}
