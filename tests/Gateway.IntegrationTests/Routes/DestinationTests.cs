namespace Gateway.IntegrationTests.Routes;

/// <summary>What do an operator's path transforms and opt-ins make of the path that was judged?</summary>
public sealed class DestinationTests(DestinationTests.Transforming gateway) : GatewayTests<DestinationTests.Transforming>(gateway)
{
    public sealed class Transforming : TestGateway
    {
        protected override void Configure(SettingsFile settings) => settings
            .Route("shorter", "/api/{**rest}", "anonymous").Set("ReverseProxy:Routes:shorter:Transforms:0:PathRemovePrefix", "/api")
            .Route("longer", "/in/{**rest}", "anonymous").Set("ReverseProxy:Routes:longer:Transforms:0:PathPrefix", "/base dir")
            .Route("pattern", "/p/{a}-/{**rest}", "anonymous").Set("ReverseProxy:Routes:pattern:Transforms:0:PathPattern", "/files/{a}./{**rest}")
            .Route("accented", "/caf\u00e9 x/{**rest}", "anonymous")
            .Route("slashes", "/risk/{**rest}", "anonymous").Set("ReverseProxy:Routes:slashes:Metadata:EncodedSlash", "forward").Set("ReverseProxy:Routes:slashes:Metadata:DoubleSlash", "unsafe-forward")
            .Route("secret", "/risk/secret/{**rest}", "authenticated");
    }

    [Theory]
    [InlineData("/api/a%20b/caf%c3%a9?q=%2f", "/a%20b/caf%C3%A9?q=%2f")]
    [InlineData("/api", "/")]
    [InlineData("/in/a%28b", "/base%20dir/in/a%28b")]
    [InlineData("/p/x-/a%20b/c@d%40", "/files/x./a%20b/c@d%40")]
    [InlineData("/p/x-/a%3Fb?q=1", "/files/x./a%3Fb?q=1")]
    [InlineData("/caf%c3%a9%20x/1", "/caf%C3%A9%20x/1")]
    public async Task Transforms_work_on_the_canonical_path(string sent, string forwarded)
    {
        var answer = await gateway.RawAsync("GET " + sent);

        Assert.Equal(200, answer.Status);
        Assert.Equal(forwarded, gateway.Backend.Request.Target);
    }

    [Theory]
    [InlineData("/p/.-/etc/passwd")]
    [InlineData("/p/%2e-/etc/passwd")]
    public async Task Path_that_a_transform_makes_cannot_climb(string sent)
    {
        var answer = await gateway.RawAsync("GET " + sent);

        answer.AssertRefused(400, "request_refused");
        Assert.Empty(gateway.Backend.Requests);
    }

    [Theory]
    [InlineData("/risk/a%2fb", "/risk/a%2Fb")]
    [InlineData("/risk/a//b/", "/risk/a//b/")]
    public async Task Risk_that_a_route_takes_is_forwarded_as_it_is(string sent, string forwarded)
    {
        var answer = await gateway.RawAsync("GET " + sent);

        Assert.Equal(200, answer.Status);
        Assert.Equal(forwarded, gateway.Backend.Request.Target);
    }

    [Theory]
    [InlineData("/risk/..%2forders")]
    [InlineData("/risk/secret%2fa")] // a backend that undoes the escape would be in another route
    [InlineData("/risk//secret/a")]
    [InlineData("/risk%2fa")]
    [InlineData("//risk/a")]
    [InlineData("/open/a%2fb")]
    [InlineData("/open/a//b")]
    public async Task Risk_that_no_route_takes_or_that_leads_elsewhere_is_refused(string sent)
    {
        var answer = await gateway.RawAsync("GET " + sent);

        answer.AssertRefused(400, "request_refused");
        Assert.Empty(gateway.Backend.Requests);
    }

    [Theory]
    [InlineData("EncodedSlash", "true", "forward")]
    [InlineData("DoubleSlash", "forward", "unsafe-forward")]
    public async Task Risk_is_taken_by_its_name_alone(string key, string value, string right)
    {
        var refusal = await TestGateway.RefusedStartAsync(settings => settings.Set($"ReverseProxy:Routes:open:Metadata:{key}", value));

        refusal.AssertSays($"Metadata:{key} '{value}'", right);
    }
}
