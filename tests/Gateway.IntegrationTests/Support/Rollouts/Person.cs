using System.Diagnostics;

namespace Gateway.IntegrationTests.Support.Rollouts;

/// <summary>Somebody with one session who uses the gateway all the while, over a connection that is kept and a WebSocket.</summary>
internal sealed class Person(Uri gateway, string name, RolloutReport report) : IDisposable
{
    /// <summary>Where a backend answers with the id of the user that the gateway told it of.</summary>
    public const string WhoAmI = "/orders/whoami";

    private const string Password = "correct horse battery";
    private const int SignUpTries = 20;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20), RefreshInterval = TimeSpan.FromSeconds(2), LogInInterval = TimeSpan.FromSeconds(3);

    private readonly Asking asking = new(gateway, report), loggingIn = new(gateway, report);
    private string user = "", sessionId = "", refreshToken = "";

    public string AccessToken { get; private set; } = "";

    /// <summary>Before anything is counted: a gateway that has just started on a busy machine may have to be asked twice.</summary>
    public async Task SignUpAsync()
    {
        var uncounted = new RolloutReport();
        using var first = new Asking(gateway, uncounted);
        for (var tries = 0; tries < SignUpTries; tries++)
        {
            if (await first.AskAsync("POST /auth/signup", 201, Credentials) is { Status: 201 } answer)
            {
                Take(JsonNode.Parse(answer.Body)!);
                return;
            }

            await Task.Delay(TimeSpan.FromSeconds(1));
        }

        throw new InvalidOperationException($"{name} could not sign up: {string.Join("; ", uncounted.Failures)}");
    }

    public Task UseAsync(CancellationToken stop) =>
        Task.WhenAll(AskAsync(stop), LogInAsync(stop), new LastingSocket(gateway, this, report).KeepAsync(stop));

    private async Task AskAsync(CancellationToken stop)
    {
        for (var refreshed = Stopwatch.StartNew(); !stop.IsCancellationRequested; await Task.Delay(Pause, CancellationToken.None))
        {
            if (refreshed.Elapsed > RefreshInterval)
            {
                await RefreshAsync();
                refreshed.Restart();
            }

            await AskWhoIAmAsync();
        }

        await RefreshAsync();
        await AskWhoIAmAsync();
    }

    /// <summary>Beside the rest: where many do so, a login may take longer than a token lives.</summary>
    private async Task LogInAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            report.Count(nameof(report.Logins));
            if (await loggingIn.AskAsync("POST /auth/login", 200, Credentials) is { Status: 200 } answer)
                await loggingIn.AskAsync("POST /auth/logout", 204, "", "Authorization: Bearer " + (string)JsonNode.Parse(answer.Body)!["access_token"]!);
            await Task.Delay(LogInInterval, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private string Credentials => new JsonObject { ["username"] = name, ["password"] = Password }.ToJsonString();

    private async Task AskWhoIAmAsync()
    {
        var answer = await asking.AskAsync("GET " + WhoAmI, 200, null, "Authorization: Bearer " + AccessToken);
        if (answer is { Status: 401 or 403 })
            report.Fail(nameof(report.LostSessions), answer.Body);
        if (answer is { Status: 200 } && answer.Body != user)
            report.Fail(nameof(report.FailedRequests), "somebody else's answer");
    }

    private async Task RefreshAsync()
    {
        report.Count(nameof(report.Refreshes));
        var answer = await asking.AskAsync("POST /auth/refresh", 200, new JsonObject { ["refresh_token"] = refreshToken }.ToJsonString());
        if (answer is not { Status: 200 })
        {
            report.Fail(nameof(report.RefusedRefreshes), answer?.Body ?? "no answer");
            return;
        }

        var before = sessionId;
        Take(JsonNode.Parse(answer.Body)!);
        if (sessionId != before)
            report.Fail(nameof(report.LostSessions), "a refresh began another session");
    }

    private void Take(JsonNode session)
    {
        (AccessToken, refreshToken) = ((string)session["access_token"]!, (string)session["refresh_token"]!);
        (sessionId, user) = ((string)session["session_id"]!, (string)session["user"]!["id"]!);
    }

    public void Dispose()
    {
        asking.Dispose();
        loggingIn.Dispose();
    }
}
