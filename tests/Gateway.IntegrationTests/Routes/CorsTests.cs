namespace Gateway.IntegrationTests.Routes;

/// <summary>Pages of other origins: nothing by default, what the operator names by configuration, and questions are answered by the gateway alone.</summary>
public sealed class CorsTests(CorsTests.Sharing gateway) : GatewayTests<CorsTests.Sharing>(gateway)
{
    private const string App = "https://app.example.com";

    public sealed class Sharing : TestGateway
    {
        protected override void Configure(SettingsFile settings) => settings
            .Set("Gateway:Cors:app:Origins:0", App).Set("Gateway:Cors:app:Methods:0", "GET").Set("Gateway:Cors:app:Methods:1", "PUT")
            .Set("Gateway:Cors:app:Headers:0", "Authorization").Set("Gateway:Cors:app:MaxAge", "00:05:00")
            .Set("Gateway:Cors:trusted:Origins:0", App).Set("Gateway:Cors:trusted:Methods:0", "PUT").Set("Gateway:Cors:trusted:Credentials", true)
            .Set("Gateway:Cors:all:Origins:0", "*")
            .Route("put-besides", "/put/{**rest}").Set("ReverseProxy:Routes:put-besides:CorsPolicy", "app")
            .Route("shared", "/shared/{**rest}").Set("ReverseProxy:Routes:shared:CorsPolicy", "app")
            .Route("put", "/put/{**rest}").Set("ReverseProxy:Routes:put:CorsPolicy", "app").Set("ReverseProxy:Routes:put:Match:Methods:0", "PUT")
            .Route("trusted", "/trusted/{**rest}").Set("ReverseProxy:Routes:trusted:CorsPolicy", "trusted")
            .Route("all", "/all/{**rest}", "anonymous").Set("ReverseProxy:Routes:all:CorsPolicy", "all");
    }

    [Theory]
    [InlineData("/shared/1")]
    [InlineData("/put/1")] // which takes no OPTIONS
    public async Task Preflight_of_a_named_origin_is_answered_without_credential_and_backend(string path)
    {
        var answer = await PreflightAsync(path, App, "PUT", "authorization");

        Assert.Equal(204, answer.Status);
        Assert.Equal(App, answer.Headers["Access-Control-Allow-Origin"]);
        Assert.Contains("PUT", answer.Headers["Access-Control-Allow-Methods"]);
        Assert.Contains("authorization", answer.Headers["Access-Control-Allow-Headers"], StringComparison.OrdinalIgnoreCase);
        Assert.Equal("300", answer.Headers["Access-Control-Max-Age"]);
        Assert.False(answer.Headers.Has("Access-Control-Allow-Credentials"));
        Assert.Empty(gateway.Backend.Requests);
    }

    [Theory]
    [InlineData("https://evil.example", "PUT", "")]
    [InlineData("https://app.example.com.evil.example", "PUT", "")]
    [InlineData("http://app.example.com", "PUT", "")]
    [InlineData("https://app.example.com:8443", "PUT", "")]
    [InlineData("null", "PUT", "")]
    [InlineData(App, "DELETE", "")]
    [InlineData(App, "PUT", "x-evil")]
    public async Task Preflight_of_anything_else_allows_nothing(string origin, string method, string header)
    {
        var answer = await PreflightAsync("/shared/1", origin, method, header);

        var isAllowed = answer.Headers.Has("Access-Control-Allow-Origin")
            && $"{answer.Headers["Access-Control-Allow-Methods"]}".Contains(method)
            && $"{answer.Headers["Access-Control-Allow-Headers"]}".Contains(header, StringComparison.OrdinalIgnoreCase);
        Assert.False(isAllowed, answer.Headers.ToString());
        Assert.Empty(gateway.Backend.Requests);
    }

    [Theory]
    [InlineData("Origin: https://app.example.com")] // asks for nothing
    [InlineData("Access-Control-Request-Method: PUT")] // asks for nobody
    public async Task Options_that_is_no_preflight_is_judged_as_any_request(string header)
    {
        var answer = await gateway.RawAsync("OPTIONS /shared/1", header);

        answer.AssertRefused(401, "token_missing");
        Assert.Empty(gateway.Backend.Requests);
    }

    [Theory]
    [InlineData("/orders/1")]
    [InlineData("/auth/me")]
    [InlineData("/auth/login")]
    public async Task Without_a_policy_there_is_no_sharing(string path)
    {
        var preflight = await PreflightAsync(path, App, "PUT", "");
        var anna = await gateway.KeptAsync("anna");
        var answer = await gateway.RawAsync($"GET {path}", $"Origin: {App}", $"Authorization: Bearer {anna.Session.AccessToken}");

        Assert.DoesNotContain("Access-Control", preflight.Headers.ToString());
        Assert.DoesNotContain("Access-Control", answer.Headers.ToString());
    }

    [Fact]
    public async Task Answer_is_shared_whatever_the_backend_says_of_it()
    {
        var anna = await gateway.KeptAsync("anna");
        gateway.Backend.Answer("/shared/own", "HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: *\r\nAccess-Control-Allow-Credentials: true\r\nContent-Length: 0\r\n\r\n");

        var answer = await gateway.RawAsync("GET /shared/own", $"Origin: {App}", $"Authorization: Bearer {anna.Session.AccessToken}");

        Assert.Equal(200, answer.Status);
        Assert.Equal(App, answer.Headers["Access-Control-Allow-Origin"]);
        Assert.False(answer.Headers.Has("Access-Control-Allow-Credentials"));
    }

    [Fact]
    public async Task Backend_of_a_protected_route_cannot_share_what_the_operator_does_not()
    {
        var anna = await gateway.KeptAsync("anna");
        gateway.Backend.Answer("/orders/own", $"HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: {App}\r\nAccess-Control-Allow-Credentials: true\r\nContent-Length: 0\r\n\r\n");
        gateway.Backend.Answer("/open/own", "HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: *\r\nContent-Length: 0\r\n\r\n");

        var kept = await gateway.RawAsync("GET /orders/own", $"Origin: {App}", $"Authorization: Bearer {anna.Session.AccessToken}");
        var open = await gateway.RawAsync("GET /open/own", $"Origin: {App}");

        Assert.DoesNotContain("Access-Control", kept.Headers.ToString());
        Assert.Equal("*", open.Headers["Access-Control-Allow-Origin"]); // nobody's in particular
    }

    [Theory]
    [InlineData("Origin: https://app.example.com")]
    [InlineData("Origin: https://evil.example")]
    [InlineData("Accept: */*")]
    public async Task Cache_is_told_that_the_answer_depends_on_the_origin(string header)
    {
        var answer = await gateway.RawAsync("GET /shared/1", header);

        Assert.Equal("Origin", answer.Headers["Vary"]);
    }

    [Fact]
    public async Task Refusal_can_be_read_by_the_page_too()
    {
        var answer = await gateway.RawAsync("GET /shared/1", $"Origin: {App}");

        answer.AssertRefused(401, "token_missing");
        Assert.Equal(App, answer.Headers["Access-Control-Allow-Origin"]);
    }

    [Theory]
    [InlineData("/trusted/1", App, "same-site", 200)]
    [InlineData("/trusted/1", "https://evil.example", "same-site", 403)]
    [InlineData("/shared/1", App, "same-site", 403)] // its policy shares no credentials
    [InlineData("/trusted/1", App, "same-site", 403, "POST")] // which is not among its methods, and a page need not ask for it
    public async Task Cookie_counts_from_another_origin_only_where_the_policy_says_credentials(string path, string origin, string site, int status, string method = "PUT")
    {
        var anna = await gateway.KeptWithCookieAsync("anna");

        var answer = await gateway.RawAsync($"{method} {path}", $"Origin: {origin}", $"Sec-Fetch-Site: {site}", $"Cookie: {anna.Cookie}", "Content-Length: 0");

        Assert.Equal(status, answer.Status);
    }

    [Fact]
    public async Task Everybody_is_everybody_without_credentials()
    {
        var answer = await gateway.RawAsync("GET /all/1", "Origin: https://anybody.example");

        Assert.Equal("*", answer.Headers["Access-Control-Allow-Origin"]);
        Assert.False(answer.Headers.Has("Access-Control-Allow-Credentials"));
    }

    [Theory]
    [InlineData("Gateway:Cors:app:Origins:0", "https://app.example.com/", "is not an origin")]
    [InlineData("Gateway:Cors:app:Origins:0", "https://App.example.com", "is not an origin")]
    [InlineData("Gateway:Cors:app:Origins:0", "https://app.example.com:443", "is not an origin")]
    [InlineData("Gateway:Cors:app:Origins:0", "app.example.com", "is not an origin")]
    [InlineData("Gateway:Cors:app:Origins:0", "null", "is not an origin")]
    [InlineData("Gateway:Cors:app:Methods:0", "*", "is not a name")]
    [InlineData("Gateway:Cors:app:Headers:0", "*", "is not a name")]
    [InlineData("Gateway:Cors:app:MaxAge", "2.00:00:00", "between 00:00:00 and 1.00:00:00")]
    [InlineData("Gateway:Cors:app:Origin", "https://app.example.com", "did you mean 'Origins'")]
    [InlineData("ReverseProxy:Routes:open:CorsPolicy", "ap", "did you mean 'app'")]
    public async Task Sharing_that_is_not_what_it_seems_is_refused_at_the_start(string key, string value, string words)
    {
        var refusal = await TestGateway.RefusedStartAsync(settings => settings.Set("Gateway:Cors:app:Origins:0", App).Set(key, value));

        refusal.AssertSays(words);
    }

    [Fact]
    public async Task Everybody_with_credentials_is_refused_at_the_start()
    {
        var refusal = await TestGateway.RefusedStartAsync(settings => settings.Set("Gateway:Cors:all:Origins:0", "*").Set("Gateway:Cors:all:Credentials", true));

        refusal.AssertSays("Gateway:Cors:all:Origins", "without Credentials");
    }

    private Task<RawAnswer> PreflightAsync(string path, string origin, string method, string header) =>
        gateway.RawAsync($"OPTIONS {path}", [$"Origin: {origin}", $"Access-Control-Request-Method: {method}", .. header.Length > 0 ? [$"Access-Control-Request-Headers: {header}"] : Array.Empty<string>()]);
}
