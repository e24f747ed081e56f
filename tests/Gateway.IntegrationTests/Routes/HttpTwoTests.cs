using System.Net.WebSockets;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.IntegrationTests.Routes;

/// <summary>A gateway with a second endpoint that speaks HTTP/2 without TLS, as a mesh does.</summary>
public sealed class HttpTwoGateway : TestGateway
{
    public Uri HttpTwoUrl => new(Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Last());

    protected override void Configure(SettingsFile settings) => settings
        .Set("Kestrel:Endpoints:first:Url", "http://127.0.0.1:0")
        .Set("Kestrel:Endpoints:second:Url", "http://127.0.0.1:0")
        .Set("Kestrel:Endpoints:second:Protocols", "Http2")
        .Route("read", "/read/{**rest}").Set("ReverseProxy:Routes:read:Match:Methods:0", "GET")
        .Route("all else", "/read/{**rest}", "anonymous").Set("ReverseProxy:Routes:all else:Order", 1);
}

/// <summary>The gate holds over HTTP/2 as well, where a WebSocket is opened by CONNECT.</summary>
public sealed class HttpTwoTests(HttpTwoGateway gateway) : GatewayTests<HttpTwoGateway>(gateway)
{
    [Fact]
    public async Task Request_over_http_2_is_judged_and_forwarded()
    {
        var anna = await gateway.KeptAsync("anna");

        var passed = await GetAsync("/orders/1", ("Authorization", $"Bearer {anna.Session.AccessToken}"));
        var refused = await GetAsync("/orders/1");

        Assert.Equal((HttpVersion.Version20, HttpStatusCode.OK), (passed.Version, passed.StatusCode));
        await refused.AssertRefusedAsync(401, "token_missing");
        Assert.Equal("anna", gateway.Backend.Request.Headers["X-User-Name"]);
    }

    [Fact]
    public async Task Two_credentials_are_refused_in_two_cookie_fields_too()
    {
        var (anna, berta) = (await gateway.KeptWithCookieAsync("anna"), await gateway.KeptWithCookieAsync("berta"));

        var response = await GetAsync("/orders/1", ("Cookie", anna.Cookie), ("Cookie", berta.Cookie));

        await response.AssertRefusedAsync(400, "invalid_request");
        Assert.Empty(gateway.Backend.Requests);
    }

    [Fact]
    public async Task Websocket_by_connect_passes_with_the_identity_of_who_opened_it()
    {
        var anna = await gateway.KeptAsync("anna");

        using var socket = await OpenAsync(("Authorization", $"Bearer {anna.Session.AccessToken}"));
        await socket.SendAsync("hello"u8.ToArray(), WebSocketMessageType.Text, endOfMessage: true, default);
        var buffer = new byte[16];
        var message = await socket.ReceiveAsync(buffer, default);

        Assert.Equal("hello", Encoding.UTF8.GetString(buffer, 0, message.Count));
        Assert.Equal("anna", gateway.Backend.Request.Headers["X-User-Name"]);
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, default);
    }

    [Theory]
    [InlineData("Sec-Fetch-Site", "cross-site")]
    [InlineData("Origin", "https://evil.example")]
    [InlineData("Accept", "*/*")]
    public async Task Cross_site_websocket_hijacking_by_connect_is_refused(string header, string value)
    {
        var anna = await gateway.KeptWithCookieAsync("anna");

        var refusal = await Assert.ThrowsAsync<WebSocketException>(() => OpenAsync(("Cookie", anna.Cookie), (header, value)));

        Assert.Contains("403", refusal.Message);
        Assert.Empty(gateway.Backend.Requests);
    }

    private async Task<HttpResponseMessage> GetAsync(string path, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, new Uri(gateway.HttpTwoUrl, path)) { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        return await gateway.Anonymous().SendAsync(request);
    }

    private async Task<ClientWebSocket> OpenAsync(params (string Name, string Value)[] headers)
    {
        var socket = new ClientWebSocket { Options = { HttpVersion = HttpVersion.Version20, HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact } };
        foreach (var (name, value) in headers)
            socket.Options.SetRequestHeader(name, value);
        using var handler = new HttpMessageInvoker(new SocketsHttpHandler { UseCookies = false }, disposeHandler: false);
        await socket.ConnectAsync(new UriBuilder(gateway.HttpTwoUrl) { Scheme = "ws", Path = "/orders/ws" }.Uri, handler, default);
        return socket;
    }
}
