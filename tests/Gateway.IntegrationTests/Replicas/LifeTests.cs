using Gateway.Platform.Database;
using Gateway.Sessions;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.IntegrationTests.Replicas;

/// <summary>For how long does a replica that is silent count as one that may let somebody pass?</summary>
public sealed class LifeTests(PostgresGateway gateway) : IClassFixture<PostgresGateway>
{
    [Theory]
    [InlineData("00:01:00", 60_000)]
    [InlineData("00:00:30", 30_000)]
    [InlineData("00:00:02", 10_000)]      // the rule for everybody is longer
    public async Task As_long_as_the_longest_MaxStaleness_in_force_which_a_reload_may_change(string maxStaleness, long milliseconds)
    {
        var store = gateway.Services.GetRequiredService<Store>();
        await using var connection = await store.OpenAsync(TestContext.Current.CancellationToken);

        await gateway.ChangeAsync(settings => settings.Set("Gateway:Policies:reports", new JsonObject { ["Roles"] = new JsonArray("staff"), ["MaxStaleness"] = maxStaleness }));

        await Eventually.IsAsync(
            async () => (await Replica.AllAsync(connection, TestContext.Current.CancellationToken)).Select(replica => replica.LiveFor).ToArray(), all => all is [var mine] && mine == milliseconds);
    }
}
