using System.CommandLine;
using Gateway.Routes;
using Gateway.Routes.Explaining;
using Gateway.Routes.Policies;

namespace Gateway.Cli;

/// <summary><c>check</c>: would the gateway start with this configuration? Opens neither database nor secret.</summary>
internal static class CheckCommand
{
    private static readonly Option<bool> Covered = new("--coverage") { Description = "Names the routes and policies that no policy test touches." };

    public static Command Create(string[] args)
    {
        var command = new Command("check", "Checks the configuration, runs its policy tests and prints every error; opens neither database nor secret.") { Covered };
        command.SetAction(async (parsed, _) =>
        {
            await using var app = await GatewayHost.BuildAsync(args);
            var results = await GatewayHost.TestAsync(app);
            var rulebook = app.Services.GetRequiredService<Rulebooks>().Current;
            foreach (var remark in RouteRemarks.Of(rulebook))
                Console.WriteLine("Look at " + remark);
            Console.WriteLine($"The configuration is valid: {Count(rulebook.Routes.Count, "route", "routes")}, {Count(rulebook.Settings.Get<PoliciesOptions>().Count, "policy", "policies")}, {Count(results.Count, "policy test", "policy tests")} passed.");
            if (parsed.GetValue(Covered))
                Console.WriteLine(new Coverage(rulebook, results));
            return 0;
        });
        return command;
    }

    private static string Count(int number, string one, string many) => $"{number} {(number == 1 ? one : many)}";
}
