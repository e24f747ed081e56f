namespace Gateway.IntegrationTests.Sessions;

/// <summary>Cross-site request forgery: what a foreign page makes a signed-in browser send.</summary>
public sealed class CrossSiteTests(TestGateway gateway) : GatewayTests<TestGateway>(gateway)
{
    [Theory]
    [InlineData("Sec-Fetch-Site: same-origin")]
    [InlineData("Sec-Fetch-Site: none")]
    [InlineData("Origin: http://{host}")]
    [InlineData("Origin: http://localhost:8080")]                                     // PublicUrl
    [InlineData("Sec-Fetch-Site: same-origin|Origin: http://{host}")]
    public async Task Unsafe_method_from_our_own_page_passes(string headers)
    {
        var answer = await SendAsync("POST /orders/1", headers);

        Assert.Equal(200, answer.Status);
        Assert.Single(gateway.Backend.Requests);
    }

    public static TheoryData<string> Foreign { get; } =
    [
        "Accept: */*",                                                                // neither header
        "Sec-Fetch-Site: cross-site",
        "Sec-Fetch-Site: same-site",                                                  // a sibling domain may be anyone's
        "Sec-Fetch-Site: ",
        "Sec-Fetch-Site: something-new",
        "Sec-Fetch-Site: cross-site|Origin: http://{host}",
        "Sec-Fetch-Site: same-origin|Sec-Fetch-Site: cross-site",
        "Origin: null",
        "Origin: ",
        "Origin: https://evil.example",
        "Origin: https://{host}",                                                     // another scheme
        "Origin: http://127.0.0.1",                                                   // another port
        "Origin: http://127.0.0.1:1",
        "Origin: http://{host}.evil.example",
        "Origin: http://evil.example/http://{host}",
        "Origin: http://{host}@evil.example",
        "Origin: http://{host} https://evil.example",
        "Origin: http://{host}|Origin: https://evil.example",
        "Origin: http://localhost:8080.evil.example",
        "Referer: http://{host}/orders",                                              // proves nothing
    ];

    [Theory]
    [MemberData(nameof(Foreign))]
    public async Task Cross_site_request_forgery_is_refused(string headers)
    {
        var answer = await SendAsync("POST /orders/1", headers);

        answer.AssertRefused(403, "csrf_failed");
        Assert.Empty(gateway.Backend.Requests);
    }

    [Theory]
    [MemberData(nameof(Foreign))]
    public async Task Cross_site_websocket_hijacking_is_refused(string headers)
    {
        var answer = await SendAsync("GET /orders/ws", $"{headers}|Connection: Upgrade|Upgrade: websocket|Sec-WebSocket-Version: 13|Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==");

        answer.AssertRefused(403, "csrf_failed");
        Assert.Empty(gateway.Backend.Requests);
    }

    [Theory]
    [InlineData("POST")]
    [InlineData("PUT")]
    [InlineData("PATCH")]
    [InlineData("DELETE")]
    [InlineData("PURGE")]
    public async Task Every_unsafe_method_is_guarded(string method)
    {
        var answer = await SendAsync($"{method} /orders/1", "Sec-Fetch-Site: cross-site");

        answer.AssertRefused(403, "csrf_failed");
        Assert.Empty(gateway.Backend.Requests);
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("HEAD")]
    [InlineData("OPTIONS")]
    public async Task Safe_method_from_anywhere_passes(string method)
    {
        var answer = await SendAsync($"{method} /orders/1", "Sec-Fetch-Site: cross-site|Origin: https://evil.example");

        Assert.Equal(200, answer.Status);
        Assert.Equal(method, gateway.Backend.Request.Method);
    }

    [Theory]
    [InlineData("POST /auth/logout")]
    [InlineData("POST /auth/logout?scope=all")]
    [InlineData("DELETE /auth/sessions/1")]
    public async Task Our_own_endpoints_are_guarded_too(string line)
    {
        var victim = await gateway.KeptWithCookieAsync("victim");

        var answer = await gateway.RawAsync(line, $"Cookie: {victim.Cookie}", "Content-Length: 0", "Sec-Fetch-Site: cross-site");

        answer.AssertRefused(403, "csrf_failed");
        Assert.Equal(HttpStatusCode.OK, (await victim.GetAsync("/orders/1")).StatusCode);
    }

    public static TheoryData<string, string> ForeignAtOurDoors
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var path in (string[])["/auth/login", "/auth/signup", "/auth/refresh", "/auth/logout"])
            {
                foreach (var headers in Foreign.Select(row => row.Data).Where(headers => headers.StartsWith("Sec-Fetch-Site", StringComparison.Ordinal) || headers.StartsWith("Origin", StringComparison.Ordinal)))
                    data.Add(path, headers);
            }

            return data;
        }
    }

    // A foreign page that logs its visitor in as the attacker reads along whatever the visitor then enters; with or without a cookie.
    [Theory]
    [MemberData(nameof(ForeignAtOurDoors))]
    public async Task Login_cross_site_request_forgery_is_refused(string path, string headers)
    {
        foreach (var cookie in (string[])["true", "false"])
        {
            var answer = await PostAsync(path, headers, path is "/auth/login" or "/auth/signup"
                ? $$"""{"username":"attacker","password":"{{TestGateway.Password}}","cookie":{{cookie}}}"""
                : """{"refresh_token":"x"}""");

            answer.AssertRefused(403, "csrf_failed");
            Assert.False(answer.Headers.Has("Set-Cookie"));
        }

        Assert.Equal(0, await gateway.CountAsync("users WHERE \"UserName\" = 'attacker'"));
    }

    [Theory]
    [InlineData("Accept: */*")] // curl, an app, a service: nobody whom a page could use
    [InlineData("Sec-Fetch-Site: same-origin")]
    [InlineData("Sec-Fetch-Site: none")]
    [InlineData("Origin: http://{host}")]
    [InlineData("Origin: http://localhost:8080")]
    [InlineData("Sec-Fetch-Site: same-origin|Origin: http://{host}")]
    public async Task Login_from_our_own_page_or_from_no_page_at_all_passes(string headers)
    {
        await gateway.KeptAsync("bob");
        foreach (var cookie in (string[])["true", "false"])
        {
            var answer = await PostAsync("/auth/login", headers, $$"""{"username":"bob","password":"{{TestGateway.Password}}","cookie":{{cookie}}}""");

            Assert.Equal(200, answer.Status);
            Assert.Equal(cookie is "true", answer.Headers.Has("Set-Cookie"));
        }

        (await PostAsync("/auth/refresh", headers, """{"refresh_token":"x"}""")).AssertRefused(401, "token_invalid");
    }

    private Task<RawAnswer> PostAsync(string path, string headers, string json) => RawHttp.SendAsync(gateway.Url, string.Concat([
        $"POST {path} HTTP/1.1\r\nHost: {gateway.Url.Authority}\r\nContent-Type: application/json\r\nContent-Length: {json.Length}\r\nConnection: close\r\n",
        .. headers.Replace("{host}", gateway.Url.Authority).Split('|').Select(header => header + "\r\n"), "\r\n", json]));

    [Fact]
    public async Task Cross_site_password_change_is_refused()
    {
        var victim = await gateway.SignInWithCookieAsync("vicky");
        victim.DefaultRequestHeaders.Remove("Sec-Fetch-Site");
        victim.DefaultRequestHeaders.Add("Sec-Fetch-Site", "cross-site");

        var response = await victim.PostAsJsonAsync("/auth/password", new { current_password = TestGateway.Password, new_password = "the attacker's choice" });

        await response.AssertRefusedAsync(403, "csrf_failed");
        await gateway.LogInAsync("vicky");
    }

    [Fact]
    public async Task Bearer_token_is_never_sent_by_a_browser_on_its_own_and_needs_no_guard()
    {
        var anna = await gateway.SignInAsync("anna");

        var answer = await gateway.RawAsync("POST /orders/1", $"Authorization: Bearer {anna.Session.AccessToken}", "Content-Length: 0", "Sec-Fetch-Site: cross-site", "Origin: https://app.example");

        Assert.Equal(200, answer.Status);
    }

    [Fact]
    public async Task Anonymous_route_takes_no_harm_from_a_cookie()
    {
        var answer = await SendAsync("POST /open/1", "Sec-Fetch-Site: cross-site");

        Assert.Equal(200, answer.Status);
        Assert.False(gateway.Backend.Request.Headers.Has("X-User-Id"));
    }

    private async Task<RawAnswer> SendAsync(string line, string headers)
    {
        var browser = await gateway.KeptWithCookieAsync("bob");
        var length = line.StartsWith("GET", StringComparison.Ordinal) || line.StartsWith("HEAD", StringComparison.Ordinal) ? "Accept-Language: de" : "Content-Length: 0";
        return await RawHttp.SendAsync(gateway.Url, string.Concat([
            $"{line} HTTP/1.1\r\nHost: {gateway.Url.Authority}\r\nCookie: {browser.Cookie}\r\n{length}\r\n",
            .. headers.Replace("{host}", gateway.Url.Authority).Split('|').Select(header => header + "\r\n"),
            headers.Contains("Upgrade") ? "\r\n" : "Connection: close\r\n\r\n"]));
    }
}
