using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Gateway.IntegrationTests.Routes;

/// <summary>What throws while somebody is judged lets nobody pass, and is our own trouble.</summary>
public sealed class GateFaultTests
{
    [Theory]
    [InlineData("/orders/1")]
    [InlineData("/auth/me")]
    public async Task Gate_that_fails_is_closed_and_says_503(string path)
    {
        var clock = new StumblingClock();
        await using var gateway = await TestGateway.StartAsync(clock: clock);
        var anna = await gateway.SignUpAsync("anna");
        Assert.Equal(HttpStatusCode.OK, (await anna.GetAsync(path)).StatusCode);
        gateway.Backend.Forget();

        clock.Stumbles = true;
        var response = await anna.GetAsync(path);

        await response.AssertRefusedAsync(503, "store_unavailable");
        Assert.Empty(gateway.Backend.Requests);
        Assert.Contains(gateway.Log.At(LogLevel.Error), line => line.Contains("Stumbled"));
        Assert.Equal(HttpStatusCode.OK, (await anna.GetAsync(path)).StatusCode);
        gateway.Log.Forget();
    }

    /// <summary>Fails whoever asks it first at the gate, or in the middleware that the compiler may have put the gate into.</summary>
    private sealed class StumblingClock : TimeProvider
    {
        public bool Stumbles { get; set; }

        public override DateTimeOffset GetUtcNow()
        {
            if (!Stumbles || !new StackTrace().ToString().Contains("Gateway.Routes.Gate", StringComparison.Ordinal))
                return base.GetUtcNow();

            Stumbles = false;
            throw new InvalidOperationException("Stumbled.");
        }
    }
}
