using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Gateway.IntegrationTests.Platform;

public sealed class RefusalTests(TestGateway gateway) : GatewayTests<TestGateway>(gateway)
{
    // A refusal that is kept and written again carries what the last request left on it.
    [Fact]
    public async Task Same_refusal_twice_is_two_decisions()
    {
        var caller = gateway.Anonymous();

        var first = await (await caller.GetAsync("/orders/1")).AssertRefusedAsync(401, "token_missing");
        var second = await (await caller.GetAsync("/orders/1")).AssertRefusedAsync(401, "token_missing");

        Assert.NotEqual((string)first["decision"]!, (string)second["decision"]!);
    }

    [Theory]
    [InlineData("GET", "/orders/1")]
    [InlineData("GET", "/nowhere")]
    [InlineData("PUT", "/auth/login")]
    [InlineData("GET", "/auth/me")]
    public async Task Decision_is_explained_by_the_log(string method, string path)
    {
        var response = await gateway.Anonymous().SendAsync(new(new(method), path));

        var decision = (string)(await response.ReadJsonAsync(response.StatusCode))["decision"]!;
        Assert.Contains(gateway.Log.At(LogLevel.Information), entry => entry.Contains(decision));
    }

    [Fact]
    public async Task Decision_is_in_the_trace()
    {
        var traced = new ConcurrentBag<string?>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Microsoft.AspNetCore",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = activity => traced.Add((string?)activity.GetTagItem("gateway.decision")),
        };
        ActivitySource.AddActivityListener(listener);

        var refused = await (await gateway.Anonymous().GetAsync("/orders/1")).AssertRefusedAsync(401, "token_missing");

        await Eventually.IsAsync(() => Task.FromResult(traced.Contains((string)refused["decision"]!)), found => found);
    }

    // Tokens and names of users are in them.
    [Fact]
    public async Task No_answer_of_ours_is_to_be_stored()
    {
        var bernd = await gateway.SignUpAsync("bernd");
        string[] paths = ["/auth/me", "/auth/sessions", "/.well-known/jwks.json", "/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"];
        HttpResponseMessage[] answers =
        [
            .. await Task.WhenAll(paths.Select(path => bernd.GetAsync(path))),
            await bernd.PostAsJsonAsync("/auth/signup", new { username = "berthold", password = TestGateway.Password }),
            await bernd.PostAsJsonAsync("/auth/login", new { username = "bernd", password = TestGateway.Password, cookie = true }),
            await bernd.PostAsJsonAsync("/auth/refresh", new { refresh_token = bernd.Session.RefreshToken }),
            await bernd.PostAsync("/auth/logout?scope=others", null),
        ];

        Assert.All(answers, answer => Assert.True(answer.IsSuccessStatusCode, answer.ToString()));
        Assert.All(answers, answer => Assert.Equal("no-store", answer.Headers.CacheControl?.ToString()));
    }

    [Theory]
    [InlineData("HEAD", "/orders/1", 401)]
    [InlineData("HEAD", "/nowhere", 404)]
    public async Task Head_is_refused_with_the_headers_alone(string method, string path, int status)
    {
        var answer = await gateway.RawAsync($"{method} {path}");

        Assert.Equal(status, answer.Status);
        Assert.Equal("application/problem+json", answer.Headers["Content-Type"]);
        Assert.NotEqual("0", answer.Headers["Content-Length"]);
        Assert.Equal(status == 401 ? "Bearer" : null, answer.Headers["WWW-Authenticate"]);
        Assert.Empty(gateway.Backend.Requests);
    }

    [Theory]
    [InlineData("gateway.example", 200)]
    [InlineData("GATEWAY.example:8080", 200)]
    [InlineData("evil.example", 400)]
    [InlineData("gateway.example.evil.example", 400)]
    [InlineData("127.0.0.1", 400)]
    public async Task Host_that_is_not_listed_is_refused_where_there_is_a_list(string host, int status)
    {
        await using var other = await TestGateway.StartAsync(settings => settings.Set("Gateway:Edge:AllowedHosts", new JsonArray("gateway.example")));

        var answer = await RawHttp.SendAsync(other.Url, $"GET /open/1 HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");

        Assert.Equal(status, answer.Status);
        Assert.Equal(status == 200 ? 1 : 0, other.Backend.Requests.Count);
    }

    [Fact]
    public async Task Secrets_are_not_in_the_log()
    {
        var anna = await gateway.SignUpAsync("anna", "anna@example.com");
        var browser = await gateway.SignInWithCookieAsync("anna");
        await anna.GetAsync("/orders/1?access_token=in-the-query");
        await anna.RefreshAsync();
        await gateway.Bearing(anna.Session.AccessToken + "x").GetAsync("/orders/1");
        await gateway.Anonymous().PostAsJsonAsync("/auth/login", new { username = "anna", password = "a wrong password" });

        var log = string.Join('\n', Enum.GetValues<LogLevel>().SelectMany(gateway.Log.At));

        Assert.All(
            [TestGateway.Password, "a wrong password", "anna@example.com", anna.Session.AccessToken, anna.Session.RefreshToken, browser.Cookie.Split('=')[1]],
            secret => Assert.DoesNotContain(secret, log));
    }
}
