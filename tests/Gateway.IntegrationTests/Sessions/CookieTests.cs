namespace Gateway.IntegrationTests.Sessions;

public sealed class CookieGateway : TestGateway
{
    // What is remembered of a cookie is forgotten after a second, so that a test sees it read again.
    protected override void Configure(SettingsFile settings) => settings.Set("Gateway:Tokens:AccessLifetime", "00:00:01");
}

public sealed class CookieTests(CookieGateway gateway) : GatewayTests<CookieGateway>(gateway)
{
    [Fact]
    public async Task Cookie_bears_its_name_and_attributes_and_the_body_no_token()
    {
        await gateway.SignUpAsync("anna");

        var response = await gateway.Anonymous().PostAsJsonAsync("/auth/login", new { username = "anna", password = TestGateway.Password, cookie = true });

        var body = await response.ReadJsonAsync();
        var cookie = Assert.Single(response.Headers.GetValues("Set-Cookie"));
        var attributes = cookie.Split("; ").Skip(1).Select(attribute => attribute.ToLowerInvariant()).ToArray();
        Assert.Matches("^__Host-gateway=[A-Za-z0-9_-]{43,};", cookie);
        Assert.All(["secure", "httponly", "samesite=lax", "path=/"], attribute => Assert.Contains(attribute, attributes));
        Assert.DoesNotContain(attributes, attribute => attribute.StartsWith("domain", StringComparison.Ordinal));
        Assert.False(body.ContainsKey("access_token"));
        Assert.False(body.ContainsKey("refresh_token"));
        Assert.NotEmpty((string)body["session_id"]!);
        Assert.Equal("anna", (string)body["user"]!["username"]!);
    }

    [Fact]
    public async Task Sign_up_may_start_with_a_cookie_as_well()
    {
        var response = await gateway.Anonymous().PostAsJsonAsync("/auth/signup", new { username = "bruno", password = TestGateway.Password, cookie = true });

        var body = await response.ReadJsonAsync(HttpStatusCode.Created);
        var browser = Caller.WithCookie(gateway.Url, Assert.Single(response.Headers.GetValues("Set-Cookie")).Split(';')[0]);
        Assert.False(body.ContainsKey("access_token"));
        Assert.Equal(HttpStatusCode.OK, (await browser.GetAsync("/orders/1")).StatusCode);
    }

    [Fact]
    public async Task Backend_is_told_who_the_browser_is_and_not_its_cookie()
    {
        var clara = await gateway.SignInWithCookieAsync("clara");

        await clara.GetAsync("/orders/1");

        var headers = gateway.Backend.Request.Headers;
        Assert.Equal(clara.Session.User.Id, headers["X-User-Id"]);
        Assert.Equal("clara", headers["X-User-Name"]);
        Assert.Equal("user", headers["X-User-Roles"]);
        Assert.Equal(clara.Session.SessionId, headers["X-Session-Id"]);
        Assert.False(headers.Has("Cookie"));
    }

    [Fact]
    public async Task Cookie_outlives_the_lifetime_of_an_access_token()
    {
        var dora = await gateway.SignInWithCookieAsync("dora");
        await dora.GetAsync("/orders/1");

        await Task.Delay(TimeSpan.FromSeconds(1.5));

        Assert.Equal(HttpStatusCode.OK, (await dora.GetAsync("/orders/1")).StatusCode);
    }

    [Fact]
    public async Task Logout_takes_the_cookie_away_and_ends_its_session()
    {
        var emil = await gateway.SignInWithCookieAsync("emil");

        var logout = await emil.PostAsync("/auth/logout", null);

        var cookie = Assert.Single(logout.Headers.GetValues("Set-Cookie"));
        Assert.Equal(HttpStatusCode.NoContent, logout.StatusCode);
        Assert.StartsWith("__Host-gateway=;", cookie);
        Assert.Contains("secure", cookie.ToLowerInvariant());
        Assert.Contains("path=/", cookie.ToLowerInvariant());
        await emil.AssertEndedAsync();
        Assert.Empty(gateway.Backend.Requests);
    }

    [Fact]
    public async Task Ended_cookie_session_does_not_come_back_to_life()
    {
        var frida = await gateway.SignInWithCookieAsync("frida");
        await frida.GetAsync("/orders/1"); // remembered by now
        await frida.PostAsync("/auth/logout", null);
        gateway.Backend.Forget();

        foreach (var pause in (double[])[0, 0.7, 1.5])
        {
            await Task.Delay(TimeSpan.FromSeconds(pause));
            await frida.AssertEndedAsync();
        }

        Assert.Empty(gateway.Backend.Requests);
    }

    [Theory]
    [InlineData("x")]
    [InlineData("")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("eyJhbGciOiJub25lIn0.e30.")]
    [InlineData("\"quoted\"")]
    public async Task Cookie_that_nobody_gave_is_refused(string value)
    {
        var answer = await gateway.RawAsync("GET /orders/1", $"Cookie: __Host-gateway={value}");

        answer.AssertRefused(401, "session_ended");
        Assert.Empty(gateway.Backend.Requests);
    }

    [Theory]
    [InlineData("__host-gateway")]
    [InlineData("gateway")]
    [InlineData("__Secure-gateway")]
    [InlineData("__Host-gateway2")]
    public async Task Cookie_by_another_name_is_not_ours(string name)
    {
        var gerda = await gateway.SignInWithCookieAsync("gerda");

        var answer = await gateway.RawAsync("GET /orders/1", $"Cookie: {name}={gerda.Cookie.Split('=')[1]}");

        answer.AssertRefused(401, "token_missing");
    }

    [Fact]
    public async Task Access_token_in_the_cookie_is_refused()
    {
        var hans = await gateway.SignInAsync("hans");

        var answer = await gateway.RawAsync("GET /orders/1", $"Cookie: __Host-gateway={hans.Session.AccessToken}");

        answer.AssertRefused(401, "session_ended");
    }

    [Theory]
    [InlineData("gateway.example")]
    [InlineData("192.0.2.7:8080")]
    [InlineData("localhost.evil.example")]
    [InlineData("127.0.0.1.evil.example")]
    public async Task Cookie_over_plain_http_to_another_host_is_refused_with_the_reason(string host)
    {
        await gateway.SignInAsync("ida");

        var answer = await LogInWithCookieAsync(host, "ida");

        var problem = answer.AssertRefused(400, "invalid_request");
        Assert.Contains("https", (string)problem["detail"]!, StringComparison.OrdinalIgnoreCase);
        Assert.False(answer.Headers.Has("Set-Cookie"));
    }

    [Fact]
    public async Task Stranger_cannot_claim_https_for_us()
    {
        await gateway.SignUpAsync("jonas");

        var answer = await LogInWithCookieAsync("gateway.example", "jonas", "X-Forwarded-Proto: https");

        answer.AssertRefused(400, "invalid_request");
    }

    [Theory]
    [InlineData("localhost:8080")]
    [InlineData("127.0.0.1:8080")]
    [InlineData("[::1]:8080")]
    public async Task Cookie_over_plain_http_on_loopback_is_given(string host)
    {
        await gateway.SignInAsync("kurt");

        var answer = await LogInWithCookieAsync(host, "kurt");

        Assert.Equal(200, answer.Status);
        Assert.StartsWith("__Host-gateway=", answer.Headers["Set-Cookie"]);
    }

    private Task<RawAnswer> LogInWithCookieAsync(string host, string name, string header = "Accept: */*")
    {
        var body = $$"""{"username":"{{name}}","password":"{{TestGateway.Password}}","cookie":true}""";
        return RawHttp.SendAsync(gateway.Url, $"POST /auth/login HTTP/1.1\r\nHost: {host}\r\n{header}\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n{body}");
    }
}
