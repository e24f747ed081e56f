using System.CommandLine;
using System.Text.Json;
using Gateway.Accounts;
using Gateway.Platform;
using Gateway.Platform.Configuration;
using Gateway.Routes;
using Gateway.Routes.Explaining;
using Gateway.Tokens;

namespace Gateway.Cli;

/// <summary><c>explain</c>: what would become of a request under this configuration, and why? Opens the database for <c>--user</c> alone.</summary>
internal static class ExplainCommand
{
    private const int WouldBeRefused = 1;

    private static readonly Argument<string> Method = new("METHOD") { Description = "Such as GET." };
    private static readonly Argument<string> Url = new("URL") { Description = "A path as it is sent, or a URL whose host counts." };
    private static readonly Option<string[]> As = new("--as") { Description = "Who asks, in claims: roles=a,b scope=\"x y\" user=NAME sub=ID issuer=URL amr=mfa auth_time=-00:20:00 claim.NAME=VALUE. Without it: nobody.", HelpName = "WORD", AllowMultipleArgumentsPerToken = true };
    private static readonly Option<string?> User = new("--user") { Description = "Who asks: an account, as the database has it.", HelpName = "NAME" };
    private static readonly Option<string?> Token = new("--token") { Description = "Who asks: what this token says. It is never printed.", HelpName = "JWT" };
    private static readonly Option<string[]> Header = new("--header") { Description = "A header of the request, \"Name: value\"; repeatable.", HelpName = "H" };
    private static readonly Option<string?> From = new("--from") { Description = "The client's address, for networks.", HelpName = "ADDRESS" };
    private static readonly Option<bool> Json = new("--json") { Description = "Prints JSON." };

    public static Command Create(string[] args)
    {
        var command = new Command("explain", "Says what would become of a request and why, without sending it. Exit code 0: it would pass; 1: it would not.") { Method, Url, As, User, Token, Header, From, Json };
        command.SetAction((parsed, ct) => RunAsync(parsed, args, ct));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, string[] args, CancellationToken ct)
    {
        if (new[] { (Option)As, User, Token }.Count(option => parsed.GetResult(option) is { Implicit: false }) > 1)
            return CommandLine.Refuse([$"{As.Name}, {User.Name} and {Token.Name} each say who asks. Write one of them."]);
        if (Question.TryRead($"{parsed.GetValue(Method)} {parsed.GetValue(Url)}", null, [.. (parsed.GetValue(Header) ?? []).Select(Split)], parsed.GetValue(From), out var error) is not { } question)
            return CommandLine.Refuse([error!]);
        if (parsed.GetValue(User) is { } name)
            return await Opened.RunAsync(args, null, services => ExplainAsync(parsed, services, question, name, ct), ct);

        await using var app = await GatewayHost.BuildAsync(args, services => services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.None)));
        return await ExplainAsync(parsed, app.Services, question, null, ct);
    }

    private static async Task<int> ExplainAsync(ParseResult parsed, IServiceProvider services, Question question, string? user, CancellationToken ct)
    {
        var (explainers, askers) = (services.GetRequiredService<Explainers>(), services.GetRequiredService<Askers>());
        string? error = null;
        if (await explainers.ExplainAsync(question, AskerAsync, ct) is not { } told)
            return CommandLine.Refuse([error!]);

        Console.Write(parsed.GetValue(Json) ? JsonSerializer.Serialize(told, Explanation.Json) + Environment.NewLine : ExplanationText.Of(told));
        return told.Passes ? 0 : WouldBeRefused;

        async Task<Asker?> AskerAsync(IssuerSet issuers)
        {
            if (user is not null)
                return await services.GetRequiredService<UserAdministration>().FindAsync(user, ct) is { } found ? askers.OfUser(Subjects.Of(found)) : No($"There is no account '{user}'. See: users list");
            if (parsed.GetValue(Token) is { } token)
                return await askers.OfTokenAsync(token, issuers, ct);
            if (parsed.GetValue(As) is not { Length: > 0 } words)
                return Asker.Nobody;
            if (TokenWords.Parse(words, out error) is not { } said)
                return No($"{As.Name}: {error}");
            if (TokenWords.Errors(said, Issuers.NamesIn(services.GetRequiredService<Rulebooks>().Current.Settings)).FirstOrDefault() is { } wrong)
                return No($"{As.Name} {wrong}");
            return askers.OfWords(said, issuers, out error) ?? No($"{As.Name}: {error}");
        }

        Asker? No(string why)
        {
            error = why;
            return null;
        }
    }

    private static KeyValuePair<string, string> Split(string header) =>
        header.Split(':', 2) is [var name, var value] ? KeyValuePair.Create(name, value.Trim()) : KeyValuePair.Create("", header);
}
