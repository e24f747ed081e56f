namespace Gateway.IntegrationTests.Replicas;

/// <summary>Replicas in processes, which wait long for their balancer when they leave.</summary>
public sealed class SlowToLeave : OnRedis
{
    protected override bool AsProcesses => true;

    protected override void Configure(SettingsFile settings) => settings.Set("Gateway:Drain:Delay", "00:10:00");
}

/// <summary>What a replica is told while it leaves is told to the others as always.</summary>
public sealed class DrainNewsTests(SlowToLeave gateways) : ReplicaTests<SlowToLeave>(gateways)
{
    [Fact]
    public async Task Logout_at_a_replica_that_leaves_reaches_the_others_through_redis_and_theirs_reaches_it()
    {
        var (leaving, others) = ((ReplicaProcess)gateways.All[0], new[] { gateways.All[1], gateways.All[2] });
        var (anna, berta) = (await gateways.KnownAsync(0), await gateways.KnownAsync(1));
        await leaving.SendAsync("TERM");
        using var health = Caller.Anonymous(leaving.ManagementUrl);
        await Eventually.IsAsync(async () => (await health.GetAsync("/health/ready")).StatusCode, status => status is HttpStatusCode.ServiceUnavailable);
        Array.ForEach(others, other => other.Database.Freeze());

        await anna.LogOutAsync(0);
        await anna.UntilOutAsync(1, 2);

        Array.ForEach(others, other => other.Database.Restore());
        await berta.LogOutAsync(1);
        await berta.UntilOutAsync(0);
    }

    [Fact]
    public async Task Replica_that_has_left_is_not_waited_for()
    {
        var replicas = await gateways.StartReplicasAsync(gateways.Redis.Configuration);
        await using var _ = replicas;
        var anna = await gateways.SignUpAsync(replicas);
        var leaving = (ReplicaProcess)replicas[2];
        await leaving.SendAsync("INT");
        await leaving.EndAsync();

        var answer = await ProofTests.LogOutAsync(anna[0], "wait=5");

        var proof = await answer.ReadJsonAsync();
        Assert.Equal(("all", 2), ((string)proof["applied"]!, (int)proof["replicas"]!));
    }
}
