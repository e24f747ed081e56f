using Gateway.Platform.Database;
using Gateway.Platform.Throttles;
using Gateway.Sessions;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;

namespace Gateway.Accounts;

/// <summary>May another password be tried, at this account and from here? Asked before the slow work; only a wrong password costs.</summary>
internal sealed class PasswordTries(GatewayDatabase db, Passwords passwords, Throttle throttle)
{
    /// <summary>An account, from anywhere: a guesser gets 2,900 tries a day at it, however many addresses he has.</summary>
    private static Allowance Account(string name) => new($"account|{name}", 10, TimeSpan.FromSeconds(30));

    /// <summary>An account, from where its owner has logged in: strangers cannot use it up, so they cannot keep the owner out.</summary>
    private static Allowance Home(string name, string network) => new($"home|{network}|{name}", 10, TimeSpan.FromSeconds(10));

    /// <summary>One address, at all accounts together.</summary>
    private static Allowance Address(string network) => new($"address|{network}", 100, TimeSpan.FromSeconds(1));

    /// <summary>One session's tries at its own password. Not the account's: a thief of one session cannot keep the others from changing it.</summary>
    private static Allowance Session(string id) => new($"session|{id}", 10, TimeSpan.FromSeconds(30));

    /// <param name="name">As it was typed. What names nobody is counted all the same, so that nothing is told.</param>
    /// <param name="user">Whom it names.</param>
    /// <param name="login">Where from.</param>
    /// <param name="ct">Gives up.</param>
    public async Task<Turn> TakeForLoginAsync(string name, User? user, LoginContext login, CancellationToken ct)
    {
        name = Names.CanonicalUsername(name) ?? Names.CanonicalEmail(name) ?? name;
        var network = Networks.Of(login.Ip);
        var turn = await throttle.TakeAsync(Account(name), Address(network));
        return turn.IsGranted || !await IsHomeAsync(user, network, ct) ? turn : await throttle.TakeAsync(Home(name, network));
    }

    public Task<Turn> TakeForChangeAsync(string sessionId) => throttle.TakeAsync(Session(sessionId));

    /// <returns>Null: too many are waiting.</returns>
    public async Task<PasswordVerificationResult?> VerifyAsync(Turn turn, User? user, string password, CancellationToken ct)
    {
        PasswordVerificationResult? result = null;
        try
        {
            return result = await passwords.VerifyAsync(user, password, ct);
        }
        finally
        {
            if (result is null)
                await GiveBackAsync(turn);      // nobody looked at the password
        }
    }

    /// <summary>For a try that was right.</summary>
    public Task GiveBackAsync(Turn turn) => throttle.GiveBackAsync(turn);

    // The same work for nobody as for somebody. Sessions stay a while after their end.
    private async Task<bool> IsHomeAsync(User? user, string network, CancellationToken ct)
    {
        var id = user?.Id ?? "";
        var addresses = await db.Set<Session>().Where(s => s.UserId == id).Select(s => s.Ip).Distinct().ToListAsync(ct);
        return addresses.Exists(address => Networks.Of(address) == network);
    }
}
