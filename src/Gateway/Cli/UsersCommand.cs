using System.CommandLine;
using Gateway.Accounts;
using Gateway.Platform;

namespace Gateway.Cli;

/// <summary><c>users add|set|list|disable</c>: the first administrator comes from here, never from a default password.</summary>
internal static class UsersCommand
{
    private static readonly Argument<string> Name = new("NAME") { Description = "The user name." };
    private static readonly Option<string[]> Roles = new("--role") { Description = "A role; repeatable. What is given replaces all.", HelpName = "R" };
    private static readonly Option<string[]> NoRoles = new("--no-role") { Description = "A role to take away; repeatable.", HelpName = "R" };
    private static readonly Option<string?> Email = new("--email") { Description = "The e-mail address; it counts as verified, because you vouch for it.", HelpName = "E" };
    private static readonly Option<bool> PasswordStdin = new("--password-stdin") { Description = "Reads the password from standard input (one line)." };
    private static readonly Option<bool> Enable = new("--enable") { Description = "Lets a disabled account in again." };

    public static Command Create(string[] args)
    {
        var add = new Command("add", "Makes an account.") { Name, Roles, Email, PasswordStdin };
        add.SetAction((parsed, ct) => Opened.RunAsync(args, null, services => AddAsync(parsed, services, ct), ct));

        var set = new Command("set", "Changes an account; running gateways heed it within a second.") { Name, Roles, NoRoles, Email, PasswordStdin, Enable };
        set.SetAction((parsed, ct) => Opened.RunAsync(args, null, services => SetAsync(parsed, services, ct), ct));

        var list = new Command("list", "Lists the accounts.");
        list.SetAction((_, ct) => Opened.RunAsync(args, null, services => ListAsync(services, ct), ct));

        var disable = new Command("disable", "Disables an account and ends all its sessions.") { Name };
        disable.SetAction((parsed, ct) => Opened.RunAsync(args, null, services => DisableAsync(parsed, services, ct), ct));

        return new Command("users", "Accounts.") { add, set, list, disable };
    }

    private static async Task<int> AddAsync(ParseResult parsed, IServiceProvider services, CancellationToken ct)
    {
        if (BadRole(parsed) is { } bad)
            return CommandLine.Refuse([bad]);
        if ((ReadPassword(parsed) ?? AskForPassword(parsed)) is not { } password)
            return CommandLine.Refuse(["A new account needs a password. Pipe it in: printf %s \"$PASSWORD\" | ... users add NAME --password-stdin"]);

        var roles = parsed.GetValue(Roles) is { Length: > 0 } given ? given : null;
        var (user, refusal) = await services.GetRequiredService<SignUp>().AddAsync(parsed.GetRequiredValue(Name), password, parsed.GetValue(Email), roles, ct);
        return Report(refusal, () => $"Made the account {user!.UserName} with the roles: {string.Join(", ", user.Roles)}.");
    }

    private static async Task<int> SetAsync(ParseResult parsed, IServiceProvider services, CancellationToken ct)
    {
        if (BadRole(parsed) is { } bad)
            return CommandLine.Refuse([bad]);
        if (parsed.GetValue(Email) is { Length: > 0 } email && Names.CanonicalEmail(email) is null)
            return CommandLine.Refuse([Names.EmailRule]);

        Option[] changes = [Roles, NoRoles, Email, PasswordStdin, Enable];
        if (changes.All(option => parsed.GetResult(option) is null or { Implicit: true }))
            return CommandLine.Refuse([$"Nothing was to be changed. Say what, with one or more of {string.Join(", ", changes.Select(option => option.Name))}."]);

        var users = services.GetRequiredService<UserAdministration>();
        var name = parsed.GetRequiredValue(Name);
        if (await users.FindAsync(name, ct) is not { } user)
            return Unknown(name);
        var known = user.Roles.Union(parsed.GetValue(Roles) ?? []).ToArray();
        if ((parsed.GetValue(NoRoles) ?? []).Except(known).FirstOrDefault() is { } absent)
            return CommandLine.Refuse([$"{user.UserName} does not have the role '{absent}', so it cannot be taken away. Upper and lower case count; the roles are: {string.Join(", ", known)}."]);

        var password = ReadPassword(parsed);
        if (parsed.GetValue(PasswordStdin) && password is null)
            return CommandLine.Refuse(["Standard input holds no password. Pipe it in: printf %s \"$PASSWORD\" | ... users set NAME --password-stdin"]);

        var change = new UserAdministration.Change(
            parsed.GetValue(Roles) is { Length: > 0 } roles ? roles : null, parsed.GetValue(NoRoles) ?? [], parsed.GetValue(Email), password, parsed.GetValue(Enable));
        return Report(await users.SetAsync(user, change, ct), () => $"Changed the account {user.UserName}.");
    }

    private static async Task<int> ListAsync(IServiceProvider services, CancellationToken ct)
    {
        foreach (var user in await services.GetRequiredService<UserAdministration>().ListAsync(ct))
        {
            var email = user.Email is null ? "-" : user.EmailConfirmed ? user.Email : user.Email + " (unverified)";
            Console.WriteLine($"{user.UserName}  {user.Id}  {(user.DisabledAt is null ? "enabled" : "disabled")}  {string.Join(",", user.Roles)}  {email}");
        }

        return 0;
    }

    private static async Task<int> DisableAsync(ParseResult parsed, IServiceProvider services, CancellationToken ct)
    {
        var users = services.GetRequiredService<UserAdministration>();
        var name = parsed.GetRequiredValue(Name);
        if (await users.FindAsync(name, ct) is not { } user)
            return Unknown(name);

        await users.DisableAsync(user, ct);
        Console.WriteLine($"Disabled the account {user.UserName}; its sessions have ended.");
        return 0;
    }

    private static string? BadRole(ParseResult parsed) =>
        (parsed.GetValue(Roles) ?? []).FirstOrDefault(role => !Names.IsRole(role)) is { } bad ? $"'{bad}' is not a role. {Names.RoleRule}" : null;

    // One line, so that a file with a line feed at its end works; nothing else is trimmed.
    private static string? ReadPassword(ParseResult parsed) => parsed.GetValue(PasswordStdin) && Console.In.ReadLine() is { Length: > 0 } line ? line : null;

    private static string? AskForPassword(ParseResult parsed) =>
        parsed.GetValue(PasswordStdin) || Console.IsInputRedirected ? null : PasswordPrompt.Ask(() => Console.ReadKey(intercept: true), Console.Error);

    private static int Unknown(string name) => CommandLine.Refuse([$"There is no account '{name}'. See: users list"]);

    private static int Report(Problem? refusal, Func<string> done)
    {
        if (refusal is not null)
            return CommandLine.Refuse([refusal.Title + ". " + refusal.Detail]);

        Console.WriteLine(done());
        return 0;
    }
}
