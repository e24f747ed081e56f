namespace Gateway.IntegrationTests.Sessions;

/// <summary>People write the host as they speak; browsers send it in ASCII.</summary>
public sealed class InternationalOriginTests
{
    [Fact]
    public async Task Page_of_an_international_host_passes_by_the_origin_that_its_browser_sends()
    {
        await using var gateway = await TestGateway.StartAsync(settings => settings.Set("Gateway:PublicUrl", "https://bücher.example"));
        var anna = await gateway.SignInWithCookieAsync("anna");

        var ours = await gateway.RawAsync("POST /orders/1", $"Cookie: {anna.Cookie}", "Origin: https://xn--bcher-kva.example");
        var foreign = await gateway.RawAsync("POST /orders/1", $"Cookie: {anna.Cookie}", "Origin: https://xn--bucher-kva.example");

        Assert.Equal(200, ours.Status);
        foreign.AssertRefused(403, "csrf_failed");
    }
}
