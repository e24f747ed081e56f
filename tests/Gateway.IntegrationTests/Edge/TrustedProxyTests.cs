namespace Gateway.IntegrationTests.Edge;

/// <summary>What a request says about its client is believed only from proxies that the operator named.</summary>
public sealed class TrustedProxyTests(TrustedProxyTests.Behind behind) : GatewayTests<TrustedProxyTests.Behind>(behind)
{
    public sealed class Behind : TestGateway
    {
        protected override void Configure(SettingsFile settings) => settings.Set("Gateway:TrustedProxies:0", "127.0.0.0/8").Set("Gateway:TrustedProxies:1", "10.0.0.1").Set("Gateway:TrustedProxies:2", "fd00::/8");
    }

    [Theory]
    [InlineData("", "127.0.0.1")]
    [InlineData("203.0.113.7", "203.0.113.7")]
    [InlineData("203.0.113.7:4711", "203.0.113.7")]
    [InlineData("[2001:db8::7]:4711", "2001:db8::7")]
    [InlineData("2001:db8::7", "2001:db8::7")]
    [InlineData("198.51.100.9, 203.0.113.7", "203.0.113.7")] // the left one is what the client made up
    [InlineData("198.51.100.9, 203.0.113.7, 10.0.0.1", "203.0.113.7")]
    [InlineData("203.0.113.7, fd00::1, 10.0.0.1", "203.0.113.7")]
    [InlineData("10.0.0.1, 127.0.0.9", "10.0.0.1")]
    [InlineData("203.0.113.7, unknown", "127.0.0.1")] // further than what can be read nobody is believed
    [InlineData("203.0.113.7, 10.0.0.2", "10.0.0.2")]
    [InlineData("203.0.113.7, ::ffff:10.0.0.1", "203.0.113.7")]
    [InlineData("6.6.6.6, , 10.0.0.1", "10.0.0.1")]
    [InlineData(",", "127.0.0.1")]
    public async Task Client_is_the_rightmost_address_that_is_no_proxy(string chain, string client)
    {
        await behind.RawAsync("GET /open/1", chain.Length == 0 ? [] : [$"X-Forwarded-For: {chain}"]);

        Assert.Equal(client, behind.Backend.Request.Headers["X-Forwarded-For"]);
    }

    [Fact]
    public async Task Lines_of_the_chain_are_one_list()
    {
        await behind.RawAsync("GET /open/1", "X-Forwarded-For: 203.0.113.7", "X-Forwarded-For: 10.0.0.1");

        Assert.Equal("203.0.113.7", behind.Backend.Request.Headers["X-Forwarded-For"]);
    }

    [Theory]
    [InlineData("https", "https")]
    [InlineData("HTTPS", "https")]
    [InlineData("http, https", "https")]
    [InlineData("javascript", "http")]
    [InlineData("", "http")]
    public async Task Scheme_is_what_the_proxy_says(string said, string scheme)
    {
        await behind.RawAsync("GET /open/1", $"X-Forwarded-Proto: {said}");

        Assert.Equal(scheme, behind.Backend.Request.Headers["X-Forwarded-Proto"]);
    }

    [Theory]
    [InlineData("app.example.com", "app.example.com")]
    [InlineData("app.example.com:8443", "app.example.com:8443")]
    [InlineData("evil@app.example.com", null)]
    [InlineData("a b", null)]
    public async Task Host_is_what_the_proxy_says(string said, string? host)
    {
        await behind.RawAsync("GET /open/1", $"X-Forwarded-Host: {said}");

        Assert.Equal(host ?? behind.Url.Authority, behind.Backend.Request.Headers["X-Forwarded-Host"]);
    }

    [Fact]
    public async Task Session_lists_the_client_and_not_the_proxy()
    {
        var answer = await RawHttp.SendAsync(behind.Url, Post("/auth/signup", "{\"username\":\"anna\",\"password\":\"correct horse battery\"}", "X-Forwarded-For: 203.0.113.7"));

        Assert.Equal(201, answer.Status);
        Assert.Equal(1, await behind.CountAsync("sessions WHERE \"Ip\" = '203.0.113.7'"));
    }

    [Fact]
    public async Task Identity_is_nobodys_to_claim_not_even_a_trusted_proxys()
    {
        await behind.RawAsync("GET /open/1", "X-Forwarded-User: admin", "X-User-Id: admin", "Remote-User: admin");

        Assert.DoesNotContain(behind.Backend.Request.Headers.All, header => header.Value == "admin");
    }

    [Theory]
    [InlineData("X-Original-URL")]
    [InlineData("X_Rewrite_URL")]
    [InlineData("X-HTTP-Method-Override")]
    [InlineData("X-Accel-Redirect")]
    [InlineData("Proxy")]
    [InlineData("X_Forwarded_For")]
    [InlineData("x.forwarded.host")]
    public async Task What_changes_the_request_after_it_was_judged_goes_no_further_from_a_trusted_proxy_either(string name)
    {
        await behind.RawAsync("GET /open/1", $"{name}: 6.6.6.6");

        Assert.DoesNotContain(behind.Backend.Request.Headers.All, header => header.Value == "6.6.6.6");
    }

    [Fact]
    public async Task Scheme_of_a_chain_is_what_a_proxy_said_and_not_the_client()
    {
        await behind.RawAsync("GET /open/1", "X-Forwarded-For: 203.0.113.7, 10.0.0.1", "X-Forwarded-Proto: https, http", "X-Forwarded-Host: evil.example, a.example, b.example");

        Assert.Equal("https", behind.Backend.Request.Headers["X-Forwarded-Proto"]); // as many as hops
        Assert.Equal("b.example", behind.Backend.Request.Headers["X-Forwarded-Host"]); // more than hops: only the last is sure to be a proxy's
    }

    [Fact]
    public async Task Other_claims_of_a_trusted_proxy_pass()
    {
        await behind.RawAsync("GET /open/1", "X-Real-IP: 203.0.113.7");

        Assert.Equal("203.0.113.7", behind.Backend.Request.Headers["X-Real-IP"]);
    }

    [Theory]
    [InlineData("10.0.0.0/33")]
    [InlineData("10.0.0.1/8")] // bits beyond the prefix: was 10.0.0.0/8 meant, or 10.0.0.1?
    [InlineData("localhost")]
    [InlineData("::ffff:10.0.0.0/104")] // would never match
    [InlineData("")]
    public async Task What_is_no_network_is_refused_at_the_start(string network)
    {
        var refusal = await TestGateway.RefusedStartAsync(settings => settings.Set("Gateway:TrustedProxies:0", network));

        refusal.AssertSays("Gateway:TrustedProxies", "10.0.0.0/8");
    }

    private string Post(string path, string json, params string[] headers) =>
        string.Concat([$"POST {path} HTTP/1.1\r\nHost: {behind.Url.Authority}\r\nContent-Type: application/json\r\nContent-Length: {json.Length}\r\nConnection: close\r\n", .. headers.Select(h => h + "\r\n"), "\r\n", json]);
}

/// <summary>From everybody else it is a claim, and removed.</summary>
public sealed class UntrustedPeerTests(TestGateway gateway) : GatewayTests<TestGateway>(gateway)
{
    [Theory]
    [InlineData("X-Forwarded-For")]
    [InlineData("x_forwarded_for")]
    [InlineData("X-Forwarded-Host")]
    [InlineData("X.Forwarded.Proto")]
    [InlineData("X-Forwarded-Prefix")]
    [InlineData("X-Forwarded-Port")]
    [InlineData("X-Forwarded-Anything-That-Comes")]
    [InlineData("X--Forwarded--Server")]
    [InlineData("Forwarded")]
    [InlineData("X-Original-URL")]
    [InlineData("X_Original_Url")]
    [InlineData("X-Rewrite-URL")]
    [InlineData("X-Real-IP")]
    [InlineData("True-Client-IP")]
    [InlineData("CF-Connecting-IP")]
    [InlineData("X-HTTP-Method-Override")]
    [InlineData("X-HTTP-Method")]
    [InlineData("X-Method-Override")]
    [InlineData("Proxy")] // httpoxy
    [InlineData("Trailer")]
    public async Task Claim_about_the_client_goes_no_further(string name)
    {
        await gateway.RawAsync("GET /open/1", $"{name}: 6.6.6.6");

        Assert.DoesNotContain(gateway.Backend.Request.Headers.All, header => header.Value.Contains("6.6.6.6"));
    }

    [Fact]
    public async Task Backend_hears_who_the_peer_is()
    {
        await gateway.RawAsync("GET /open/1", "X-Forwarded-For: 6.6.6.6", "X-Forwarded-Proto: https", "X-Forwarded-Host: evil.example");

        var headers = gateway.Backend.Request.Headers;
        Assert.Equal("127.0.0.1", headers["X-Forwarded-For"]);
        Assert.Equal("http", headers["X-Forwarded-Proto"]);
        Assert.Equal(gateway.Url.Authority, headers["X-Forwarded-Host"]);
    }
}
