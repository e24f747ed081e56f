using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace Gateway.IntegrationTests.Routes;

public sealed class AnswerGateway : TestGateway
{
    // Bound and never listening: nobody else can get this port meanwhile.
    private readonly Socket closed = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    protected override void Configure(SettingsFile settings) => settings
        .Destination("down", ClosedPort())
        .Destination("slow", Backend.Url)
        .Set("ReverseProxy:Clusters:slow:HttpRequest:ActivityTimeout", "00:00:01")
        .Route("down", "/down/{**rest}", "anonymous").Set("ReverseProxy:Routes:down:ClusterId", "down")
        .Route("slow", "/slow/{**rest}", "anonymous").Set("ReverseProxy:Routes:slow:ClusterId", "slow");

    private Uri ClosedPort()
    {
        closed.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return new($"http://{closed.LocalEndPoint}/");
    }
}

/// <summary>The backend's answer is the backend's: what of it passes, and what we say when there is none.</summary>
public sealed class BackendAnswerTests(AnswerGateway gateway) : GatewayTests<AnswerGateway>(gateway)
{
    [Theory]
    [InlineData("404 Not Found")]
    [InlineData("401 Unauthorized")]
    [InlineData("403 Forbidden")]
    [InlineData("500 Internal Server Error")]
    [InlineData("503 Service Unavailable")]
    public async Task Bodiless_refusal_of_the_backend_passes_untouched(string status)
    {
        gateway.Backend.Answer("/open/refused", $"HTTP/1.1 {status}\r\nX-Backend: yes\r\nContent-Length: 0\r\n\r\n");

        var answer = await gateway.RawAsync("GET /open/refused");

        Assert.StartsWith($"HTTP/1.1 {status[..3]}", answer.StatusLine);
        Assert.Equal("yes", answer.Headers["X-Backend"]);
        Assert.Null(answer.Headers["Content-Type"]);
        Assert.Null(answer.Headers["WWW-Authenticate"]);
        Assert.Equal("", answer.Body);
    }

    [Fact]
    public async Task Answer_without_a_body_passes_though_the_backend_announces_one()
    {
        gateway.Backend.Answer("/open/nothing", "HTTP/1.1 204 No Content\r\nX-Backend: yes\r\nContent-Length: 2\r\n\r\nok");

        var answer = await gateway.RawAsync("GET /open/nothing");

        Assert.Equal(204, answer.Status);
        Assert.Equal("yes", answer.Headers["X-Backend"]);
    }

    [Fact]
    public async Task Body_and_headers_of_the_backend_pass_untouched()
    {
        gateway.Backend.Answer("/open/page", "HTTP/1.1 418 I'm a teapot\r\nContent-Type: text/html\r\nETag: \"v1\"\r\nCache-Control: max-age=60\r\nWWW-Authenticate: Basic realm=\"theirs\"\r\nContent-Length: 9\r\n\r\n<p>hi</p>");

        var answer = await gateway.RawAsync("GET /open/page");

        Assert.Equal(418, answer.Status);
        Assert.Equal("<p>hi</p>", answer.Body);
        Assert.Equal("text/html", answer.Headers["Content-Type"]);
        Assert.Equal("\"v1\"", answer.Headers["ETag"]);
        Assert.Equal("max-age=60", answer.Headers["Cache-Control"]);
        Assert.Equal("Basic realm=\"theirs\"", answer.Headers["WWW-Authenticate"]);
    }

    [Theory]
    [InlineData("__Host-gateway=evil; Path=/; Secure")]
    [InlineData("__Host-gateway=")]
    [InlineData("__Host-gateway =evil; Path=/; Secure")] // user agents trim the name (RFC 6265 section 5.2)
    [InlineData("\t__Host-gateway=evil")]
    [InlineData("=__Host-gateway=evil; Path=/")]         // nameless: sent back as if it had that name
    [InlineData("__Host-gateway=; Max-Age=0")]           // logs the user out
    public async Task Backend_cannot_set_our_cookie(string cookie)
    {
        gateway.Backend.Answer("/open/cookies", $"HTTP/1.1 200 OK\r\nSet-Cookie: first=1; Path=/\r\nSet-Cookie: {cookie}\r\nSet-Cookie: last=2\r\nContent-Length: 0\r\n\r\n");

        var answer = await gateway.RawAsync("GET /open/cookies");

        Assert.Equal(["first=1; Path=/", "last=2"], answer.Headers.Every("Set-Cookie"));
    }

    [Theory]
    [InlineData("__host-gateway=1")]
    [InlineData("__Host-gateway2=1")]
    [InlineData("x=__Host-gateway=1")]
    public async Task Cookie_of_the_backend_that_only_resembles_ours_passes(string cookie)
    {
        gateway.Backend.Answer("/open/cookies", $"HTTP/1.1 200 OK\r\nSet-Cookie: {cookie}\r\nContent-Length: 0\r\n\r\n");

        var answer = await gateway.RawAsync("GET /open/cookies");

        Assert.Equal(cookie, answer.Headers["Set-Cookie"]);
    }

    [Fact]
    public async Task Backend_that_is_down_is_unreachable()
    {
        var response = await gateway.Anonymous().GetAsync("/down/1");

        await response.AssertRefusedAsync(502, "backend_unreachable");
    }

    [Fact]
    public async Task Backend_that_hangs_up_is_unreachable()
    {
        gateway.Backend.Answer("/open/hangup", (_, stream) =>
        {
            stream.Close();
            return Task.CompletedTask;
        });

        var response = await gateway.Anonymous().PostAsync("/open/hangup", new StringContent("x"));

        await response.AssertRefusedAsync(502, "backend_unreachable");
    }

    [Fact]
    public async Task Backend_that_talks_nonsense_is_unreachable()
    {
        gateway.Backend.Answer("/open/nonsense", "SSH-2.0-OpenSSH_9.2\r\n\r\n");

        var response = await gateway.Anonymous().GetAsync("/open/nonsense");

        await response.AssertRefusedAsync(502, "backend_unreachable");
    }

    [Fact]
    public async Task Backend_that_talks_nonsense_is_not_quoted_in_the_log()
    {
        gateway.Backend.Answer("/open/quoted", "HTTP/1.1 200 OK\r\nforged\u001b[2J line\r\n\r\n");

        await gateway.Anonymous().GetAsync("/open/quoted");

        var line = Assert.Single(gateway.Log.At(LogLevel.Warning));
        Assert.Contains("open", line);
        Assert.DoesNotContain("forged", line);
    }

    [Fact]
    public async Task Headers_of_an_answer_that_failed_are_not_ours()
    {
        gateway.Backend.Answer("/open/switch", "HTTP/1.1 101 Switching Sides\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nX-Backend: yes\r\n\r\n");

        var answer = await gateway.RawAsync("GET /open/switch");

        answer.AssertRefused(502, "backend_unreachable");
        Assert.Equal("HTTP/1.1 502 Bad Gateway", answer.StatusLine);
        Assert.Null(answer.Headers["Upgrade"]);
        Assert.Null(answer.Headers["X-Backend"]);
    }

    [Theory]
    [InlineData("\"cookies\"", null)]
    [InlineData("\"*\"", null)]
    [InlineData("\"cache\", \"cookies\", \"storage\"", "\"cache\",\"storage\"")]
    [InlineData("\"cache\"", "\"cache\"")]
    public async Task Backend_cannot_clear_our_cookie(string sent, string? received)
    {
        gateway.Backend.Answer("/open/clear", $"HTTP/1.1 200 OK\r\nClear-Site-Data: {sent}\r\nContent-Length: 0\r\n\r\n");

        var answer = await gateway.RawAsync("GET /open/clear");

        Assert.Equal(received, answer.Headers.Has("Clear-Site-Data") ? string.Join(',', answer.Headers.Every("Clear-Site-Data")) : null);
    }

    [Fact]
    public async Task Backend_that_does_not_answer_in_time_timed_out()
    {
        gateway.Backend.Answer("/slow/1", (_, _) => Task.Delay(Timeout.Infinite, TestContext.Current.CancellationToken));

        var response = await gateway.Anonymous().GetAsync("/slow/1");

        await response.AssertRefusedAsync(504, "backend_timeout");
    }

    [Fact]
    public async Task Backend_that_is_down_tells_a_stranger_nothing_of_its_address()
    {
        var response = await gateway.Anonymous().GetAsync("/down/1");

        var problem = await response.AssertRefusedAsync(502, "backend_unreachable");
        Assert.DoesNotContain("127.0.0.1", problem.ToJsonString());
    }
}
