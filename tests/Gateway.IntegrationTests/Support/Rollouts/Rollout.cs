using System.Diagnostics;

namespace Gateway.IntegrationTests.Support.Rollouts;

/// <summary>Replicas behind a balancer, restarted one after the other while people use them: does anybody notice?</summary>
internal static class Rollout
{
    private static readonly TimeSpan Breath = TimeSpan.FromSeconds(1);

    /// <summary>What a replica needs for it: a delay longer than the balancer takes to notice, and time for logins on a machine that is busy.</summary>
    /// <remarks>Tokens run out within a rollout: what was opened with them lives by its session.</remarks>
    public static void Configure(SettingsFile settings) => settings
        .Set("Gateway:Drain:Delay", "00:00:03")
        .Set("Gateway:Drain:Timeout", "00:01:00")
        .Set("Gateway:Tokens:AccessLifetime", "00:00:30");

    /// <param name="replicas">In processes; their backend must answer <see cref="Person.WhoAmI"/>, and WebSockets below /orders with what they say.</param>
    /// <param name="restarts">How many, in turn.</param>
    /// <param name="people">How many use them.</param>
    public static async Task<RolloutReport> RunAsync(ReplicaSet replicas, int restarts, int people)
    {
        await using var balancer = await HaProxy.StartAsync(replicas.All);
        var report = new RolloutReport();
        using var stop = new CancellationTokenSource();
        var all = Enumerable.Range(0, people).Select(i => new Person(balancer.Url, $"person-{i}", report)).ToArray();
        foreach (var person in all)
            await person.SignUpAsync();
        var use = all.Select(person => person.UseAsync(stop.Token)).ToArray();

        await Task.Delay(Breath);
        for (var i = 0; i < restarts; i++)
            await RestartAsync(replicas, i % replicas.All.Count, balancer, report);
        await Task.Delay(Breath);

        await stop.CancelAsync();
        await Task.WhenAll(use);
        Array.ForEach(all, person => person.Dispose());
        return report;
    }

    /// <summary>The next one only when the balancer has seen this one come back.</summary>
    private static async Task RestartAsync(ReplicaSet replicas, int number, HaProxy balancer, RolloutReport report)
    {
        var replica = (ReplicaProcess)replicas[number];
        var told = Stopwatch.GetTimestamp();
        if (await replica.LeaveAsync() is not 0 and var code)
            throw new InvalidOperationException($"A replica ended with code {code}. It said: {replica.Output}");

        report.Left(Stopwatch.GetElapsedTime(told));
        await replica.StopAsync();
        await replica.StartAsync();
        await balancer.UntilUpAsync(number);
    }
}
