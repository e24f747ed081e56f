using System.Globalization;

namespace Gateway.IntegrationTests.Sessions;

public abstract class SessionListTests<TGateway>(TGateway gateway) : GatewayTests<TGateway>(gateway) where TGateway : TestGateway
{
    private static readonly string[] Members = ["created_at", "current", "id", "ip", "last_seen_at", "user_agent"];

    [Fact]
    public async Task List_shows_every_session_of_this_user_and_marks_this_one()
    {
        var here = await gateway.SignInAsync("anna");
        var there = await gateway.SignInAsync("anna");
        var browser = await gateway.SignInWithCookieAsync("anna");
        await gateway.SignInAsync("somebody");

        var list = await ListAsync(here);

        Assert.All(list, entry => Assert.Equal(Members, entry.Select(member => member.Key).Order()));
        Assert.All([here, there, browser], caller => Assert.Single(list, entry => (string)entry["id"]! == caller.Session.SessionId));
        Assert.Equal(3, list.Length);
        Assert.Equal(here.Session.SessionId, (string)Assert.Single(list, entry => (bool)entry["current"]!)["id"]!);
    }

    [Fact]
    public async Task List_says_from_where_and_when()
    {
        var caller = gateway.Anonymous();
        caller.DefaultRequestHeaders.UserAgent.ParseAdd("Reader/1.0");
        await gateway.SignUpAsync("bodo");
        await caller.PostAsJsonAsync("/auth/login", new { username = "bodo", password = TestGateway.Password });

        var list = await ListAsync(await gateway.LogInAsync("bodo"));

        var entry = Assert.Single(list, entry => ((string?)entry["user_agent"])?.Contains("Reader/1.0") == true);
        Assert.Equal("127.0.0.1", (string)entry["ip"]!);
        Assert.InRange(Time(entry["created_at"]), DateTimeOffset.UtcNow.AddMinutes(-5), DateTimeOffset.UtcNow.AddMinutes(1));
        Assert.InRange(Time(entry["last_seen_at"]), Time(entry["created_at"]), DateTimeOffset.UtcNow.AddMinutes(1));
    }

    [Fact]
    public async Task List_shows_no_secret_and_no_ended_session()
    {
        var here = await gateway.SignInAsync("cora");
        var there = await gateway.SignInAsync("cora");
        await there.PostAsync("/auth/logout", null);

        var text = await here.GetStringAsync("/auth/sessions");

        Assert.DoesNotContain(there.Session.SessionId, text);
        Assert.DoesNotContain(here.Session.RefreshToken, text);
    }

    [Fact]
    public async Task Deleted_session_is_over_at_once_and_this_one_is_not()
    {
        var here = await gateway.SignInAsync("dora");
        var there = await gateway.SignInAsync("dora");
        await there.GetAsync("/orders/1");
        gateway.Backend.Forget();

        var deleted = await here.DeleteAsync($"/auth/sessions/{there.Session.SessionId}");

        Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
        await there.AssertEndedAsync();
        Assert.Empty(gateway.Backend.Requests);
        Assert.Equal(HttpStatusCode.OK, (await here.GetAsync("/orders/1")).StatusCode);
    }

    [Fact]
    public async Task Deleted_session_of_this_browser_takes_its_cookie_along()
    {
        var here = await gateway.SignInWithCookieAsync("dieter");

        var deleted = await here.DeleteAsync($"/auth/sessions/{here.Session.SessionId}");

        Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
        Assert.StartsWith("__Host-gateway=;", Assert.Single(deleted.Headers.GetValues("Set-Cookie")));
        await here.AssertEndedAsync();
    }

    [Fact]
    public async Task Session_of_somebody_else_is_not_there_to_delete()
    {
        var mallory = await gateway.SignInAsync("mallory");
        var emma = await gateway.SignInAsync("emma");

        var response = await mallory.DeleteAsync($"/auth/sessions/{emma.Session.SessionId}");

        await response.AssertRefusedAsync(404, "route_not_found");
        Assert.Equal(HttpStatusCode.OK, (await emma.GetAsync("/orders/1")).StatusCode);
    }

    [Theory]
    [InlineData("no-such-session")]
    [InlineData("00000000-0000-0000-0000-000000000000")]
    [InlineData("-1")]
    [InlineData("%27%20OR%201=1")]
    public async Task Unknown_session_is_not_there_to_delete(string id)
    {
        var fanny = await gateway.SignInAsync("fanny");

        var response = await fanny.DeleteAsync($"/auth/sessions/{id}");

        await response.AssertRefusedAsync(404, "route_not_found");
    }

    [Fact]
    public async Task Most_sessions_per_user_push_out_the_oldest()
    {
        await using var narrow = await TestGateway.StartAsync(settings => settings.Set("Gateway:Sessions:MaxPerUser", 2));
        var first = await narrow.SignInAsync("gitta");
        var second = await narrow.SignInAsync("gitta");

        var third = await narrow.SignInAsync("gitta");

        await first.AssertEndedAsync();
        Assert.Equal(HttpStatusCode.OK, (await second.GetAsync("/orders/1")).StatusCode);
        Assert.Equal(2, (await ListAsync(third)).Length);
    }

    private static async Task<JsonObject[]> ListAsync(Caller caller)
    {
        var list = await (await caller.GetAsync("/auth/sessions")).ReadAsync<JsonArray>(HttpStatusCode.OK);
        return [.. list.Select(entry => entry!.AsObject())];
    }

    private static DateTimeOffset Time(JsonNode? value) => DateTimeOffset.Parse((string)value!, CultureInfo.InvariantCulture);
}

public sealed class SessionListTests(TestGateway gateway) : SessionListTests<TestGateway>(gateway);

public sealed class SessionListOnPostgresTests(PostgresGateway gateway) : SessionListTests<PostgresGateway>(gateway);
