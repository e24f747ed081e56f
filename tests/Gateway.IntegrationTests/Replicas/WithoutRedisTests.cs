namespace Gateway.IntegrationTests.Replicas;

/// <summary>No Redis is configured: replicas hear of each other from the database, within about a second.</summary>
public sealed class WithoutRedisTests(WithoutRedis gateways) : ReplicaTests<WithoutRedis>(gateways)
{
    [Fact]
    public async Task Logout_is_heard_everywhere_and_requests_go_on()
    {
        var traffic = new Traffic(await gateways.KnownAsync());

        for (var replica = 0; replica < 3; replica++)
        {
            var visitor = await gateways.KnownAsync(replica);
            await visitor.LogOutAsync(replica);
            Say($"Without Redis a logout was heard everywhere after {(await visitor.UntilOutAsync()).TotalMilliseconds:0} ms");
        }

        await traffic.AssertUndisturbedAsync();
    }

    [Fact]
    public async Task Logout_is_proven()
    {
        for (var i = 0; i < 6; i++)
        {
            var visitor = await gateways.KnownAsync(i % 3);

            var proof = await ProofTests.ReadAsync(await ProofTests.LogOutAsync(visitor[i % 3], "wait=20"));

            await visitor.AssertOutAsync();
            Assert.Equal(("all", 3), (proof.Applied, proof.Replicas));
        }
    }

    [Fact]
    public async Task Database_that_one_replica_loses_makes_it_refuse_by_itself()
    {
        var (visitor, other) = (await gateways.KnownAsync(), await gateways.KnownAsync());
        var lonely = gateways.All[1];
        lonely.Database.Cut();
        try
        {
            await visitor.LogOutAsync(0);
            var stale = await Eventually.IsAsync(() => visitor[1].GetAsync("/orders/1"), answer => answer.StatusCode is not HttpStatusCode.OK);
            await stale.AssertRefusedAsync(503, "revocation_stale");
            Assert.Equal(HttpStatusCode.OK, (await other[2].GetAsync("/orders/1")).StatusCode);
        }
        finally
        {
            lonely.Database.Restore();
        }

        await Eventually.IsAsync(() => other[1].GetAsync("/orders/1"), answer => answer.StatusCode is HttpStatusCode.OK);
        await visitor.AssertOutAsync();
        gateways.ForgetErrors(); // a database that is away may be called an error
    }
}

/// <summary>Three replicas and their database, no more.</summary>
public sealed class WithoutRedis : ReplicaGateways
{
    protected override Task<string?> StartRedisAsync() => Task.FromResult<string?>(null);

    protected override void Configure(SettingsFile settings) => settings.Set("Gateway:Revocation:MaxStaleness", "00:00:04");
}
