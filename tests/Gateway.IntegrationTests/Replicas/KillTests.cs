using System.Collections.Concurrent;

namespace Gateway.IntegrationTests.Replicas;

/// <summary>kill -9: what was acknowledged is not lost, and what was revoked is not accepted again.</summary>
public sealed class KillTests(InProcesses gateways) : ReplicaTests<InProcesses>(gateways)
{
    private const int Kills = 3, Clients = 3, Tries = 10;

    // So that there is something to kill at any moment, and not too much to look at afterwards.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    [Fact]
    public async Task At_random_under_sign_ups_refreshes_logouts_and_key_rotation()
    {
        using var stop = new CancellationTokenSource();
        var clients = Enumerable.Range(0, Clients).Select(_ => new Client(gateways)).ToArray();
        var load = clients.Select(client => client.RunAsync(stop.Token)).ToArray();

        for (var i = 0; i < Kills; i++)
        {
            await Task.Delay(Random.Shared.Next(100, 800));
            var victim = (ReplicaProcess)gateways.All[i % 3];
            var rotation = i == 1 ? CommandLine.RunAsync("keys", "rotate", "--config", gateways.All.ConfigurationFile) : null;
            await victim.KillAsync();
            await victim.StopAsync();
            await victim.StartAsync();
            if (rotation is not null)
                (await rotation).AssertSucceeded();
        }

        await stop.CancelAsync();
        await Task.WhenAll(load);
        var (kept, ended) = (clients.SelectMany(client => client.Kept).ToArray(), clients.SelectMany(client => client.Ended).ToArray());
        await Task.WhenAll(ended.Select(visitor => visitor.UntilOutAsync()));
        foreach (var visitor in ended)
        {
            await visitor.AssertOutAsync();
            await (await visitor.RefreshAsync(0)).AssertRefusedAsync(401, "session_ended");
        }
        foreach (var visitor in kept)
            await (await visitor.NextAsync(1)).AssertInAsync();
        Assert.NotEmpty(ended);
        Assert.NotEmpty(kept);
        Say($"{Kills} kills: {kept.Length} acknowledged sessions kept, {ended.Length} acknowledged logouts hold");
    }

    [Fact]
    public async Task Between_commit_and_publication()
    {
        var victim = (ReplicaProcess)gateways.All[0];
        var committed = false;
        for (var i = 0; i < Tries && !committed; i++)
        {
            var visitor = await gateways.KnownAsync();
            victim.Redis.Freeze();
            var logout = visitor[0].PostAsync("/auth/logout", null);
            await Task.Delay(50 + 20 * i);
            await victim.KillAsync();
            await Record.ExceptionAsync(() => logout);

            committed = (await visitor.RefreshAsync(1)).StatusCode is HttpStatusCode.Unauthorized;
            if (committed)
                Say($"A revocation that was never published was heard after {(await visitor.UntilOutAsync(1, 2)).TotalMilliseconds:0} ms");
            await victim.StopAsync();
            victim.Redis.Restore();
            await victim.StartAsync();
            if (committed)
                await visitor.AssertOutAsync();
        }

        Assert.True(committed, $"In {Tries} tries it was never killed after the commit.");
    }

    [Fact]
    public async Task Restarted_replica_knows_what_was_revoked_while_it_was_down()
    {
        var victim = (ReplicaProcess)gateways.All[1];
        var visitor = await gateways.KnownAsync();
        await victim.KillAsync();
        await victim.StopAsync();

        await visitor.LogOutAsync(0);
        await victim.StartAsync();

        await (await visitor[1].GetAsync("/orders/1")).AssertRefusedAsync(401, "token_revoked");
    }

    /// <summary>Signs up, refreshes, logs out, at any replica, and remembers what it was told.</summary>
    private sealed class Client(InProcesses gateways)
    {
        /// <summary>Told that they have it, and never asked for anything whose answer did not come.</summary>
        public ConcurrentBag<Visitor> Kept { get; } = [];

        public ConcurrentBag<Visitor> Ended { get; } = [];

        public async Task RunAsync(CancellationToken stop)
        {
            while (!stop.IsCancellationRequested)
            {
                try
                {
                    await StepAsync();
                }
                // Killed while it was asked, or in the way of another: the client does not know what has become of it.
                catch (Exception e) when (e is HttpRequestException or Unacknowledged) { }

                await Task.Delay(Pause, CancellationToken.None);
            }
        }

        private async Task StepAsync()
        {
            using var nobody = Caller.Anonymous(gateways.All[Any()].Url);
            var signUp = await nobody.PostAsJsonAsync("/auth/signup", new { username = $"v{Guid.NewGuid():N}", password = TestGateway.Password });
            var visitor = Visitor.With(await Acknowledged(signUp).ReadAsync<Session>(HttpStatusCode.Created), gateways.Urls);
            visitor = Visitor.With(await Acknowledged(await visitor.RefreshAsync(Any())).ReadAsync<Session>(HttpStatusCode.OK), gateways.Urls);
            if (Random.Shared.Next(2) == 0)
            {
                Kept.Add(visitor);
                return;
            }

            Assert.Equal(HttpStatusCode.NoContent, Acknowledged(await visitor[Any()].PostAsync("/auth/logout", null)).StatusCode);
            Ended.Add(visitor);
        }

        private static HttpResponseMessage Acknowledged(HttpResponseMessage answer) =>
            answer.StatusCode is HttpStatusCode.ServiceUnavailable ? throw new Unacknowledged() : answer;

        private static int Any() => Random.Shared.Next(3);

        private sealed class Unacknowledged : Exception;
    }
}
