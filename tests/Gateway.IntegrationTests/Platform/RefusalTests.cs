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
