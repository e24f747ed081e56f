using System.CommandLine;

namespace Gateway.Cli;

/// <summary><c>migrate</c>: brings the database up to date, for who set Database:Migrate to false.</summary>
internal static class MigrateCommand
{
    public static Command Create(string[] args)
    {
        var command = new Command("migrate", "Brings the database up to date.");
        command.SetAction((_, ct) => Opened.RunAsync(args, migrate: true, _ =>
        {
            Console.WriteLine("The database is up to date.");
            return Task.FromResult(0);
        }, ct));
        return command;
    }
}
