namespace Gateway.IntegrationTests.Replicas;

/// <summary>A replica that was stopped (SIGSTOP, a paused machine) judges nobody by what it knew before.</summary>
public sealed class PauseTests(InProcesses gateways) : ReplicaTests<InProcesses>(gateways)
{
    private const int Rounds = 5;
    private static readonly TimeSpan Stopped = TimeSpan.FromSeconds(1.5);

    private ReplicaProcess Sleeper => (ReplicaProcess)gateways.All[2];

    [Theory]
    [InlineData(true)]
    [InlineData(false)] // then it has only the database to ask
    public async Task First_answer_after_it_is_a_refusal(bool withRedis)
    {
        if (!withRedis)
            await gateways.Redis.KillAsync();
        try
        {
            for (var i = 0; i < Rounds; i++)
            {
                var visitor = await gateways.KnownAsync();
                await Sleeper.FreezeAsync();
                await visitor.LogOutAsync(0);
                var waiting = visitor[2].GetAsync("/orders/1"); // it lies in the socket when the process wakes
                await Task.Delay(Stopped);

                await Sleeper.ThawAsync();

                await (await visitor[2].GetAsync("/orders/1")).AssertRefusedAsync(401, "token_revoked");
                await (await waiting).AssertRefusedAsync(401, "token_revoked");
            }
        }
        finally
        {
            await Sleeper.ThawAsync();
            if (!withRedis)
                await gateways.Redis.RestartAsync();
        }
    }

    [Fact]
    public async Task Whoever_asks_for_proof_meanwhile_is_told_that_one_is_missing()
    {
        var visitor = await gateways.KnownAsync();
        await Sleeper.FreezeAsync();
        try
        {
            var proof = await ProofTests.ReadAsync(await ProofTests.LogOutAsync(visitor[0], "wait=1"));

            Assert.Equal(("2/3", 3), (proof.Applied, proof.Replicas));
        }
        finally
        {
            await Sleeper.ThawAsync();
        }

        await visitor.AssertOutAsync();
        await Eventually.IsAsync(async () => await ProofTests.ReadAsync(await gateways.AskProofAsync(1)), proof => proof is { Applied: "all", Replicas: 3 });
    }
}
