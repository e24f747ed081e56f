namespace Gateway.IntegrationTests.Sessions;

public abstract class LogoutTests<TGateway>(TGateway gateway) : GatewayTests<TGateway>(gateway) where TGateway : TestGateway
{
    [Fact]
    public async Task Logged_out_token_never_reaches_the_backend()
    {
        var anna = await gateway.SignInAsync("anna");
        await anna.GetAsync("/orders/1"); // remembered by now
        gateway.Backend.Forget();

        var logout = await anna.PostAsync("/auth/logout", null);
        var response = await anna.GetAsync("/orders/1");

        Assert.Equal(HttpStatusCode.NoContent, logout.StatusCode);
        await response.AssertRefusedAsync(401, "token_revoked");
        Assert.Empty(gateway.Backend.Requests);
    }

    [Fact]
    public async Task Logged_out_token_was_never_used_before_and_is_refused_all_the_same()
    {
        var first = await gateway.SignInAsync("benno");
        var second = await first.RefreshAsync();

        await first.PostAsync("/auth/logout", null);

        await second.AssertEndedAsync();
    }

    [Fact]
    public async Task Logged_out_refresh_token_gives_nothing()
    {
        var carla = await gateway.SignInAsync("carla");

        await carla.PostAsync("/auth/logout", null);

        var response = await carla.PostAsJsonAsync("/auth/refresh", new { refresh_token = carla.Session.RefreshToken });
        await response.AssertRefusedAsync(401, "session_ended");
    }

    [Fact]
    public async Task Logout_of_this_leaves_the_others()
    {
        var here = await gateway.SignInAsync("doris");
        var there = await gateway.SignInAsync("doris");

        await here.PostAsync("/auth/logout?scope=this", null);

        await here.AssertEndedAsync();
        await AssertAliveAsync(there);
    }

    [Fact]
    public async Task Logout_of_others_leaves_this()
    {
        var here = await gateway.SignInAsync("ernst");
        var there = await gateway.SignInAsync("ernst");
        var browser = await gateway.SignInWithCookieAsync("ernst");
        var somebody = await gateway.SignInAsync("ernestine");

        var logout = await here.PostAsync("/auth/logout?scope=others", null);

        Assert.Equal(HttpStatusCode.NoContent, logout.StatusCode);
        await there.AssertEndedAsync();
        await browser.AssertEndedAsync();
        await AssertAliveAsync(here);
        await AssertAliveAsync(somebody);
    }

    [Fact]
    public async Task Logout_of_all_ends_all_of_this_user_and_none_of_another()
    {
        var here = await gateway.SignInAsync("frida");
        var there = await gateway.SignInAsync("frida");
        var browser = await gateway.SignInWithCookieAsync("frida");
        var somebody = await gateway.SignInAsync("friedrich");

        var logout = await here.PostAsync("/auth/logout?scope=all", null);

        Assert.Equal(HttpStatusCode.NoContent, logout.StatusCode);
        await here.AssertEndedAsync();
        await there.AssertEndedAsync();
        await browser.AssertEndedAsync();
        await AssertAliveAsync(somebody);
        var refresh = await there.PostAsJsonAsync("/auth/refresh", new { refresh_token = there.Session.RefreshToken });
        await refresh.AssertRefusedAsync(401, "session_ended");
        await AssertAliveAsync(await gateway.LogInAsync("frida"));
    }

    [Fact]
    public async Task Logout_by_refresh_token_needs_no_access_token()
    {
        var georg = await gateway.SignInAsync("georg");

        var logout = await gateway.Anonymous().PostAsJsonAsync("/auth/logout", new { refresh_token = georg.Session.RefreshToken });

        Assert.Equal(HttpStatusCode.NoContent, logout.StatusCode);
        await georg.AssertEndedAsync();
    }

    [Theory]
    [InlineData("this")]
    [InlineData("all")]
    public async Task Second_logout_has_nothing_left_to_end_and_says_so_kindly(string scope)
    {
        var heidi = await gateway.SignInAsync("heidi");
        await heidi.PostAsync("/auth/logout?scope=" + scope, null);

        var byToken = await heidi.PostAsync("/auth/logout?scope=" + scope, null);
        var byRefreshToken = await gateway.Anonymous().PostAsJsonAsync("/auth/logout", new { refresh_token = heidi.Session.RefreshToken });

        Assert.Equal(HttpStatusCode.NoContent, byToken.StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, byRefreshToken.StatusCode);
    }

    [Fact]
    public async Task Ended_session_cannot_log_the_others_out()
    {
        var thief = await gateway.SignInAsync("ilse");
        var owner = await gateway.SignInAsync("ilse");
        await thief.PostAsync("/auth/logout", null);

        await thief.PostAsync("/auth/logout?scope=all", null);

        await AssertAliveAsync(owner);
    }

    [Theory]
    [InlineData("all")]
    [InlineData("others")]
    public async Task Ended_session_is_not_told_that_all_has_ended_while_something_lives(string scope)
    {
        var (ended, owner) = (await gateway.SignInAsync("isolde"), await gateway.SignInAsync("isolde"));
        await owner.DeleteAsync("/auth/sessions/" + Jwt.Payload(ended.Session.AccessToken)["sid"]);

        await (await ended.PostAsync("/auth/logout?scope=" + scope, null)).AssertRefusedAsync(401, "token_revoked");
        await (await gateway.Anonymous().PostAsJsonAsync("/auth/logout?scope=" + scope, new { refresh_token = ended.Session.RefreshToken })).AssertRefusedAsync(401, "session_ended");

        await AssertAliveAsync(owner);
    }

    [Theory]
    [InlineData("")]
    [InlineData("?scope=all")]
    public async Task Cookie_that_nobody_knows_has_nothing_to_end_and_no_proof_to_wait_for(string query)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/auth/logout" + query);
        request.Headers.Add("Cookie", "__Host-gateway=made-up");
        request.Headers.Add("Sec-Fetch-Site", "same-origin");
        request.Headers.Add("Prefer", "wait=30");

        var answer = await gateway.Anonymous().SendAsync(request);

        if (query.Length > 0)
            await answer.AssertRefusedAsync(401, "session_ended");
        else
            Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
        Assert.False(answer.Headers.Contains("Preference-Applied"));
    }

    // Also where nobody remembers the cookie: it may be another replica that is asked.
    [Fact]
    public async Task Cookie_whose_session_has_ended_is_told_so_kindly_again_and_again()
    {
        await using var forgetful = await TestGateway.StartAsync(settings => settings.Set("Gateway:Cache:Identities", 0));
        var browser = await forgetful.SignInWithCookieAsync("isabella");
        await browser.PostAsync("/auth/logout?scope=all", null);

        Assert.Equal(HttpStatusCode.NoContent, (await browser.PostAsync("/auth/logout?scope=all", null)).StatusCode);
    }

    // A thief may have it.
    [Fact]
    public async Task Refresh_token_of_long_ago_still_ends_its_session_and_no_other()
    {
        var (first, elsewhere) = (await gateway.SignInAsync("irmgard"), await gateway.SignInAsync("irmgard"));
        var third = await (await first.RefreshAsync()).RefreshAsync();
        foreach (var scope in (string[])["all", "others"])
            await (await gateway.Anonymous().PostAsJsonAsync("/auth/logout?scope=" + scope, new { refresh_token = first.Session.RefreshToken })).AssertRefusedAsync(401, "session_ended");
        await AssertAliveAsync(third);
        await AssertAliveAsync(elsewhere);

        var logout = await gateway.Anonymous().PostAsJsonAsync("/auth/logout", new { refresh_token = first.Session.RefreshToken });

        Assert.Equal(HttpStatusCode.NoContent, logout.StatusCode);
        await third.AssertEndedAsync();
        await AssertAliveAsync(elsewhere);
    }

    [Fact]
    public async Task Logout_of_nobody_needs_a_credential()
    {
        var response = await gateway.Anonymous().PostAsync("/auth/logout", null);

        await response.AssertRefusedAsync(401, "token_missing");
    }

    [Theory]
    [InlineData("everything")]
    [InlineData("")]
    [InlineData("this&scope=all")]
    public async Task Unknown_scope_ends_nothing(string scope)
    {
        var jutta = await gateway.SignInAsync("jutta");

        var response = await jutta.PostAsync("/auth/logout?scope=" + scope, null);

        await response.AssertRefusedAsync(400, "invalid_request");
        await AssertAliveAsync(jutta);
    }

    [Fact]
    public async Task Who_prefers_to_wait_is_told_that_it_holds_everywhere()
    {
        var jens = await gateway.SignInAsync("jens");
        jens.DefaultRequestHeaders.Add("Prefer", "wait=5");

        var logout = await jens.PostAsync("/auth/logout", null);

        var applied = await logout.ReadAsync<JsonElement>(HttpStatusCode.OK);
        Assert.Equal(("all", 1), (applied.GetProperty("applied").GetString(), applied.GetProperty("replicas").GetInt32()));
        Assert.Equal(["wait"], logout.Headers.GetValues("Preference-Applied"));
        await jens.AssertEndedAsync();
    }

    [Fact]
    public async Task Login_after_logout_starts_afresh()
    {
        var klaus = await gateway.SignInAsync("klaus");
        await klaus.PostAsync("/auth/logout", null);

        var again = await gateway.SignInAsync("klaus");

        Assert.NotEqual(klaus.Session.SessionId, again.Session.SessionId);
        await AssertAliveAsync(again);
    }

    [Fact]
    public async Task Logout_reaches_every_request_that_begins_after_its_answer()
    {
        var lotte = await gateway.SignInAsync("lotte");
        await lotte.GetAsync("/orders/1");
        using var stop = new CancellationTokenSource();
        var traffic = Task.WhenAll(Enumerable.Range(0, 4).Select(async _ =>
        {
            while (!stop.IsCancellationRequested)
                await lotte.GetAsync("/orders/1");
        }));

        await lotte.PostAsync("/auth/logout", null);
        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => lotte.GetAsync("/orders/1")));

        Assert.All(answers, answer => Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode));
        await stop.CancelAsync();
        await traffic;
    }

    private static async Task AssertAliveAsync(Caller caller) => Assert.Equal(HttpStatusCode.OK, (await caller.GetAsync("/orders/1")).StatusCode);
}

public sealed class LogoutTests(TestGateway gateway) : LogoutTests<TestGateway>(gateway);

public sealed class LogoutOnPostgresTests(PostgresGateway gateway) : LogoutTests<PostgresGateway>(gateway);
