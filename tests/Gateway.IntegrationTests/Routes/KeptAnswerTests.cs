using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.IntegrationTests.Routes;

public sealed class KeptAnswerGateway : TestGateway
{
    public Uri HttpTwoUrl => new(Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Last());

    protected override void Configure(SettingsFile settings) => settings
        .Set("Kestrel:Endpoints:first:Url", "http://127.0.0.1:0")
        .Set("Kestrel:Endpoints:second:Url", "http://127.0.0.1:0")
        .Set("Kestrel:Endpoints:second:Protocols", "Http2")
        .Set("Gateway:Policies:welcome", new JsonObject { ["Anonymous"] = true })
        .Route("welcome", "/welcome/{**rest}", "welcome")
        .Route("cached", "/cached/{**rest}", metadata: new() { ["CacheControl"] = "backend" })
        .Route("bare", "/bare/{**rest}", metadata: new() { ["SetCookie"] = "remove" });
}

/// <summary>What a backend said to somebody is not kept for anybody, and its headers say no more of it than they must.</summary>
public sealed class KeptAnswerTests(KeptAnswerGateway gateway) : GatewayTests<KeptAnswerGateway>(gateway)
{
    [Theory]
    [InlineData("/orders/kept", true, "", "private, no-store")]
    [InlineData("/orders/kept", true, "Cache-Control: public, max-age=60\r\n", "public, max-age=60")]
    [InlineData("/orders/kept", true, "Cache-Control:\r\n", "private, no-store")]
    [InlineData("/cached/kept", true, "", null)]
    [InlineData("/welcome/kept", true, "", "private, no-store")]
    [InlineData("/welcome/kept", false, "", null)]
    [InlineData("/open/kept", true, "", null)]
    public async Task Answer_to_somebody_is_kept_by_nobody_unless_the_backend_says_so(string path, bool signedIn, string said, string? received)
    {
        gateway.Backend.Answer(path, $"HTTP/1.1 200 OK\r\n{said}Content-Length: 0\r\n\r\n");

        var answer = await GetAsync(path, signedIn);

        Assert.Equal(received, answer.Headers["Cache-Control"]);
    }

    [Fact]
    public async Task Refusal_of_the_backend_is_kept_by_nobody_either()
    {
        gateway.Backend.Answer("/orders/refused", "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");

        Assert.Equal("private, no-store", (await GetAsync("/orders/refused", signedIn: true)).Headers["Cache-Control"]);
    }

    [Theory]
    [InlineData("/open/server")]
    [InlineData("/orders/server")]
    public async Task Nobody_is_told_which_server_answers(string path)
    {
        gateway.Backend.Answer(path, "HTTP/1.1 200 OK\r\nServer: Apache/2.4.1 (old)\r\nX-Backend: yes\r\nContent-Length: 0\r\n\r\n");

        var answer = await GetAsync(path, signedIn: true);

        Assert.Equal((false, "yes"), (answer.Headers.Has("Server"), answer.Headers["X-Backend"]));
        Assert.False((await gateway.RawAsync("GET /auth/me")).Headers.Has("Server"));
    }

    [Fact]
    public async Task Backend_sets_no_cookie_at_all_where_the_route_says_so()
    {
        gateway.Backend.Answer("/bare/1", "HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Length: 0\r\n\r\n");

        Assert.False((await GetAsync("/bare/1", signedIn: true)).Headers.Has("Set-Cookie"));
    }

    // The client that forwards reads no such field there (RFC 9110 section 6.5.1).
    [Fact]
    public async Task Cookie_after_the_body_is_none()
    {
        gateway.Backend.Answer("/open/late", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: Set-Cookie, X-Sum\r\n\r\n2\r\nok\r\n0\r\nSet-Cookie: __Host-gateway=evil\r\nX-Sum: 1\r\n\r\n");
        var request = new HttpRequestMessage(HttpMethod.Get, new Uri(gateway.HttpTwoUrl, "/open/late")) { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };

        using var response = await gateway.Anonymous().SendAsync(request);

        Assert.Equal("ok", await response.Content.ReadAsStringAsync());
        Assert.Equal(["x-sum"], response.TrailingHeaders.Select(header => header.Key));
    }

    private async Task<RawAnswer> GetAsync(string path, bool signedIn) =>
        await gateway.RawAsync("GET " + path, signedIn ? [$"Authorization: Bearer {(await gateway.KeptAsync("anna")).Session.AccessToken}"] : []);
}
