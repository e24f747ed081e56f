using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace Gateway.IntegrationTests.Tokens;

/// <summary>A gateway that trusts an issuer whose key server takes connections and says nothing, and one that is not there.</summary>
public sealed class LonelyGateway : TestGateway
{
    private readonly RecordingBackend silent = new();

    public TestIssuer Silent { get; private set; } = null!;

    public TestIssuer Absent { get; private set; } = null!;

    protected override void Configure(SettingsFile settings)
    {
        silent.Answer("/.well-known/openid-configuration", (_, _) => Task.Delay(Timeout.Infinite));
        using var nobody = new TcpListener(IPAddress.Loopback, 0);
        nobody.Start();
        (Silent, Absent) = (new(silent.Url.ToString().TrimEnd('/')), new($"http://{nobody.LocalEndpoint}"));
        settings.Trust(Silent.Entry()).Trust(Absent.Entry());
    }
}

public sealed class UnreachableIssuerTests(LonelyGateway gateway) : GatewayTests<LonelyGateway>(gateway)
{
    [Fact]
    public async Task Issuer_that_hangs_holds_up_nobody_else()
    {
        var flood = Enumerable.Range(0, 1500).Select(_ => gateway.Bearing(gateway.Silent.Token()).GetAsync("/orders/1")).ToArray();
        await Task.WhenAny(flood); // the others wait

        var anna = await gateway.SignInAsync("anna");
        var answer = await anna.GetAsync("/orders/1");

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        foreach (var response in await Task.WhenAll(flood))
            await response.AssertRefusedAsync(503, "store_unavailable", "busy");
        Assert.Single(gateway.Log.At(LogLevel.Warning), line => line.Contains(gateway.Silent.Issuer, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Token_of_an_issuer_that_is_away_is_our_trouble_and_no_logout()
    {
        var response = await gateway.Bearing(gateway.Absent.Token()).GetAsync("/orders/1");

        await response.AssertRefusedAsync(503, "store_unavailable");
    }
}
