using System.CommandLine;
using Gateway.Sessions;
using Gateway.Tokens;

namespace Gateway.Cli;

/// <summary><c>keys list</c>, <c>keys rotate</c>, <c>keys remove</c>.</summary>
internal static class KeysCommand
{
    public static Command Create(string[] args)
    {
        var list = new Command("list", "Lists the signing keys; never their private parts.");
        list.SetAction((_, ct) => Opened.RunAsync(args, null, async services =>
        {
            var keys = services.GetRequiredService<SigningKeys>();
            await keys.LoadAsync(ct);
            foreach (var key in keys.Published)
                Console.WriteLine($"{key.Row.Id}  {key.Row.Algorithm}  {State(keys, key)}");
            return 0;
        }, ct));

        var rotate = new Command("rotate", $"Publishes a new signing key, which signs {SigningKeys.PublishDelay.TotalSeconds:0} seconds later; tokens of the old one stay valid until they expire.");
        rotate.SetAction((_, ct) => Opened.RunAsync(args, null, async services =>
        {
            var (key, created) = await services.GetRequiredService<SigningKeys>().RotateAsync(ct);
            Console.WriteLine(created
                ? $"Published {key.Id} ({key.Algorithm}); it signs from {key.ActivatesAt:u} on."
                : $"A rotation is under way already: {key.Id} ({key.Algorithm}) signs from {key.ActivatesAt:u} on.");
            return 0;
        }, ct));

        var id = new Argument<string>("ID") { Description = "The id, as keys list shows it." };
        var remove = new Command("remove", "Takes away a key that others may have: every token that it signed ends within a second.") { id };
        remove.SetAction((parsed, ct) => Opened.RunAsync(args, null, async services =>
        {
            var name = parsed.GetRequiredValue(id);
            if (!await services.GetRequiredService<SigningKeys>().RemoveAsync(name, db => services.GetRequiredService<RevocationLog>().Key(db, name), ct))
                return CommandLine.Refuse([$"There is no key '{name}'. See: keys list"]);

            Console.WriteLine($"Removed {name}; what it signed holds no longer.");
            return 0;
        }, ct));

        return new Command("keys", "Signing keys.") { list, rotate, remove };
    }

    private static string State(SigningKeys keys, SigningKeys.Key key) =>
        key == keys.Current ? $"signs since {key.Row.ActivatesAt:u}"
        : key.RetiresAt is { } retires && key.Row.Sequence < keys.Current.Row.Sequence ? $"verifies until {retires:u}"
        : $"signs from {key.Row.ActivatesAt:u}";
}
