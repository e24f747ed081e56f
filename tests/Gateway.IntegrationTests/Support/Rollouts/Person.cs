using System.Diagnostics;
using System.Net.Sockets;

namespace Gateway.IntegrationTests.Support.Rollouts;

/// <summary>Somebody with one session who uses the gateway all the while, over a connection that is kept and a WebSocket. Nothing is tried twice.</summary>
internal sealed class Person(Uri gateway, string name, RolloutReport report)
{
    /// <summary>Where a backend answers with the id of the user that the gateway told it of.</summary>
    public const string WhoAmI = "/orders/whoami";

    private const string Password = "correct horse battery";
    private const int RefreshEvery = 50, LogInEvery = 75;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    private KeptConnection? connection;
    private string user = "", sessionId = "", refreshToken = "";

    public string AccessToken { get; private set; } = "";

    public async Task SignUpAsync()
    {
        var answer = await AskAsync("POST /auth/signup", 201, Credentials);
        Take(JsonNode.Parse(answer!.Body)!);
    }

    public async Task UseAsync(CancellationToken stop)
    {
        var socket = new LastingSocket(gateway, this, report).KeepAsync(stop);
        for (var turn = 1; !stop.IsCancellationRequested; turn++)
        {
            await AskWhoIAmAsync();
            if (turn % RefreshEvery == 0)
                await RefreshAsync();
            if (turn % LogInEvery == 0)
                await LogInAndOutAsync();
            await Task.Delay(Pause, CancellationToken.None);
        }

        await RefreshAsync();
        await AskWhoIAmAsync();
        await socket;
        connection?.Dispose();
    }

    private string Credentials => new JsonObject { ["username"] = name, ["password"] = Password }.ToJsonString();

    private async Task AskWhoIAmAsync()
    {
        var answer = await AskAsync("GET " + WhoAmI, 200, null, "Authorization: Bearer " + AccessToken);
        if (answer is { Status: 401 or 403 })
            report.Fail(nameof(report.LostSessions), answer.Body);
        if (answer is { Status: 200 } && answer.Body != user)
            report.Fail(nameof(report.FailedRequests), "somebody else's answer");
    }

    private async Task RefreshAsync()
    {
        report.Count(nameof(report.Refreshes));
        var answer = await AskAsync("POST /auth/refresh", 200, new JsonObject { ["refresh_token"] = refreshToken }.ToJsonString());
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

    private async Task LogInAndOutAsync()
    {
        report.Count(nameof(report.Logins));
        if (await AskAsync("POST /auth/login", 200, Credentials) is { Status: 200 } answer)
            await AskAsync("POST /auth/logout", 204, "", "Authorization: Bearer " + (string)JsonNode.Parse(answer.Body)!["access_token"]!);
    }

    private void Take(JsonNode session)
    {
        (AccessToken, refreshToken) = ((string)session["access_token"]!, (string)session["refresh_token"]!);
        (sessionId, user) = ((string)session["session_id"]!, (string)session["user"]!["id"]!);
    }

    /// <returns>Null: there was none.</returns>
    private async Task<RawAnswer?> AskAsync(string line, int expected, string? json, params string[] headers)
    {
        report.Count(nameof(report.Requests));
        var asked = Stopwatch.GetTimestamp();
        try
        {
            connection ??= await KeptConnection.OpenAsync(gateway);
            var answer = await connection.AskAsync(line, json, headers);
            if (user.Length > 0)      // signing up is not what is looked at
                report.Took(line, Stopwatch.GetElapsedTime(asked));
            if (answer.Status != expected)
                report.Fail(nameof(report.FailedRequests), $"{line}: {answer.StatusLine} {answer.Body}");
            if (connection.IsOver)
                Drop();
            return answer;
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
        {
            report.Fail(nameof(report.FailedRequests), $"{line}: {e.Message}");
            Drop();
            return null;
        }
    }

    private void Drop()
    {
        connection?.Dispose();
        connection = null;
    }
}
