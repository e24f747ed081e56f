using Gateway.IntegrationTests.Routes;

namespace Gateway.IntegrationTests.Edge;

/// <summary>HTTP/2 says things that HTTP/1.1 cannot, and the backend hears HTTP/1.1 (RFC 9113 section 8.2).</summary>
public sealed class HttpTwoGuardTests(HttpTwoGateway gateway) : GatewayTests<HttpTwoGateway>(gateway)
{
    private const int ResetByTheServer = 0;

    [Theory]
    [InlineData("GET", "/open/..%2forders/1")]
    [InlineData("GET", "/open//a")]
    [InlineData("GET", "/open/..;/orders/1")]
    [InlineData("GET", "/open/%252e%252e/orders/1")]
    [InlineData("GET", "/open/a\\b")]
    [InlineData("GET", "/open/a%0d%0ab")]
    [InlineData("GET", "/open/a b HTTP/1.1\r\nX-User-Id: admin")] // request line injection
    [InlineData("GET", "/open/a?q=b HTTP/1.1")]
    [InlineData("GET", "/open/a#b")]
    [InlineData("GET", "/orders;x/1")]
    [InlineData("GET", "*")]
    [InlineData("GET", "")]
    [InlineData("GET", "open/a")]
    [InlineData("GET", "http://open/a")]
    [InlineData("TRACE", "/open/a")]
    [InlineData("TRACK", "/open/a")]
    [InlineData("GET /open/x HTTP/1.1\r\nX: y", "/open/a")] // method injection
    [InlineData("G(T", "/open/a")]
    public async Task Request_that_could_be_read_differently_behind_is_refused(string method, string path)
    {
        var status = await RawHttpTwo.StatusOfAsync(gateway.HttpTwoUrl, method, path);

        Assert.True(status is 400 or 405 or ResetByTheServer, $"{status}");
        Assert.Empty(gateway.Backend.Requests);
    }

    [Theory]
    [InlineData("x-custom", "a\r\nX-User-Id: admin")]
    [InlineData("x-custom", "a\nb")]
    [InlineData("x-custom", "a\0b")]
    [InlineData("x-custom", "Jos\u00c3\u00a9")]
    [InlineData("x-custom\r\nx-user-id", "admin")]
    [InlineData("x-custom: a\r\nx-user-id", "admin")]
    [InlineData("x custom", "a")]
    [InlineData("X-Custom", "a")] // capital letters are malformed here
    [InlineData("x(custom", "a")]
    [InlineData("transfer-encoding", "chunked")]
    [InlineData("connection", "keep-alive")]
    [InlineData("connection", "x-user-id")]
    [InlineData("content-length", "5")] // and no body
    [InlineData("content-length", "+0")]
    [InlineData("content-length", "0x0")]
    [InlineData("x-content-length", "0")]
    [InlineData(":path", "/orders/1")]
    [InlineData(":evil", "1")]
    public async Task Field_that_could_be_read_differently_behind_is_refused(string name, string value)
    {
        var status = await RawHttpTwo.StatusOfAsync(gateway.HttpTwoUrl, "GET", "/open/1", (name, value));

        Assert.True(status is 400 or ResetByTheServer, $"{status}");
        Assert.Empty(gateway.Backend.Requests);
    }

    [Theory]
    [InlineData("connect-udp")]
    [InlineData("h2c")]
    [InlineData("")]
    public async Task Connect_to_anything_but_a_websocket_is_refused(string protocol)
    {
        var status = await RawHttpTwo.StatusOfAsync(gateway.HttpTwoUrl, "CONNECT", "/open/1", (":protocol", protocol));

        Assert.True(status is 405 or ResetByTheServer, $"{status}");
        Assert.Empty(gateway.Backend.Requests);
    }

    [Fact]
    public async Task Websocket_is_judged_as_the_get_that_the_backend_receives()
    {
        var status = await RawHttpTwo.StatusOfAsync(gateway.HttpTwoUrl, "CONNECT", "/read/1", (":protocol", "websocket"));

        Assert.Equal(401, status); // by the route for GET, and not by the one for all else
        Assert.Empty(gateway.Backend.Requests);
    }

    [Fact]
    public async Task Host_is_the_authority_whatever_stands_beside_it()
    {
        await RawHttpTwo.StatusOfAsync(gateway.HttpTwoUrl, "GET", "/open/1", ("host", "evil.example"));

        Assert.Equal(gateway.HttpTwoUrl.Authority, gateway.Backend.Request.Headers["X-Forwarded-Host"]);
        Assert.DoesNotContain("evil", gateway.Backend.Request.Headers.ToString());
    }

    [Fact]
    public async Task Request_by_hand_passes_otherwise()
    {
        var status = await RawHttpTwo.StatusOfAsync(gateway.HttpTwoUrl, "GET", "/open/%7ea?q=%2F", ("x-custom", "a"), ("x_user_id", "admin"));

        Assert.Equal(200, status);
        Assert.Equal("/open/~a?q=%2F", gateway.Backend.Request.Target);
        Assert.Equal("a", gateway.Backend.Request.Headers["X-Custom"]);
        Assert.DoesNotContain(gateway.Backend.Request.Headers.All, header => header.Value == "admin");
    }
}
