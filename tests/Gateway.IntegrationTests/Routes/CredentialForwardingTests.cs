namespace Gateway.IntegrationTests.Routes;

public sealed class ForwardingGateway : TestGateway
{
    protected override void Configure(SettingsFile settings) => settings
        .Route("legacy", "/legacy/{**rest}", metadata: new() { ["Authorization"] = "forward", ["Credentials"] = "x-access-token,cookie" })
        .Route("programs", "/programs/{**rest}", metadata: new() { ["Credentials"] = "bearer" })
        .Set("Gateway:Policies:welcome", new JsonObject { ["Anonymous"] = true })
        .Route("welcome", "/welcome/{**rest}", "welcome");
}

/// <summary>What proves an identity to us is no backend's business.</summary>
public sealed class CredentialForwardingTests(ForwardingGateway gateway) : GatewayTests<ForwardingGateway>(gateway)
{
    [Theory]
    [InlineData("Authorization: Bearer {token}")]
    [InlineData("x-access-token: {token}")]
    [InlineData("X-Access-Token: {token}")]
    [InlineData("Cookie: {cookie}")]
    public async Task Credential_that_counts_is_not_forwarded(string header)
    {
        await SendAsync("GET /orders/1", header);

        AssertNoCredential();
        Assert.Equal("anna", gateway.Backend.Request.Headers["X-User-Name"]);
    }

    [Theory]
    [InlineData("Authorization: Bearer {token}")]
    [InlineData("Authorization: Basic dXNlcjpwYXNz")]
    [InlineData("x-access-token: {token}")]
    [InlineData("Cookie: {cookie}")]
    [InlineData("Authorization: Bearer broken")]
    [InlineData("Cookie: __Host-gateway=broken")]
    [InlineData("Authorization: Bearer {token}|x-access-token: {token}|Cookie: {cookie}; {cookie}")]
    public async Task Anonymous_route_reads_no_credential_and_forwards_none(string headers)
    {
        var answer = await SendAsync("GET /open/1", headers.Split('|'));

        Assert.Equal(200, answer.Status);
        AssertNoCredential();
        Assert.DoesNotContain(gateway.Backend.Request.Headers.All, header => header.Name.StartsWith("X-User", StringComparison.OrdinalIgnoreCase));
        Assert.False(gateway.Backend.Request.Headers.Has("X-Session-Id"));
        Assert.False(gateway.Backend.Request.Headers.Has("X-Token-Id"));
    }

    [Fact]
    public async Task Welcome_route_forwards_no_credential_either()
    {
        await SendAsync("GET /welcome/1", "Authorization: Bearer {token}");

        AssertNoCredential();
        Assert.Equal("anna", gateway.Backend.Request.Headers["X-User-Name"]);
    }

    [Theory]
    [InlineData("Basic dXNlcjpwYXNz")]
    [InlineData("Bearer the-backends-own-token")]
    public async Task Authorization_of_the_backend_is_forwarded_where_the_route_says_so(string authorization)
    {
        await SendAsync("GET /legacy/1", "Cookie: {cookie}", $"Authorization: {authorization}");

        Assert.Equal(authorization, gateway.Backend.Request.Headers["Authorization"]);
        Assert.Equal("anna", gateway.Backend.Request.Headers["X-User-Name"]);
    }

    [Fact]
    public async Task Forwarded_authorization_proves_nothing_to_us()
    {
        var answer = await SendAsync("GET /legacy/1", "Authorization: Bearer {token}");

        answer.AssertRefused(401, "token_missing");
        Assert.Empty(gateway.Backend.Requests);
    }

    [Theory]
    [InlineData("x-access-token: {token}")]
    [InlineData("Cookie: {cookie}")]
    public async Task Credential_that_the_route_does_not_take_counts_for_nothing(string header)
    {
        var answer = await SendAsync("GET /programs/1", header);

        answer.AssertRefused(401, "token_missing");
        Assert.Empty(gateway.Backend.Requests);
    }

    [Fact]
    public async Task Credential_that_the_route_does_not_take_is_not_forwarded_beside_one_that_counts()
    {
        var answer = await SendAsync("GET /programs/1", "Authorization: Bearer {token}", "x-access-token: {token}", "Cookie: {cookie}; kept=1");

        Assert.Equal(200, answer.Status);
        Assert.False(gateway.Backend.Request.Headers.Has("x-access-token"));
        Assert.Equal("kept=1", gateway.Backend.Request.Headers["Cookie"]);
    }

    [Theory]
    [InlineData("a=1")]
    [InlineData("a=1; b=2; a=3")]
    [InlineData("q=\"quoted value\"; e=; =nameless; flag")]
    [InlineData("p=%41%2f+ ~!#$&'()*/:<=>?@[]^`{|}")]
    [InlineData("a=1;b=2;  c=3")]
    [InlineData("x__Host-gateway=1; __Host-gateway2=2; __host-gateway=3")]
    public async Task Other_cookies_reach_the_backend_as_they_came(string cookies)
    {
        await SendAsync("GET /open/1", $"Cookie: {cookies}");
        await SendAsync("GET /orders/1", "Authorization: Bearer {token}", $"Cookie: {cookies}");

        Assert.All(gateway.Backend.Requests, request => Assert.Equal(cookies, request.Headers["Cookie"]));
        Assert.Equal(2, gateway.Backend.Requests.Count);
    }

    [Theory]
    [InlineData("{cookie}; a=1; b=%20", "a=1; b=%20")]
    [InlineData("a=1; {cookie}; b=%20", "a=1; b=%20")]
    [InlineData("a=1; b=%20; {cookie}", "a=1; b=%20")]
    [InlineData("a=\"1\";{cookie};b=2", "a=\"1\";b=2")]
    public async Task Our_cookie_is_taken_from_among_the_others(string sent, string received)
    {
        await SendAsync("GET /orders/1", $"Cookie: {sent}");

        Assert.Equal(received, gateway.Backend.Request.Headers["Cookie"]);
    }

    [Fact]
    public async Task Our_cookie_is_taken_from_a_second_cookie_header()
    {
        await SendAsync("GET /orders/1", "Cookie: a=1", "Cookie: {cookie}", "Cookie: b=2");

        var cookies = string.Join("; ", gateway.Backend.Request.Headers.Every("Cookie"));
        Assert.Equal("a=1; b=2", cookies);
    }

    private async Task<RawAnswer> SendAsync(string line, params string[] headers)
    {
        var anna = await gateway.KeptAsync("anna");
        var browser = await gateway.KeptWithCookieAsync("anna");
        return await gateway.RawAsync(line, [.. headers.Select(header => header.Replace("{token}", anna.Session.AccessToken).Replace("{cookie}", browser.Cookie))]);
    }

    private void AssertNoCredential()
    {
        var headers = gateway.Backend.Request.Headers;
        Assert.All(["Authorization", "X-Access-Token", "Cookie"], name => Assert.False(headers.Has(name), $"{name} went to the backend"));
        Assert.DoesNotContain("eyJ", headers.ToString());
    }
}
