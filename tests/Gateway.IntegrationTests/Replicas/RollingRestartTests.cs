using Gateway.IntegrationTests.Support.Rollouts;

namespace Gateway.IntegrationTests.Replicas;

/// <summary>A rollout of replicas behind a balancer that honours readiness drops nobody. bench/Gateway.Revocation does the same for longer.</summary>
public sealed class RollingRestartTests
{
    [Fact]
    public async Task No_request_fails_no_session_is_lost_and_sockets_are_told()
    {
        const int Restarts = 3, People = 6;
        await using var redis = await RedisServer.StartAsync();
        var postgres = await SharedPostgres.GetAsync();
        await using var backend = new RecordingBackend();
        backend.Answer(Person.WhoAmI, async (request, stream) =>
        {
            var user = request.Headers["X-User-Id"]!;
            await stream.WriteAsync(Encoding.Latin1.GetBytes($"HTTP/1.1 200 OK\r\nContent-Length: {user.Length}\r\n\r\n{user}"));
        });
        await using var replicas = await ReplicaSet.StartAsync(new(backend.Url, await postgres.CreateDatabaseAsync(), redis.Configuration)
        {
            Count = 2,
            AsProcesses = true,
            Change = Rollout.Configure,
        });

        var report = await Rollout.RunAsync(replicas, Restarts, People);

        Assert.True(!report.Failures.Any(), string.Join("\n", report.Failures));
        Assert.True(report.Refreshes > People, $"There were {report.Refreshes} refreshes.");      // one at the end is everybody's
        Assert.True(report.Logins > 0, "Nobody logged in meanwhile.");
        Assert.InRange(report.SocketsTold, 1, Restarts * People);
        Assert.Equal(People + report.SocketsTold, report.SocketsOpened);
        Console.WriteLine($"{Restarts} restarts: {report.Requests} requests, the slowest {report.Slowest.Took.TotalMilliseconds:0} ms; {report.SocketsTold} sockets were told");
    }
}
