using System.Globalization;
using Gateway.IntegrationTests.Support.Rollouts;

namespace Gateway.Bench;

/// <summary>Two gateways behind a balancer, restarted in turn while people use them: does anybody notice?</summary>
internal static class RollingRestarts
{
    private const int People = 12, Shown = 10;

    /// <returns>How many requests failed, refreshes were refused, sessions lost, and sockets ended otherwise than by 1001.</returns>
    public static async Task<int> MeasureAsync(Stores stores, int restarts)
    {
        await using var replicas = await ReplicaSet.StartAsync(new(stores.Backend.Url, await stores.CreateDatabaseAsync(), stores.Redis.Configuration)
        {
            Count = 2,
            AsProcesses = true,
            Change = Rollout.Configure,
        });
        var report = await Rollout.RunAsync(replicas, restarts, People);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"""

            9. {restarts} rolling restarts of two gateways behind HAProxy, {People} people over kept connections and WebSockets meanwhile
               requests                   {report.Requests:N0}, among them {report.Refreshes:N0} refreshes and {report.Logins:N0} logins; the slowest ({report.Slowest.Line}) took {report.Slowest.Took.TotalMilliseconds:0} ms
               from SIGTERM to the end    at most {report.SlowestLeave.TotalSeconds:0.0} s, of which 3 s are the delay
               failed requests            {report.FailedRequests} (must be 0)
               refused refreshes          {report.RefusedRefreshes} (must be 0)
               lost sessions              {report.LostSessions} (must be 0)
               sockets                    {report.SocketsOpened:N0} opened, {report.SocketsTold:N0} told that the gateway was going away (1001), {report.BrokenSockets} ended otherwise (must be 0)
            """));
        foreach (var failure in report.Failures.Take(Shown))
            Console.WriteLine("   " + failure);
        return report.Failures.Count();
    }
}
