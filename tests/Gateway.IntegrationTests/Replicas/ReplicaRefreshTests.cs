using System.Collections.Concurrent;

namespace Gateway.IntegrationTests.Replicas;

/// <summary>One refresh token at several replicas (design section 4): never two branches, nobody logged out who did nothing wrong, and a stolen one ends the session everywhere.</summary>
public sealed class ReplicaRefreshTests(OnRedis gateways) : ReplicaTests<OnRedis>(gateways)
{
    private const int Parallel = 500;

    // For the second in which parallel tabs may still ask.
    private static readonly TimeSpan OverASecond = TimeSpan.FromSeconds(1.2);

    [Fact]
    public async Task Parallel_refreshes_of_one_token_give_one_branch_while_its_tokens_are_used()
    {
        var visitor = await gateways.KnownAsync();
        var sessions = new ConcurrentBag<Session>();
        var uses = new ConcurrentBag<HttpStatusCode>();

        await Task.WhenAll(Enumerable.Range(0, Parallel).Select(async i =>
        {
            var session = await (await visitor.RefreshAsync(i % 3)).ReadAsync<Session>(HttpStatusCode.OK);
            sessions.Add(session);
            using var client = Caller.Bearing(gateways.All[(i + 1) % 3].Url, session.AccessToken);
            uses.Add((await client.GetAsync("/orders/1")).StatusCode);
        }));

        Assert.Equal([HttpStatusCode.OK], uses.Distinct());
        var successor = Assert.Single(sessions.DistinctBy(session => session.RefreshToken));
        var next = await Visitor.With(successor, gateways.Urls).NextAsync(1);
        await next.AssertInAsync();
    }

    [Fact]
    public async Task Clients_at_every_replica_stay_on_one_branch_for_many_generations()
    {
        var visitor = await gateways.SignUpAsync();

        for (var generation = 0; generation < 20; generation++)
        {
            var next = await Task.WhenAll(Enumerable.Range(0, 9).Select(i => visitor.NextAsync(i % 3)));
            await Task.WhenAll(next.Select(one => one.AssertInAsync()));
            visitor = Assert.Single(next.DistinctBy(one => one.Session.RefreshToken));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)] // everything is started again before the thief comes
    public async Task Token_older_than_the_predecessor_ends_the_session_everywhere(bool restart)
    {
        var first = await gateways.KnownAsync();
        var third = await (await first.NextAsync(1)).NextAsync(2);
        await third.AssertInAsync();
        if (restart)
            await RestartAsync();

        await (await first.RefreshAsync(1)).AssertRefusedAsync(401, "refresh_token_reused");

        await AssertOverAsync(first, third);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Predecessor_whose_successor_was_used_at_another_replica_ends_the_session_everywhere(bool restart)
    {
        var first = await gateways.KnownAsync();
        var second = await first.NextAsync(1);
        await second.AssertInAsync();
        await Task.Delay(OverASecond);
        if (restart)
            await RestartAsync();

        await (await first.RefreshAsync(2)).AssertRefusedAsync(401, "refresh_token_reused");

        await AssertOverAsync(first, second);
    }

    [Fact]
    public async Task Predecessor_whose_answer_was_lost_gives_the_same_successor_at_another_replica()
    {
        var first = await gateways.SignUpAsync();
        var lost = await first.NextAsync(0);
        await Task.Delay(OverASecond);

        var again = await first.NextAsync(2);

        Assert.Equal(lost.Session.RefreshToken, again.Session.RefreshToken);
        await (await again.NextAsync(1)).AssertInAsync();
    }

    /// <summary>Everywhere at once where it was noticed, soon elsewhere, and for good.</summary>
    private async Task AssertOverAsync(Visitor first, Visitor last)
    {
        await last.UntilOutAsync();
        await RestartAsync();
        await last.AssertOutAsync();
        for (var replica = 0; replica < 3; replica++)
        {
            await (await last.RefreshAsync(replica)).AssertRefusedAsync(401, "session_ended");
            await (await first.RefreshAsync(replica)).AssertRefusedAsync(401, "session_ended", "refresh_token_reused");
        }
    }

    private async Task RestartAsync()
    {
        await gateways.All.StopAsync();
        await gateways.Redis.RestartAsync();
        await gateways.All.StartAsync();
    }
}
