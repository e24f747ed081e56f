namespace Gateway.IntegrationTests.Edge;

/// <summary>What two readers could read differently is read by nobody.</summary>
public sealed class RequestGuardTests(TestGateway gateway) : GatewayTests<TestGateway>(gateway)
{
    [Theory]
    [InlineData("TRACE")]
    [InlineData("Trace")]
    [InlineData("trace")]
    [InlineData("TRACK")]
    [InlineData("track")]
    [InlineData("connect")]
    public async Task Method_that_is_refused_is_refused_in_every_case(string method)
    {
        var answer = await gateway.RawAsync($"{method} /open/1");

        answer.AssertRefused(405, "request_refused");
        Assert.Empty(gateway.Backend.Requests);
    }

    [Theory]
    [InlineData("/open/a\u0001b")]
    [InlineData("/open/a\tb")]
    [InlineData("/open/a\u007fb")]
    [InlineData("/open/\u00e9")]
    public async Task Path_with_raw_bytes_that_belong_in_escapes_is_refused(string path)
    {
        var answer = await gateway.RawAsync("GET " + path);

        Assert.Equal(400, answer.Status);
        Assert.Empty(gateway.Backend.Requests);
    }

    [Theory]
    [InlineData("X-Custom: Jos\u00c3\u00a9")] // é in UTF-8
    [InlineData("User-Agent: \u00e2\u0082\u00ac")]
    [InlineData("X-Custom: \u00e9")] // é in Latin-1, no UTF-8
    public async Task Header_that_is_not_ascii_is_the_clients_fault(string header)
    {
        foreach (var path in (string[])["/open/1", "/orders/1", "/auth/me"])
        {
            var answer = await gateway.RawAsync("GET " + path, header);

            Assert.Equal(400, answer.Status);
        }

        Assert.Empty(gateway.Backend.Requests);
    }
}
