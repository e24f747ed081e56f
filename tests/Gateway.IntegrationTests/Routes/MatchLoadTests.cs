namespace Gateway.IntegrationTests.Routes;

/// <summary>A Match that means another thing than it says, or nothing that routing understands, stops the start.</summary>
public sealed class MatchLoadTests
{
    [Theory]
    [InlineData("Match:Methods", "[]")]
    [InlineData("Match:Methods", "null")]
    [InlineData("Match:Methods", """[""]""")]
    [InlineData("Match:Methods", """["G T"]""")]
    [InlineData("Match:Methods", """["*"]""")]
    [InlineData("Match:Methods", "{}")]
    [InlineData("Match:Hosts", "[]")]
    [InlineData("Match:Hosts", """["app.example.com:many"]""")]
    [InlineData("Match:Headers", "[]")]
    [InlineData("Match:Headers", """[{"Name":"X-Version"}]""")]
    [InlineData("Match:Headers", """[{"Name":"X-Version","Values":[]}]""")]
    [InlineData("Match:Headers", """[{"Name":"X-Version","Values":[""]}]""")]
    [InlineData("Match:QueryParameters", "[]")]
    [InlineData("Match:QueryParameters", """[{"Name":"version","Values":[" "],"Mode":"Prefix"}]""")]
    [InlineData("Match:Path", "\"/x/{id:nonsense}\"")]
    [InlineData("Match:Path", "\"/x/{id:regex([)}\"")]
    [InlineData("Match:Path", "\"/x/{id:int(3)}\"")]
    [InlineData("Match:Path", "\"/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17/18/19/20/21/22/23/24/25/26/27/28/29\"")]
    [InlineData("AuthorizationPolicy", "\"\"")]
    [InlineData("RouteId", "\"other\"")]
    public async Task Part_that_matches_everything_or_nothing_is_refused(string key, string value)
    {
        var refusal = await TestGateway.RefusedStartAsync(settings => settings.Set("ReverseProxy:Routes:orders:" + key, JsonNode.Parse(value)));

        refusal.AssertSays("ReverseProxy:Routes:orders");
        Assert.Null(refusal.Errors.FirstOrDefault(error => error.StartsWith("The configuration cannot be used", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("/orders/{**tail}")]
    [InlineData("/ORDERS/{**rest}/")]
    public async Task Route_that_nothing_tells_from_another_is_refused_also_with_the_same_policy(string path)
    {
        var refusal = await TestGateway.RefusedStartAsync(settings => settings.Route("twin", path));

        refusal.AssertSays("orders", "twin", "same requests");
    }

    // Routing groups hosts by their exact letters and asks the first group that fits: the protected route was skipped.
    [Theory]
    [InlineData("h.example", "H.example")]
    [InlineData("*.example", "*.EXAMPLE")]
    public async Task Spelling_of_a_host_lets_nobody_past_the_route_that_goes_first(string host, string shouted)
    {
        await using var gateway = await TestGateway.StartAsync(settings => settings
            .Route("third", "/a", "anonymous", order: -2).Set("ReverseProxy:Routes:third:Match:Hosts", new JsonArray(shouted))
            .Set("ReverseProxy:Routes:third:Match:Headers", JsonNode.Parse("""[{"Name":"X","Mode":"Exists"}]"""))
            .Route("first", "/a", "role:admin", order: -1).Set("ReverseProxy:Routes:first:Match:Hosts", new JsonArray(host))
            .Route("hidden", "/a", "anonymous", order: 2).Set("ReverseProxy:Routes:hidden:Match:Hosts", new JsonArray(shouted)));

        var answer = await RawHttp.SendAsync(gateway.Url, "GET /a HTTP/1.1\r\nHost: h.example\r\nConnection: close\r\n\r\n");

        answer.AssertRefused(401, "token_missing");
        Assert.Empty(gateway.Backend.Requests);
    }

    [Fact]
    public async Task Routes_that_a_header_a_method_or_an_order_tells_apart_may_stand_side_by_side()
    {
        await using var gateway = await TestGateway.StartAsync(settings => settings
            .Route("one", "/shop/{id:int}", "anonymous").Set("ReverseProxy:Routes:one:Match:Headers", JsonNode.Parse("""[{"Name":"X-Version","Values":["1"]}]"""))
            .Route("two", "/shop/{id:int}", "anonymous").Set("ReverseProxy:Routes:two:Match:Headers", JsonNode.Parse("""[{"Name":"X-Version","Values":["2"]}]"""))
            .Route("words", "/shop/{id:alpha}", "anonymous")
            .Route("rest", "/shop/{**rest}"));

        Assert.Equal(HttpStatusCode.Unauthorized, (await gateway.Anonymous().GetAsync("/shop/1")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await gateway.Anonymous().GetAsync("/shop/a")).StatusCode);
    }
}
