using System.Diagnostics;
using System.Net.Sockets;

namespace Gateway.IntegrationTests.Support.Rollouts;

/// <summary>One request after another over a connection that is kept, as long as the other side keeps it. None is tried twice, but where the gateway itself says when.</summary>
internal sealed class Asking(Uri gateway, RolloutReport report) : IDisposable
{
    private const int MaxReturns = 5;

    private KeptConnection? connection;

    /// <returns>Null: there was no answer.</returns>
    public async Task<RawAnswer?> AskAsync(string line, int expected, string? json, params string[] headers)
    {
        report.Count(nameof(report.Requests));
        for (var returns = 0; ; returns++)
        {
            var answer = await AskOnceAsync(line, expected, json, headers, mayReturn: returns < MaxReturns);
            if (answer is null || returns == MaxReturns || PauseOf(answer) is not { } pause)
                return answer;

            report.Count(nameof(report.Returns));
            await Task.Delay(pause);
        }
    }

    private static TimeSpan? PauseOf(RawAnswer answer) =>
        answer.Status is 503 && int.TryParse(answer.Headers["Retry-After"], out var seconds) ? TimeSpan.FromSeconds(seconds) : null;

    private async Task<RawAnswer?> AskOnceAsync(string line, int expected, string? json, string[] headers, bool mayReturn)
    {
        var asked = Stopwatch.GetTimestamp();
        try
        {
            connection ??= await KeptConnection.OpenAsync(gateway);
            var answer = await connection.AskAsync(line, json, headers);
            report.Took(line, Stopwatch.GetElapsedTime(asked));
            if (answer.Status != expected && !(mayReturn && PauseOf(answer) is not null))
                report.Fail(nameof(report.FailedRequests), $"{line}: {answer.StatusLine} {answer.Body}");
            if (connection.IsOver)
                Dispose();
            return answer;
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
        {
            report.Fail(nameof(report.FailedRequests), $"{line}: {e.Message}");
            Dispose();
            return null;
        }
    }

    public void Dispose()
    {
        connection?.Dispose();
        connection = null;
    }
}
