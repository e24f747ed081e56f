using System.Diagnostics;
using System.Net.Sockets;

namespace Gateway.IntegrationTests.Support.Rollouts;

/// <summary>One request after another over a connection that is kept, as long as the other side keeps it. None is tried twice.</summary>
internal sealed class Asking(Uri gateway, RolloutReport report) : IDisposable
{
    private KeptConnection? connection;

    /// <returns>Null: there was no answer.</returns>
    public async Task<RawAnswer?> AskAsync(string line, int expected, string? json, params string[] headers)
    {
        report.Count(nameof(report.Requests));
        var asked = Stopwatch.GetTimestamp();
        try
        {
            connection ??= await KeptConnection.OpenAsync(gateway);
            var answer = await connection.AskAsync(line, json, headers);
            report.Took(line, Stopwatch.GetElapsedTime(asked));
            if (answer.Status != expected)
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
