using Gateway.Accounts;
using Gateway.Platform.Database;
using Gateway.Sessions;

namespace Gateway.Bench;

/// <summary>Access tokens, each of a session of its own.</summary>
internal static class Mint
{
    private const int SessionsAtOnce = 20;
    private static readonly LoginContext Login = new(LoginContext.Password, WantsCookie: false, "127.0.0.1", "bench");

    /// <param name="gateway">A gateway's services, with its database opened.</param>
    /// <param name="count">How many. They belong to one new account.</param>
    public static async Task<string[]> TokensAsync(IServiceProvider gateway, int count)
    {
        await using var scope = gateway.CreateAsyncScope();
        var services = scope.ServiceProvider;
        var (db, transactions, sessions) = (services.GetRequiredService<GatewayDatabase>(), services.GetRequiredService<Transactions>(), services.GetRequiredService<SessionStore>());

        var (first, refusal) = await services.GetRequiredService<SignUp>().SignUpAsync("v" + Guid.NewGuid().ToString("N")[..16], "correct horse battery", null, Login, default);
        if (first is null)
            throw new InvalidOperationException($"Nobody could sign up: {refusal?.Detail}");

        List<string> tokens = [];
        foreach (var chunk in Enumerable.Range(0, count).Chunk(SessionsAtOnce))
        {
            tokens.AddRange(await transactions.WriteAsync(db, async () =>
            {
                List<string> some = [];
                foreach (var _ in chunk)
                    some.Add((await sessions.StartAsync(db, first.Subject, Login, default))!.AccessToken!);
                return some;
            }, default));
        }

        return [.. tokens];
    }
}
