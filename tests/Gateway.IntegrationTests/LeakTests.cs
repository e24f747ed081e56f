using Gateway.IntegrationTests.Sessions;
using Microsoft.Extensions.Logging;

namespace Gateway.IntegrationTests;

/// <summary>A gateway that logs every word of every library.</summary>
public sealed class TalkativeGateway : TestGateway
{
    public TalkativeGateway() => Log = new() { IsTalkative = true };

    protected override void Configure(SettingsFile settings)
    {
        foreach (var category in (string[])["Default", "Gateway", "Microsoft", "System", "Yarp"])
            settings.Set($"Logging:LogLevel:{category}", "Trace");
        settings.Set("Gateway:Secret", SecretText)
            .Set("Gateway:Clients", new JsonArray(new JsonObject { ["Id"] = ClientGateway.Id, ["SecretHash"] = "sha256:" + Convert.ToHexString(ClientGateway.Hash(ClientGateway.Secret)) }));
    }

    public const string SecretText = "a Secret that opens all keys, of more than 32 bytes";
}

/// <summary>A whole life, logged at the lowest level of all: no token, password, cookie, address or Secret stands in one line of it.</summary>
/// <remarks>Every other test looks for its own secrets in what its gateway logs at the usual levels, see <see cref="ServerLog.AssertNoSecrets"/>.</remarks>
public sealed class LeakTests
{
    [Fact]
    public async Task No_secret_of_a_whole_life_stands_in_the_log_nor_a_stack_trace_in_an_answer()
    {
        const string Wrong = "the wrong password, typed", Next = "the next good password", Email = "lena.leak@example.com";
        await using var gateway = new TalkativeGateway();
        await gateway.InitializeAsync();
        gateway.Log.Keep(TalkativeGateway.SecretText, ClientGateway.Secret, ClientGateway.Basic(ClientGateway.Id, ClientGateway.Secret), Wrong, Next, Email);
        List<HttpResponseMessage> answers = [];

        var lena = await gateway.SignUpAsync("lena", Email);
        var browser = await gateway.SignInWithCookieAsync("lena");
        var other = await gateway.LogInAsync("lena");
        await Ask(gateway.Anonymous().PostAsJsonAsync("/auth/login", new { username = "lena", password = Wrong }));
        await Ask(gateway.Anonymous().PostAsJsonAsync("/auth/login", new { username = Email, password = Wrong }));
        await Ask(gateway.Anonymous().PostAsJsonAsync("/auth/signup", new { username = Email, password = Wrong }));
        await Ask(gateway.Anonymous().PostJsonAsync("/auth/login", $$"""{"username":"lena","password":"{{Wrong}}","{{Wrong}}":1}"""));
        await Ask(lena.GetAsync("/orders/1?access_token=" + other.Session.AccessToken));
        await Ask(lena.GetAsync("/auth/me"));
        await Ask(browser.GetAsync("/orders/1"));
        await Ask(browser.GetAsync("/auth/sessions"));
        await Ask(With("x-access-token", other.Session.AccessToken).GetAsync("/orders/2"));
        await Ask(With("x-access-token", other.Session.AccessToken + "x").GetAsync("/orders/2"));
        await Ask(gateway.Bearing(lena.Session.AccessToken[..^3] + "AAA").GetAsync("/orders/3"));
        await Ask(With("Cookie", browser.Cookie + "x").GetAsync("/orders/3"));
        await Ask(gateway.Anonymous().GetAsync("/nowhere?access_token=" + lena.Session.AccessToken));
        await Ask(gateway.Anonymous().GetAsync("/auth/login?password=" + Uri.EscapeDataString(Wrong)));
        await Ask(lena.PostAsJsonAsync("/auth/password", new { current_password = Wrong, new_password = Next }));
        await Ask(lena.PostAsJsonAsync("/auth/password", new { current_password = TestGateway.Password, new_password = Next }));
        var next = await lena.RefreshAsync();
        await Ask(next.GetAsync("/orders/4"));
        foreach (var token in (string[])[next.Session.AccessToken, next.Session.RefreshToken, "x"])
        {
            await Ask(AsClient("/auth/introspect", token));
            await Ask(AsClient("/auth/revoke", "x" + token));
        }

        await Ask(lena.PostAsJsonAsync("/auth/refresh", new { refresh_token = lena.Session.RefreshToken })); // reuse
        await Ask(lena.PostAsync("/auth/logout?scope=all", null));
        (await gateway.RunAsync(["users", "set", "lena", "--email", Email, "--password-stdin"], Next)).AssertSucceeded();
        await gateway.ExecuteAsync("UPDATE users SET \"PasswordHash\" = 'damaged'");
        await Ask(gateway.Anonymous().PostAsJsonAsync("/auth/login", new { username = Email, password = Next }));
        File.Delete(gateway.DatabaseFile);
        await Ask(gateway.Anonymous().PostAsJsonAsync("/auth/login", new { username = Email, password = Next }));
        await Ask(gateway.Anonymous().PostAsJsonAsync("/auth/refresh", new { refresh_token = next.Session.RefreshToken }));
        await Ask(With("Cookie", browser.Cookie).GetAsync("/orders/5"));
        await Ask(AsClient("/auth/introspect", next.Session.RefreshToken));
        await gateway.StopAsync();

        gateway.Log.AssertNoSecrets();
        Assert.Contains(gateway.Log.All, line => line.StartsWith("Microsoft.AspNetCore.Server.Kestrel", StringComparison.Ordinal)); // it did talk
        Assert.Contains(gateway.Log.All, line => line.StartsWith("Microsoft.EntityFrameworkCore", StringComparison.Ordinal));
        Assert.NotEmpty(gateway.Log.At(LogLevel.Error));
        Assert.Contains(answers, answer => (int)answer.StatusCode == 503);
        foreach (var answer in answers)
        {
            Assert.NotEqual(500, (int)answer.StatusCode);
            Assert.False(answer.Headers.Contains("Server"));
            Assert.DoesNotMatch(@"Exception|\.cs:|   at |/src/", await answer.Content.ReadAsStringAsync());
        }

        gateway.Log.Forget();

        async Task Ask(Task<HttpResponseMessage> answer) => answers.Add(await answer);

        Caller With(string header, string value)
        {
            var caller = gateway.Anonymous();
            caller.DefaultRequestHeaders.TryAddWithoutValidation(header, value);
            return caller;
        }

        Task<HttpResponseMessage> AsClient(string path, string token) =>
            With("Authorization", ClientGateway.Basic(ClientGateway.Id, ClientGateway.Secret)).PostAsync(path, new FormUrlEncodedContent(new Dictionary<string, string> { ["token"] = token }));
    }
}
