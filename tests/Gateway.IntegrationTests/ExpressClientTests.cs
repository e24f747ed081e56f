namespace Gateway.IntegrationTests;

/// <summary>What clients of older Express services do, unchanged: the token in x-access-token, sign-up answering with one at once, 401 without, the decoded claims behind.</summary>
public sealed class ExpressClientTests(TestGateway gateway) : GatewayTests<TestGateway>(gateway)
{
    [Fact]
    public async Task Sign_up_answers_with_a_token_that_works_at_once_in_the_older_header()
    {
        var token = await SignUpAsync("erin");

        var response = await GetAsync("/orders/1", token);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("erin", gateway.Backend.Request.Headers["X-User-Name"]);
        Assert.Equal("user", gateway.Backend.Request.Headers["X-User-Roles"]);
        Assert.NotEmpty(gateway.Backend.Request.Headers["X-User-Id"]!);
        Assert.False(gateway.Backend.Request.Headers.Has("x-access-token"));
    }

    [Fact]
    public async Task Name_that_exists_is_refused()
    {
        await SignUpAsync("faye");

        var response = await gateway.Anonymous().PostAsJsonAsync("/auth/signup", new { username = "faye", password = "some other password" });

        await response.AssertRefusedAsync(409, "username_taken");
    }

    [Fact]
    public async Task Login_answers_with_a_token_for_the_older_header()
    {
        await SignUpAsync("gwen");
        var login = await gateway.Anonymous().PostAsJsonAsync("/auth/login", new { username = "gwen", password = TestGateway.Password });
        var token = (string)(await login.ReadJsonAsync())["access_token"]!;

        var response = await GetAsync("/orders/1", token);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task Missing_token_is_refused()
    {
        var response = await GetAsync("/orders/1", token: null);

        await response.AssertRefusedAsync(401, "token_missing");
        Assert.Empty(gateway.Backend.Requests);
    }

    [Fact]
    public async Task Broken_token_is_refused()
    {
        var response = await GetAsync("/orders/1", await SignUpAsync("hank") + "x");

        await response.AssertRefusedAsync(401, "token_invalid");
        Assert.Empty(gateway.Backend.Requests);
    }

    [Fact]
    public async Task Logout_takes_the_token_of_the_older_header()
    {
        var token = await SignUpAsync("iris");

        var logout = await SendAsync(HttpMethod.Post, "/auth/logout", token);

        Assert.Equal(HttpStatusCode.NoContent, logout.StatusCode);
        await (await GetAsync("/orders/1", token)).AssertRefusedAsync(401, "token_revoked");
        Assert.Empty(gateway.Backend.Requests);
    }

    private async Task<string> SignUpAsync(string name)
    {
        var response = await gateway.Anonymous().PostAsJsonAsync("/auth/signup", new { username = name, password = TestGateway.Password });
        return (string)(await response.ReadJsonAsync(HttpStatusCode.Created))["access_token"]!;
    }

    private Task<HttpResponseMessage> GetAsync(string path, string? token) => SendAsync(HttpMethod.Get, path, token);

    private Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string? token)
    {
        var request = new HttpRequestMessage(method, path);
        if (token is not null)
            request.Headers.Add("x-access-token", token);
        return gateway.Anonymous().SendAsync(request);
    }
}
