using System.Diagnostics;

namespace Gateway.Bench;

/// <summary>Proxied requests of one who is signed in.</summary>
internal sealed class Load(string url, string token)
{
    private const int Connections = 16;

    private static readonly HttpClient Client = new(new SocketsHttpHandler { MaxConnectionsPerServer = 256, UseCookies = false });
    private int failures;

    public int Failures => failures;

    /// <summary>As many as go, one after the other on each connection.</summary>
    /// <returns>Requests in a second.</returns>
    public async Task<double> CapacityAsync(TimeSpan duration)
    {
        var (started, count) = (Stopwatch.GetTimestamp(), 0);
        await Task.WhenAll(Enumerable.Range(0, Connections).Select(async _ =>
        {
            while (Stopwatch.GetElapsedTime(started) < duration)
            {
                await AskAsync();
                Interlocked.Increment(ref count);
            }
        }));
        return count / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    /// <summary>So many in a second, whether the earlier ones are answered or not; each is timed from the moment at which it was due.</summary>
    public async Task<Times> RunAsync(double rate, TimeSpan duration)
    {
        var (times, running, started) = (new Times(), new List<Task>(), Stopwatch.GetTimestamp());
        for (var sent = 0; sent < rate * duration.TotalSeconds;)
        {
            for (var due = Stopwatch.GetElapsedTime(started).TotalSeconds * rate; sent < due; sent++)
                running.Add(TimeAsync(times, TimeSpan.FromSeconds(sent / rate), started));
            await Task.Delay(1);
        }

        await Task.WhenAll(running);
        return times;
    }

    private async Task TimeAsync(Times times, TimeSpan due, long started)
    {
        await AskAsync();
        var took = Stopwatch.GetElapsedTime(started) - due;
        lock (times)
            times.Add(took);
    }

    private async Task AskAsync()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, url + "/orders/1");
        request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + token);
        using var answer = await Client.SendAsync(request);
        if (answer.StatusCode is HttpStatusCode.Unauthorized)
            throw new InvalidOperationException("The token has run out before the bench was done.");
        if (answer.StatusCode is not HttpStatusCode.OK)
            Interlocked.Increment(ref failures);
    }
}
