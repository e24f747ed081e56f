using Microsoft.Extensions.Logging;

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
    [InlineData("/open/a?q=\u0001")]
    [InlineData("/open/a?q=\u007f")]
    [InlineData("/open/a?q=1#f")]
    [InlineData("/open/a#f")]
    [InlineData("/open/a%00.html")] // Kestrel's own refusal
    [InlineData("open/1")]
    public async Task Target_with_raw_bytes_that_belong_in_escapes_is_refused(string path)
    {
        var answer = await gateway.RawAsync("GET " + path);

        Assert.Equal(400, answer.Status);
        Assert.Empty(gateway.Backend.Requests);
    }

    [Theory]
    [InlineData("/open/..%2forders/1")]
    [InlineData("/open/%2e%2e%2forders/1")]
    [InlineData("/open/a%2fb")] // no route here has taken that risk
    [InlineData("/open//a")]
    [InlineData("//open/a")]
    [InlineData("/open/..;/orders/1")]
    [InlineData("/open/;x/a")]
    [InlineData("/open/%252e%252e/orders/1")]
    [InlineData("/open/%c0%ae%c0%ae/orders/1")]
    [InlineData("/open/..%5corders/1")]
    [InlineData("/open/..\\orders/1")]
    [InlineData("/open/a%0d%0aX-User-Id:%20admin")]
    [InlineData("/open/a%C2%85")]
    [InlineData("/open/%")]
    [InlineData("/open/%u002e")]
    [InlineData("/open;x/1")] // to who cuts parameters off this is /open/1, to us it is no route
    [InlineData("/orders;x/1")]
    [InlineData("/orders%3Bx/1")]
    [InlineData("/orders%3Fx")]
    [InlineData("/auth;x/login")]
    [InlineData("/auth%3B/login")]
    [InlineData("*")]
    public async Task Path_that_a_backend_could_read_as_another_is_refused(string path)
    {
        var answer = await gateway.RawAsync("OPTIONS " + path);

        answer.AssertRefused(400, "request_refused");
        Assert.Empty(gateway.Backend.Requests);
    }

    [Theory]
    [InlineData("/open/../orders/1")]
    [InlineData("/open/%2e%2e/orders/1")]
    [InlineData("/open/.%2E/orders/1")]
    [InlineData("/./orders/1")]
    [InlineData("/%6frders/1")]
    [InlineData("/ORDERS/1")]
    public async Task Path_that_leads_to_a_protected_route_in_other_words_is_protected(string path)
    {
        var answer = await gateway.RawAsync("GET " + path);

        answer.AssertRefused(401, "token_missing");
        Assert.Empty(gateway.Backend.Requests);
    }

    [Theory]
    [InlineData("/open/a/../b", "/open/b")]
    [InlineData("/open/a/..", "/open/")]
    [InlineData("/orders/../open/%7ea%2Db", "/open/~a-b")]
    [InlineData("/open/caf%c3%a9%20x", "/open/caf%C3%A9%20x")]
    [InlineData("/open/report%28v2%29.pdf", "/open/report%28v2%29.pdf")]
    [InlineData("/open/a;v=1/b;w", "/open/a;v=1/b;w")]
    [InlineData("/open/a@b:c!$&'()*+,=~|[]{}^`\"<>", "/open/a@b:c!$&'()*+,=~|[]{}^`\"<>")]
    [InlineData("/open/a?next=/../%2F..%2f//x\\y|\"<>;%zz%00%", "/open/a?next=/../%2F..%2f//x\\y|\"<>;%zz%00%")]
    [InlineData("/open/a?", "/open/a?")]
    [InlineData("/open/a??b=?", "/open/a??b=?")]
    public async Task Backend_gets_the_canonical_path_and_the_query_byte_for_byte(string sent, string forwarded)
    {
        var answer = await gateway.RawAsync("GET " + sent);

        Assert.Equal(200, answer.Status);
        Assert.Equal(forwarded, gateway.Backend.Request.Target);
    }

    [Fact]
    public async Task Absolute_target_is_read_by_its_path()
    {
        var answer = await gateway.RawAsync($"GET {gateway.Url.GetLeftPart(UriPartial.Authority)}/open/../orders/1");

        answer.AssertRefused(401, "token_missing");
        Assert.Empty(gateway.Backend.Requests);
    }

    [Theory]
    [InlineData("X-Custom: Jos\u00c3\u00a9")] // é in UTF-8
    [InlineData("User-Agent: \u00e2\u0082\u00ac")]
    [InlineData("X-Custom: \u00e9")] // é in Latin-1, no UTF-8
    [InlineData("X-Custom: a\u0001b")]
    [InlineData("X-Custom: a\u007fb")]
    [InlineData("X(Custom): a")]
    [InlineData("X{Custom: a")]
    [InlineData("X\"Custom: a")]
    [InlineData("X/Custom: a")]
    [InlineData("X@Custom: a")]
    [InlineData("X\u00e9: a")]
    public async Task Header_that_is_no_header_is_the_clients_fault(string header)
    {
        foreach (var path in (string[])["/open/1", "/orders/1", "/auth/me"])
        {
            var answer = await gateway.RawAsync("GET " + path, header);

            Assert.Equal(400, answer.Status);
        }

        Assert.Empty(gateway.Backend.Requests);
    }

    [Fact]
    public async Task Request_that_names_no_host_is_refused()
    {
        var answer = await RawHttp.SendAsync(gateway.Url, "GET /open/1 HTTP/1.1\r\nHost: \r\nConnection: close\r\n\r\n");

        answer.AssertRefused(400, "request_refused");
        Assert.Empty(gateway.Backend.Requests);
    }

    [Theory]
    [InlineData("gateway.example.")]
    [InlineData("gateway.example.:80")]
    [InlineData("127.0.0.1.")]
    public async Task Host_with_a_dot_at_its_end_is_another_one_to_routes_and_none_to_backends(string host)
    {
        var answer = await RawHttp.SendAsync(gateway.Url, $"GET /open/1 HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");

        answer.AssertRefused(400, "request_refused");
        Assert.Empty(gateway.Backend.Requests);
    }

    [Theory]
    [InlineData("POST")]
    [InlineData("DELETE")]
    [InlineData("HEAD")]
    public async Task Handshake_that_is_no_get_does_not_become_one_at_the_backend(string method)
    {
        await gateway.RawAsync($"{method} /open/1", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Content-Length: 0");

        Assert.Equal(method, gateway.Backend.Request.Method);
        Assert.False(gateway.Backend.Request.Headers.Has("Upgrade"));
    }

    [Fact]
    public async Task Path_of_many_readings_is_not_read_at_any_length()
    {
        var answer = await gateway.RawAsync("GET /open/a;b/c%3Bd/e%3Ff/" + string.Concat(Enumerable.Repeat("x/", 1500)));

        answer.AssertRefused(400, "request_refused");
        Assert.Empty(gateway.Backend.Requests);
    }

    [Fact]
    public async Task Long_name_in_another_script_passes()
    {
        var name = string.Concat(Enumerable.Repeat("%E6%97%A5", 300));

        await gateway.RawAsync("GET /open/" + name);

        Assert.Equal("/open/" + name, gateway.Backend.Request.Target);
    }

    [Fact]
    public async Task Refusal_names_its_rule_in_the_log()
    {
        await gateway.RawAsync("GET /open/..;/orders");

        Assert.Contains(gateway.Log.At(LogLevel.Information), line => line.Contains("request_refused") && line.Contains("has a dot segment in it"));
    }

    [Theory]
    [InlineData(110, 10, 431)] // lines, bytes each
    [InlineData(40, 1000, 431)]
    [InlineData(90, 10, 200)]
    public async Task Headers_beyond_the_limits_are_refused(int lines, int bytes, int status)
    {
        var answer = await gateway.RawAsync("GET /open/1", [.. Enumerable.Range(0, lines).Select(i => $"X-{i}: {new string('x', bytes)}")]);

        Assert.Equal(status, answer.Status);
    }

    [Theory]
    [InlineData("h2c")]
    [InlineData("h2c, websocket")]
    [InlineData("SPDY/3.1")]
    [InlineData("TLS/1.0")]
    public async Task Upgrade_smuggling_opens_no_tunnel_that_nobody_judges(string protocol)
    {
        var answer = await gateway.RawAsync("GET /open/1", "Connection: Upgrade, HTTP2-Settings", $"Upgrade: {protocol}", "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA");

        Assert.Equal(200, answer.Status);
        Assert.False(gateway.Backend.Request.Headers.Has("Upgrade"));
        Assert.False(gateway.Backend.Request.Headers.Has("HTTP2-Settings"));
    }
}
