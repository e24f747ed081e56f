using System.Collections.Concurrent;

namespace Gateway.IntegrationTests.Replicas;

/// <summary>Requests that go on all the while, at every replica: each must be answered as if nothing had happened, and to whom it was that asked.</summary>
internal sealed class Traffic
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);

    private readonly ConcurrentDictionary<string, int> answers = new();
    private readonly Task[] running;
    private volatile bool stopping;

    public Traffic(params IEnumerable<Visitor> visitors) => running = [.. visitors.SelectMany(visitor => Enumerable.Range(0, 3).Select(replica => RunAsync(visitor[replica])))];

    private async Task RunAsync(Caller caller)
    {
        while (!stopping)
        {
            answers.AddOrUpdate(await AskAsync(caller), 1, (_, count) => count + 1);
            await Task.Delay(Pause);
        }
    }

    private static async Task<string> AskAsync(Caller caller)
    {
        try
        {
            using var answer = await caller.GetAsync(ReplicaGateways.WhoAmI);
            var said = await answer.Content.ReadAsStringAsync();
            return answer.StatusCode is not HttpStatusCode.OK ? $"{answer.StatusCode} {said}" : said == caller.Session.User.Id ? "OK" : "somebody else's answer";
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            return e.Message;
        }
    }

    /// <summary>Stops, and gives the number of requests, none of which failed.</summary>
    public async Task<int> AssertUndisturbedAsync()
    {
        stopping = true;
        await Task.WhenAll(running);
        Assert.Equal(["OK"], answers.Keys);
        return answers["OK"];
    }
}
