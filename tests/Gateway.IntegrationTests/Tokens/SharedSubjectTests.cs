using Microsoft.Extensions.Logging;

namespace Gateway.IntegrationTests.Tokens;

/// <summary>Two issuers can mean different people by one subject. Who lets them is told at the start.</summary>
public sealed class SharedSubjectTests
{
    [Fact]
    public async Task Trusted_issuer_without_a_prefix_is_warned_of_by_name_and_one_with_a_prefix_is_not()
    {
        await using var gateway = await TestGateway.StartAsync(settings => settings
            .Trust(new() { ["Issuer"] = "https://bare.example.com", ["Audiences"] = new JsonArray("orders") })
            .Trust(new() { ["Issuer"] = "https://prefixed.example.com", ["Audiences"] = new JsonArray("orders"), ["SubjectPrefix"] = "partner:" }));

        var warning = Assert.Single(gateway.Log.At(LogLevel.Warning), entry => entry.Contains("SubjectPrefix"));

        Assert.Contains("https://bare.example.com", warning);
    }
}
