namespace Gateway.IntegrationTests.Replicas;

/// <summary>One process with its SQLite file proves a logout as replicas do: it is the only one.</summary>
public sealed class AloneTests(TestGateway gateway) : GatewayTests<TestGateway>(gateway)
{
    [Fact]
    public async Task Logout_is_applied_at_all_one()
    {
        var anna = await gateway.SignInAsync("anna");
        await anna.GetAsync("/orders/1");

        var proof = await ProofTests.ReadAsync(await ProofTests.LogOutAsync(anna, "wait=5"));

        Assert.Equal(("all", 1), (proof.Applied, proof.Replicas));
        await anna.AssertEndedAsync();
    }

    [Fact]
    public async Task Process_that_was_started_again_counts_once()
    {
        await gateway.RestartAsync();
        var berta = await gateway.SignInAsync("berta");

        var proof = await ProofTests.ReadAsync(await ProofTests.LogOutAsync(berta, "wait=30"));

        Assert.Equal(("all", 1), (proof.Applied, proof.Replicas));
    }
}
