namespace Gateway.IntegrationTests.Replicas;

/// <summary>Anonymous routes wait for no store: they answer in every fault, and in all of them at once. What protects is 503 then, and no logout.</summary>
public sealed class AnonymousTests(OnRedis gateways) : ReplicaTests<OnRedis>(gateways)
{
    [Fact]
    public async Task They_answer_while_every_store_is_frozen_and_all_is_well_afterwards()
    {
        var visitor = await gateways.KnownAsync();
        var gone = await gateways.KnownAsync();
        await gone.LogOutAsync(0);
        await gone.UntilOutAsync();

        await gateways.Redis.FreezeAsync();
        foreach (var replica in gateways.All.All)
            replica.Database.Freeze();
        try
        {
            await AssertOpenAsync();
            var stale = await Eventually.IsAsync(() => visitor[1].GetAsync("/orders/1"), answer => answer.StatusCode is not HttpStatusCode.OK);
            await stale.AssertRefusedAsync(503, "revocation_stale");
            Assert.Contains((await gone[1].GetAsync("/orders/1")).StatusCode, (HttpStatusCode[])[HttpStatusCode.Unauthorized, HttpStatusCode.ServiceUnavailable]);
            await AssertOpenAsync();
        }
        finally
        {
            await gateways.Redis.ThawAsync();
            foreach (var replica in gateways.All.All)
                replica.Database.Restore();
        }

        await AssertAllIsWellAsync(visitor, gone);
    }

    [Fact]
    public async Task They_answer_while_every_store_is_gone_and_all_is_well_afterwards()
    {
        var visitor = await gateways.KnownAsync();
        var gone = await gateways.KnownAsync();
        await gone.LogOutAsync(0);
        await gone.UntilOutAsync();

        await gateways.Redis.KillAsync();
        foreach (var replica in gateways.All.All)
            replica.Database.Cut();
        try
        {
            await AssertOpenAsync();
            await Eventually.IsAsync(() => visitor[1].GetAsync("/orders/1"), answer => answer.StatusCode is HttpStatusCode.ServiceUnavailable);
            await AssertOpenAsync();
        }
        finally
        {
            await gateways.Redis.RestartAsync();
            foreach (var replica in gateways.All.All)
                replica.Database.Restore();
        }

        await AssertAllIsWellAsync(visitor, gone);
    }

    private async Task AssertOpenAsync()
    {
        foreach (var url in gateways.Urls)
        {
            using var nobody = Caller.Anonymous(url);
            Assert.Equal("ok", await nobody.GetStringAsync("/open/1").WaitAsync(TimeSpan.FromSeconds(10)));
        }
    }

    private async Task AssertAllIsWellAsync(Visitor visitor, Visitor gone)
    {
        await Eventually.IsAsync(visitor.AskAsync, answers => answers.All(answer => answer.StatusCode is HttpStatusCode.OK));
        await gone.AssertOutAsync();
        await gateways.UntilRedisIsUsedAsync();
        gateways.ForgetErrors(); // a database that is away may be called an error
    }
}
