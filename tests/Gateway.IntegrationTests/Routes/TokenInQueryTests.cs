namespace Gateway.IntegrationTests.Routes;

public sealed class QueryGateway : TestGateway
{
    protected override void Configure(SettingsFile settings) => settings
        .Route("files", "/files/{**rest}", metadata: new() { ["Credentials"] = "bearer,query" })
        .Route("free", "/free/{**rest}", "anonymous", metadata: new() { ["Credentials"] = "query" });
}

/// <summary>A token in the address, on a route that takes one: it proves who it is, and goes no further.</summary>
public sealed class TokenInQueryTests(QueryGateway gateway) : GatewayTests<QueryGateway>(gateway)
{
    [Theory]
    [InlineData("/files/1?access_token={token}", "/files/1")]
    [InlineData("/files/1?a=%2f+x&access_token={token}&b=%2C&&c", "/files/1?a=%2f+x&b=%2C&&c")]
    [InlineData("/files/1?access%5Ftoken={token}&a=1", "/files/1?a=1")]
    public async Task Token_in_the_query_counts_and_goes_no_further(string target, string forwarded)
    {
        var answer = await GetAsync(target);

        Assert.Equal(200, answer.Status);
        Assert.Equal(("anna", forwarded), (gateway.Backend.Request.Headers["X-User-Name"], gateway.Backend.Request.Target));
    }

    [Fact]
    public async Task Query_beside_a_token_in_the_header_is_forwarded_byte_for_byte()
    {
        await GetAsync("/files/1?a=%2f+x&b=%2C&&c", "Authorization: Bearer {token}");

        Assert.Equal("/files/1?a=%2f+x&b=%2C&&c", gateway.Backend.Request.Target);
    }

    [Theory]
    [InlineData("/files/1?access_token={token}&access_token={token}", "")]
    [InlineData("/files/1?access_token={token}&access%5ftoken={token}", "")]
    [InlineData("/files/1?access_token=%zz", "")]
    [InlineData("/files/1?access_token={token}", "Authorization: Bearer {token}")]
    [InlineData("/files/1?access_token={token}", "Authorization: Bearer {second}")]
    [InlineData("/files/1?Access_Token={token}", "Accept: */*")]
    public async Task Two_tokens_or_a_broken_one_are_refused(string target, string header)
    {
        var answer = await GetAsync(target, header);

        answer.AssertRefused(400, "invalid_request");
        Assert.Empty(gateway.Backend.Requests);
    }

    [Theory]
    [InlineData("/orders/1?access_token={token}", "token_missing")]      // no route of that kind
    [InlineData("/files/1?access_tokens={token}", "token_missing")]
    [InlineData("/files/1?access_token=", "token_invalid")]
    [InlineData("/files/1?access_token=garbage", "token_invalid")]
    public async Task Elsewhere_or_broken_it_proves_nothing(string target, string code)
    {
        var answer = await GetAsync(target);

        answer.AssertRefused(401, code);
        Assert.Empty(gateway.Backend.Requests);
    }

    [Fact]
    public async Task Route_for_anybody_forwards_no_token_either_where_it_would_be_one()
    {
        await GetAsync("/free/1?access_token={token}&a=1&access_token=x");
        await GetAsync("/open/1?access_token=mine&a=1");

        Assert.Equal(["/free/1?a=1", "/open/1?access_token=mine&a=1"], gateway.Backend.Requests.Select(request => request.Target));
    }

    private async Task<RawAnswer> GetAsync(string target, string header = "")
    {
        var (anna, berta) = (await gateway.KeptAsync("anna"), await gateway.KeptAsync("berta"));
        string Filled(string text) => text.Replace("{token}", anna.Session.AccessToken).Replace("{second}", berta.Session.AccessToken);
        return await gateway.RawAsync("GET " + Filled(target), header.Length == 0 ? [] : [Filled(header)]);
    }
}
