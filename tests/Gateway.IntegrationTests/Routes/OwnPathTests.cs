namespace Gateway.IntegrationTests.Routes;

/// <summary>A backend that would love to have every password: it takes all paths, before all others, from anyone.</summary>
public sealed class GreedyGateway : TestGateway
{
    protected override void Configure(SettingsFile settings) => settings
        .Route("greedy", "{**rest}", "anonymous", order: int.MinValue);
}

public sealed class OwnPathTests(GreedyGateway gateway) : GatewayTests<GreedyGateway>(gateway)
{
    [Theory]
    [InlineData("GET", "/auth")]
    [InlineData("GET", "/auth/")]
    [InlineData("GET", "/auth/unknown")]
    [InlineData("POST", "/auth/unknown")]
    [InlineData("POST", "/auth/login/more")]
    [InlineData("POST", "/auth/loginx")]
    [InlineData("POST", "/auth/login.json")]
    [InlineData("POST", "/Auth/Unknown")]
    [InlineData("POST", "/%61uth/unknown")]
    public async Task Unknown_path_of_ours_is_not_found_and_never_forwarded(string method, string path)
    {
        var answer = await SendPasswordAsync(method, path);

        Assert.Contains(answer.Status, (int[])[400, 404, 405]);
        AssertKept();
    }

    [Theory]
    [InlineData("PUT", "/auth/login", "POST")]
    [InlineData("DELETE", "/auth/login", "POST")]
    [InlineData("PATCH", "/auth/signup", "POST")]
    [InlineData("QUERY", "/auth/login", "POST")]
    [InlineData("GET", "/auth/refresh", "POST")]
    [InlineData("GET", "/auth/logout", "POST")]
    [InlineData("POST", "/auth/me", "GET")]
    [InlineData("PUT", "/auth/sessions", "GET")]
    [InlineData("POST", "/auth/sessions/1", "DELETE")]
    [InlineData("POST", "/.well-known/jwks.json", "GET")]
    [InlineData("DELETE", "/.well-known/oauth-authorization-server", "GET")]
    [InlineData("PUT", "/AUTH/LOGIN", "POST")]
    [InlineData("OPTIONS", "/auth/login", "POST")]
    [InlineData("PUT", "/.well-known/openid-configuration", "GET")]
    [InlineData("PUT", "/.WELL-KNOWN/jwks.json", "GET")]
    [InlineData("PUT", "/.well-known/jwks.json/", "GET")]
    [InlineData("PUT", "/%2ewell-known/jwks%2Ejson", "GET")]
    [InlineData("PUT", "/x/../.well-known/jwks.json", "GET")]
    [InlineData("GET", "/auth/introspect", "POST")]
    public async Task Wrong_method_of_ours_is_refused_and_never_forwarded(string method, string path, string allowed)
    {
        var answer = await SendPasswordAsync(method, path);

        answer.AssertRefused(405, "request_refused");
        Assert.Contains(allowed, answer.Headers["Allow"]!.Split(", "));
        AssertKept();
    }

    [Theory]
    [InlineData("HEAD", "/auth/login", 405)]
    [InlineData("HEAD", "/auth/me", 405)]
    [InlineData("HEAD", "/.well-known/jwks.json", 405)]
    [InlineData("HEAD", "/auth/unknown", 404)]
    public async Task Head_of_ours_is_answered_without_a_body_and_never_forwarded(string method, string path, int status)
    {
        var answer = await gateway.RawAsync($"{method} {path}");

        Assert.Equal(status, answer.Status);
        Assert.Equal(status == 405, answer.Headers.Has("Allow"));
        Assert.Equal("", answer.Body);
        Assert.Empty(gateway.Backend.Requests);
    }

    [Theory]
    [InlineData("TRACE", "/x")]
    [InlineData("TRACK", "/x")]
    [InlineData("TRACE", "/auth/me")]
    [InlineData("CONNECT", "/auth/login")]
    public async Task Method_that_shows_or_tunnels_is_refused_everywhere(string method, string path)
    {
        var answer = await gateway.RawAsync($"{method} {path}", "Content-Length: 0");

        answer.AssertRefused(405, "request_refused");
        Assert.DoesNotContain(method, answer.Headers["Allow"]);
        Assert.Empty(gateway.Backend.Requests);
    }

    // However a path of ours is written: what comes of it is ours or nobody's, and no backend reads a password.
    [Theory]
    [InlineData("/auth/login")]
    [InlineData("/auth/login/")]
    [InlineData("/AUTH/login")]
    [InlineData("/aUtH/LoGiN")]
    [InlineData("/%61uth/login")]
    [InlineData("/%61%75%74%68/login")]
    [InlineData("/auth/%6cogin")]
    [InlineData("/auth/%6Cogin")]
    [InlineData("/auth%2Flogin")]
    [InlineData("/auth%2flogin")]
    [InlineData("/auth%5Clogin")]
    [InlineData("/auth\\login")]
    [InlineData("/\\auth/login")]
    [InlineData("/%2561uth/login")]
    [InlineData("/%25%36%31uth/login")]
    [InlineData("/./auth/login")]
    [InlineData("/auth/./login")]
    [InlineData("/auth/../auth/login")]
    [InlineData("/x/../auth/login")]
    [InlineData("/x/%2e%2e/auth/login")]
    [InlineData("/x/%2E%2E/auth/login")]
    [InlineData("/x/.%2e/auth/login")]
    [InlineData("/x/..;/auth/login")]
    [InlineData("/x/..;a=b/auth/login")]
    [InlineData("/x/..%3B/auth/login")]
    [InlineData("/../auth/login")]
    [InlineData("//auth/login")]
    [InlineData("/auth//login")]
    [InlineData("///auth///login")]
    [InlineData("/auth/login%00")]
    [InlineData("/auth%00/login")]
    [InlineData("/auth/login%0d%0a")]
    [InlineData("/auth/login#x")]
    [InlineData("/auth/login?x")]
    [InlineData("/auth/login/.")]
    [InlineData("/auth/login/..")]
    [InlineData("/auth/login/../login")]
    [InlineData("/%u0061uth/login")]
    [InlineData("/%c1%a1uth/login")] // overlong UTF-8 of a
    [InlineData("/%C0%AFauth/login")]
    [InlineData("/auth/login%")]
    [InlineData("/auth/log%zzin")]
    [InlineData("http://evil.example/auth/login")]
    [InlineData("http:/auth/login")]
    public async Task Password_never_reaches_a_catch_all_backend_by_path_confusion(string target)
    {
        await SendPasswordAsync("POST", target);
        await SendPasswordAsync("PUT", target);

        AssertKept();
    }

    [Theory]
    [InlineData("X-Original-URL: /auth/login")]
    [InlineData("X-Rewrite-URL: /auth/login")]
    [InlineData("X-HTTP-Method-Override: PUT")]
    [InlineData("X-HTTP-Method: PUT")]
    [InlineData("X-Method-Override: PUT")]
    [InlineData("X-Forwarded-Prefix: /auth")]
    public async Task Password_never_reaches_a_catch_all_backend_by_override_header(string header)
    {
        await SendPasswordAsync("POST", "/auth/login", header);

        AssertKept();
    }

    [Theory]
    [InlineData("/authx")]
    [InlineData("/authx/login")]
    [InlineData("/auth-login")]
    [InlineData("/x/auth/login")]
    [InlineData("/.well-known/other")]
    [InlineData("/.well-known/acme-challenge/token")]
    public async Task Path_that_only_resembles_ours_is_the_backends(string path)
    {
        var answer = await gateway.RawAsync("GET " + path);

        Assert.Equal(200, answer.Status);
        Assert.Equal(path, gateway.Backend.Request.Target);
    }

    [Fact]
    public async Task Our_base_path_moves_with_the_configuration()
    {
        await using var moved = await TestGateway.StartAsync(settings => settings
            .Set("Gateway:Path", "/id")
            .Route("greedy", "{**rest}", "anonymous", order: int.MinValue));

        var ours = await moved.Anonymous().PostAsJsonAsync("/id/signup", new { username = "anna", password = TestGateway.Password });
        var theirs = await moved.Anonymous().PutAsync("/auth/login", null);
        var wrong = await moved.Anonymous().PutAsync("/id/login", null);

        Assert.Equal(HttpStatusCode.Created, ours.StatusCode);
        Assert.Equal(HttpStatusCode.OK, theirs.StatusCode);
        Assert.Equal("/auth/login", moved.Backend.Request.Target);
        await wrong.AssertRefusedAsync(405, "request_refused");
    }

    private Task<RawAnswer> SendPasswordAsync(string method, string target, string header = "Accept: */*")
    {
        const string Body = """{"username":"victim","password":"a very secret password"}""";
        return RawHttp.SendAsync(gateway.Url, $"{method} {target} HTTP/1.1\r\nHost: {gateway.Url.Authority}\r\n{header}\r\nContent-Type: application/json\r\nContent-Length: {Body.Length}\r\nConnection: close\r\n\r\n{Body}");
    }

    private void AssertKept() => Assert.All(gateway.Backend.Requests, request => Assert.DoesNotContain("auth", request.RequestLine, StringComparison.OrdinalIgnoreCase));
}
