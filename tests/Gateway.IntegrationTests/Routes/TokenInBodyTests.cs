using System.Net.Http.Headers;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Gateway.IntegrationTests.Routes;

public sealed class BodyGateway : TestGateway
{
    public Uri HttpTwoUrl => new(Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Last());

    protected override void Configure(SettingsFile settings) => settings
        .Set("Kestrel:Endpoints:first:Url", "http://127.0.0.1:0")
        .Set("Kestrel:Endpoints:second:Url", "http://127.0.0.1:0")
        .Set("Kestrel:Endpoints:second:Protocols", "Http2")
        .Route("forms", "/forms/{**rest}", metadata: new() { ["Credentials"] = "bearer,body" })
        .Route("free", "/free/{**rest}", "anonymous", metadata: new() { ["Credentials"] = "body" });
}

/// <summary>A token in the body, on a route that takes one, and a backend that gets every byte of it.</summary>
public sealed class TokenInBodyTests(BodyGateway gateway) : GatewayTests<BodyGateway>(gateway)
{
    private const string Form = "application/x-www-form-urlencoded", Json = "application/json";

    public static TheoryData<string, string> Bodies => new()
    {
        { Form, "a=%2F+x&token={token}&b=%E9;;&" },
        { Form, "access_token={token}" },
        { Form + "; charset=UTF-8", "%74oken={token}" },
        { Json, """{ "a": [1, {"token": 2}],  "token": "{token}", "é": 1.0e5 }""" },
        { Json + ";charset=\"utf-8\"", """{"\u0074oken":"{token}"}""" },
    };

    [Theory]
    [MemberData(nameof(Bodies))]
    public async Task Token_in_the_body_counts_and_the_backend_gets_every_byte(string type, string body)
    {
        var sent = body.Replace("{token}", await TokenAsync());

        foreach (var chunked in (bool[])[false, true])
        {
            gateway.Backend.Forget();
            var answer = await PostAsync("/forms/1", type, sent, chunked);

            Assert.Equal(200, answer.Status);
            Assert.Equal(("anna", sent, type), (gateway.Backend.Request.Headers["X-User-Name"], gateway.Backend.Request.Text, gateway.Backend.Request.Headers["Content-Type"]));
            Assert.Equal(chunked ? null : $"{Encoding.UTF8.GetByteCount(sent)}", gateway.Backend.Request.Headers["Content-Length"]);
        }
    }

    [Fact]
    public async Task Token_in_the_body_counts_over_http_2()
    {
        var sent = $"a=1&token={await TokenAsync()}";
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(gateway.HttpTwoUrl, "/forms/1"))
        {
            Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact, Content = new StringContent(sent, new MediaTypeHeaderValue(Form)),
        };

        var response = await gateway.Anonymous().SendAsync(request);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(("anna", sent), (gateway.Backend.Request.Headers["X-User-Name"], gateway.Backend.Request.Text));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Body_of_64_kb_is_forwarded_and_a_byte_more_is_refused(bool chunked)
    {
        var token = await TokenAsync();
        var most = $"token={token}&a=".PadRight(64 * 1024, 'x');

        Assert.Equal(200, (await PostAsync("/forms/1", Form, most, chunked)).Status);
        (await PostAsync("/forms/1", Form, most + "x", chunked)).AssertRefused(413, "request_refused");

        Assert.Equal(most, gateway.Backend.Request.Text);
    }

    [Theory]
    [InlineData(Form, "token={token}&token={token}")]
    [InlineData(Form, "token={token}&access_token={token}")]
    [InlineData(Form, "token={token}&a=%zz")]
    [InlineData(Form + "; charset=utf-16", "token={token}")]
    [InlineData(Json, """{"token":"{token}","token":"{token}"}""")]
    [InlineData(Json, """{"token":"{token}"} x""")]
    [InlineData(Json, """{"token":"{token}","a":{"b":1,"b":2}}""")]
    public async Task Body_that_can_be_read_in_two_ways_is_refused(string type, string body)
    {
        var answer = await PostAsync("/forms/1", type, body.Replace("{token}", await TokenAsync()));

        answer.AssertRefused(400, "invalid_request");
        Assert.Empty(gateway.Backend.Requests);
    }

    [Theory]
    [InlineData("anna")]
    [InlineData("berta")]
    public async Task Token_in_the_body_beside_one_in_the_header_is_one_too_many_even_if_equal(string other)
    {
        var second = (await gateway.KeptAsync(other)).Session.AccessToken;

        var answer = await PostAsync("/forms/1", Form, $"token={await TokenAsync()}", chunked: false, $"Authorization: Bearer {second}");

        answer.AssertRefused(400, "invalid_request");
        Assert.Empty(gateway.Backend.Requests);
    }

    [Theory]
    [InlineData("/orders/1", Form, "token={token}")]                       // no route of that kind
    [InlineData("/forms/1", "multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=token\r\n\r\n{token}\r\n--x--\r\n")]
    [InlineData("/forms/1", "text/plain", "token={token}")]
    [InlineData("/forms/1", Json, """{"nested":{"token":"{token}"}}""")]
    [InlineData("/forms/1", Json, "[\"{token}\"]")]
    [InlineData("/forms/1", Form, "")]
    public async Task Elsewhere_it_is_no_credential(string path, string type, string body)
    {
        var answer = await PostAsync(path, type, body.Replace("{token}", await TokenAsync()));

        answer.AssertRefused(401, "token_missing");
        Assert.Empty(gateway.Backend.Requests);
    }

    [Fact]
    public async Task Body_that_another_reader_would_unpack_is_refused()
    {
        var compressed = await PostAsync("/forms/1", Form, $"token={await TokenAsync()}", chunked: false, "Content-Encoding: gzip");
        var twofold = await PostAsync("/forms/1", Form, $"token={await TokenAsync()}", chunked: false, "Content-Type: text/plain");

        compressed.AssertRefused(400, "invalid_request");
        twofold.AssertRefused(400, "invalid_request");
        Assert.Empty(gateway.Backend.Requests);
    }

    // What is not read need not fit: an upload of any size passes beside a token in the header.
    [Fact]
    public async Task Body_of_another_kind_is_not_read_and_has_no_limit()
    {
        var large = new string('x', 200_000);

        var answer = await PostAsync("/forms/1", "application/octet-stream", large, chunked: true, $"Authorization: Bearer {await TokenAsync()}");

        Assert.Equal((200, large.Length), (answer.Status, gateway.Backend.Request.Body.Length));
    }

    [Fact]
    public async Task Route_for_anybody_reads_no_body()
    {
        var answer = await PostAsync("/free/1", Json, "{ not json");

        Assert.Equal((200, "{ not json"), (answer.Status, gateway.Backend.Request.Text));
    }

    [Fact]
    public async Task Ended_session_ends_its_token_in_the_body_too()
    {
        var berta = await gateway.SignInAsync("berta");
        var body = $"token={berta.Session.AccessToken}";
        Assert.Equal(200, (await PostAsync("/forms/1", Form, body)).Status);

        await berta.PostAsync("/auth/logout", null);

        (await PostAsync("/forms/1", Form, body)).AssertRefused(401, "token_revoked");
        Assert.Single(gateway.Backend.Requests);
    }

    [Theory]
    [InlineData("garbage")]
    [InlineData("")]
    public async Task Broken_token_in_the_body_is_invalid_like_any_other(string token) =>
        (await PostAsync("/forms/1", Form, $"token={token}")).AssertRefused(401, "token_invalid");

    [Fact]
    public async Task Client_that_waits_to_be_asked_for_the_body_is_asked()
    {
        var body = $"token={await TokenAsync()}";
        using var client = await RawConnection.OpenAsync(gateway.Url);

        await client.SendAsync($"POST /forms/1 HTTP/1.1\r\nHost: a\r\nContent-Type: {Form}\r\nContent-Length: {body.Length}\r\nExpect: 100-continue\r\n\r\n");
        var first = await client.ReadHeadAsync();
        await client.SendAsync(body);
        var second = await client.ReadHeadAsync();

        Assert.Equal(("HTTP/1.1 100 Continue", "HTTP/1.1 200 OK"), (first![0], second![0]));
        Assert.Equal((body, false), (gateway.Backend.Request.Text, gateway.Backend.Request.Headers.Has("Expect")));
    }

    // Whose fault it is decides what is logged: GatewayTests fails at an error in the log. Kestrel may warn of its own accord.
    [Theory]
    [InlineData("Content-Length: 100\r\n\r\ntoken=", false)]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n64\r\ntoken=", true)]
    [InlineData("Transfer-Encoding: chunked\r\n\r\nzz\r\ntoken=", false)]
    public async Task Client_that_leaves_within_the_body_is_no_error_of_ours(string rest, bool reset)
    {
        using (var client = await RawConnection.OpenAsync(gateway.Url))
        {
            await client.SendAsync($"POST /forms/1 HTTP/1.1\r\nHost: a\r\nContent-Type: {Form}\r\n{rest}");
            if (reset)
                client.Reset();
        }

        Assert.Equal(200, (await PostAsync("/forms/1", Form, $"token={await TokenAsync()}")).Status);
        Assert.Single(gateway.Backend.Requests);
        Assert.DoesNotContain(gateway.Log.At(LogLevel.Warning), entry => entry.StartsWith("Gateway.", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Websocket_through_such_a_route_is_opened_as_ever()
    {
        var answer = await RawHttp.SendAsync(gateway.Url, $"GET /forms/ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nContent-Type: {Json}\r\nAuthorization: Bearer {await TokenAsync()}\r\n\r\n");

        Assert.Equal(101, answer.Status);
    }

    private async Task<string> TokenAsync() => (await gateway.KeptAsync("anna")).Session.AccessToken;

    private Task<RawAnswer> PostAsync(string path, string type, string body, bool chunked = false, params string[] headers)
    {
        var bytes = Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(body));
        var half = bytes.Length / 2;
        var framed = !chunked ? $"Content-Length: {bytes.Length}\r\n\r\n{bytes}"
            : $"Transfer-Encoding: chunked\r\n\r\n{string.Concat(((string[])[bytes[..half], bytes[half..]]).Where(part => part.Length > 0).Select(part => $"{part.Length:x}\r\n{part}\r\n"))}0\r\n\r\n";
        return RawHttp.SendAsync(gateway.Url, $"POST {path} HTTP/1.1\r\nHost: {gateway.Url.Authority}\r\nConnection: close\r\nContent-Type: {type}\r\n{string.Concat(headers.Select(header => header + "\r\n"))}{framed}");
    }
}
