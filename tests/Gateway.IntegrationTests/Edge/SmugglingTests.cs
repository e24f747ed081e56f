namespace Gateway.IntegrationTests.Edge;

/// <summary>Where does a request end? Who could be of two minds about it is cut off, and nothing of it, or behind it, reaches a backend.</summary>
public sealed class SmugglingTests(TestGateway gateway) : GatewayTests<TestGateway>(gateway)
{
    private const string Hidden = "GET /open/hidden HTTP/1.1\r\nHost: x\r\n\r\n";

    public static TheoryData<string, string> Requests => new()
    {
        { "CL.TE", "POST /open/1 HTTP/1.1|Host: x|Content-Length: 6|Transfer-Encoding: chunked||0\r\n\r\nG" },
        { "TE.CL", "POST /open/1 HTTP/1.1|Host: x|Transfer-Encoding: chunked|Content-Length: 3||1\r\nA\r\n0\r\n\r\n" },
        { "CL 0 with TE", "POST /open/1 HTTP/1.1|Host: x|Content-Length: 0|Transfer-Encoding: chunked||0\r\n\r\n" },
        { "X-Content-Length of the client", "POST /open/1 HTTP/1.1|Host: x|X-Content-Length: 5|Content-Length: 0||" },
        { "gzip, chunked", "POST /open/1 HTTP/1.1|Host: x|Transfer-Encoding: gzip, chunked||0\r\n\r\n" },
        { "chunked, chunked", "POST /open/1 HTTP/1.1|Host: x|Transfer-Encoding: chunked, chunked||0\r\n\r\n" },
        { "TE twice", "POST /open/1 HTTP/1.1|Host: x|Transfer-Encoding: chunked|Transfer-Encoding: chunked||0\r\n\r\n" },
        { "chunked, identity", "POST /open/1 HTTP/1.1|Host: x|Transfer-Encoding: chunked, identity||0\r\n\r\n" },
        { "identity", "POST /open/1 HTTP/1.1|Host: x|Transfer-Encoding: identity|Content-Length: 0||" },
        { "xchunked", "POST /open/1 HTTP/1.1|Host: x|Transfer-Encoding: xchunked||0\r\n\r\n" },
        { "chunked with a parameter", "POST /open/1 HTTP/1.1|Host: x|Transfer-Encoding: chunked;q=1||0\r\n\r\n" },
        { "vertical tab chunked", "POST /open/1 HTTP/1.1|Host: x|Transfer-Encoding: \u000bchunked||0\r\n\r\n" },
        { "space before the colon", "POST /open/1 HTTP/1.1|Host: x|Transfer-Encoding : chunked||0\r\n\r\n" },
        { "TE on HTTP/1.0", "POST /open/1 HTTP/1.0|Host: x|Transfer-Encoding: chunked||0\r\n\r\n" },
        { "CL twice", "POST /open/1 HTTP/1.1|Host: x|Content-Length: 0|Content-Length: 5||" },
        { "the same CL twice", "POST /open/1 HTTP/1.1|Host: x|Content-Length: 0|Content-Length: 0||" },
        { "CL list", "POST /open/1 HTTP/1.1|Host: x|Content-Length: 0, 0||" },
        { "CL with a plus", "POST /open/1 HTTP/1.1|Host: x|Content-Length: +2||ab" },
        { "CL with a minus", "POST /open/1 HTTP/1.1|Host: x|Content-Length: -0||" },
        { "CL in hex", "POST /open/1 HTTP/1.1|Host: x|Content-Length: 0x2||ab" },
        { "CL with a space", "POST /open/1 HTTP/1.1|Host: x|Content-Length: 1 0||ab" },
        { "CL with an underscore", "POST /open/1 HTTP/1.1|Host: x|Content-Length: 1_0||ab" },
        { "CL empty", "POST /open/1 HTTP/1.1|Host: x|Content-Length:||" },
        { "CL beyond 64 bits", "POST /open/1 HTTP/1.1|Host: x|Content-Length: 18446744073709551618||ab" },
        { "CL of many digits", "POST /open/1 HTTP/1.1|Host: x|Content-Length: 000000000000000000000000000002||ab" },
        { "folded header", "POST /open/1 HTTP/1.1|Host: x|X-A: b|\tc||" },
        { "Host twice", "GET /open/1 HTTP/1.1|Host: x|Host: y||" },
        { "no Host", "GET /open/1 HTTP/1.1|X-A: b||" },
        { "absolute target of another host", "GET http://y/open/1 HTTP/1.1|Host: x||" },
        { "NUL in a header", "GET /open/1 HTTP/1.1|Host: x|X-A: a\0b||" },
        { "bare CR in a header", "GET /open/1 HTTP/1.1|Host: x|X-A: a\rX-B: b||" },
        { "HTTP/1.2", "GET /open/1 HTTP/1.2|Host: x||" },
    };

    [Theory]
    [MemberData(nameof(Requests))]
    public async Task Request_whose_end_is_in_doubt_ends_the_connection(string attack, string text)
    {
        using var connection = await RawConnection.OpenAsync(gateway.Url);
        await connection.SendAsync(text.Replace("|", "\r\n") + Hidden);

        var head = await connection.ReadHeadAsync();
        await connection.UntilClosedAsync();

        Assert.True(head is null || head[0].Contains(" 400 ") || head[0].Contains(" 501 ") || head[0].Contains(" 505 "), $"{attack}: {head?[0]}");
        Assert.Empty(gateway.Backend.Requests);
    }

    [Theory]
    [InlineData("GET /open/1 HTTP/1.1\nHost: x\n\n")]
    [InlineData("GET /open/1 HTTP/1.1\r\nHost: x\nX-A: b\r\n\r\n")]
    [InlineData("GET /open/1 HTTP/1.1\r\nHost: x\r\n\n")]
    public async Task Bare_line_feed_ends_no_line(string text)
    {
        using var connection = await RawConnection.OpenAsync(gateway.Url);
        await connection.SendAsync(text + Hidden);

        var head = await connection.ReadHeadAsync();

        Assert.True(head is null || head[0].Contains(" 400 "), head?[0]);
        Assert.Empty(gateway.Backend.Requests);
    }

    [Theory]
    [InlineData("5;a=\n\r\nhello\r\n0\r\n\r\n")] // TERM.EXT
    [InlineData("5\nhello\r\n0\r\n\r\n")]
    [InlineData("5\r\nhelloXX0\r\n\r\n")]
    [InlineData("5\r\nhello\n0\r\n\r\n")]
    [InlineData("0x5\r\nhello\r\n0\r\n\r\n")]
    [InlineData("+5\r\nhello\r\n0\r\n\r\n")]
    [InlineData("5_\r\nhello\r\n0\r\n\r\n")]
    [InlineData("-1\r\nhello\r\n0\r\n\r\n")]
    [InlineData("FFFFFFFFFFFFFFFFF\r\nhello\r\n0\r\n\r\n")]
    [InlineData("\r\nhello\r\n0\r\n\r\n")]
    public async Task Chunk_that_is_no_chunk_is_no_request_to_the_backend(string body)
    {
        using var connection = await RawConnection.OpenAsync(gateway.Url);
        await connection.SendAsync("POST /open/1 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + body + Hidden);

        await connection.UntilClosedAsync();

        Assert.DoesNotContain(gateway.Backend.Requests, request => request.Target != "/open/1" || request.Text.Length > 0 && request.Text != "hello");
        Assert.DoesNotContain(gateway.Backend.Requests, request => request.Target == "/open/hidden");
    }

    [Fact]
    public async Task Length_is_read_as_digits()
    {
        var answer = await RawHttp.SendAsync(gateway.Url, "POST /open/1 HTTP/1.1\r\nHost: x\r\nContent-Length: 005\r\nConnection: close\r\n\r\nhello");

        Assert.Equal(200, answer.Status);
        Assert.Equal("hello", gateway.Backend.Request.Text);
    }
}
