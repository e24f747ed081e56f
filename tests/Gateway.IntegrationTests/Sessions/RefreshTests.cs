namespace Gateway.IntegrationTests.Sessions;

public abstract class RefreshTests<TGateway>(TGateway gateway) : GatewayTests<TGateway>(gateway) where TGateway : TestGateway
{
    [Fact]
    public async Task Refresh_answers_with_new_tokens_of_the_same_session()
    {
        var first = await gateway.SignUpAsync("anna");

        var second = await first.RefreshAsync();

        Assert.Equal(first.Session.SessionId, second.Session.SessionId);
        Assert.Equal(first.Session.User.Id, second.Session.User.Id);
        Assert.Equal("Bearer", second.Session.TokenType);
        Assert.NotEqual(first.Session.AccessToken, second.Session.AccessToken);
        Assert.NotEqual(first.Session.RefreshToken, second.Session.RefreshToken);
        Assert.Equal(HttpStatusCode.OK, (await second.GetAsync("/orders/1")).StatusCode);
    }

    [Fact]
    public async Task Refresh_leaves_the_older_access_token_until_it_expires()
    {
        var first = await gateway.SignUpAsync("bruno");

        await first.RefreshAsync();

        Assert.Equal(HttpStatusCode.OK, (await first.GetAsync("/orders/1")).StatusCode);
    }

    [Fact]
    public async Task Parallel_refreshes_of_one_token_get_one_successor()
    {
        var first = await gateway.SignUpAsync("claus");

        var sessions = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => first.RefreshAsync()));

        var successor = Assert.Single(sessions.Select(s => s.Session.RefreshToken).Distinct());
        Assert.NotEqual(first.Session.RefreshToken, successor);
        Assert.Equal(HttpStatusCode.OK, (await sessions[0].GetAsync("/orders/1")).StatusCode);
    }

    [Fact]
    public async Task Refresh_that_races_a_logout_leaves_nothing_alive()
    {
        await gateway.SignUpAsync("ilse");

        for (var round = 0; round < 10; round++)
        {
            var ilse = await gateway.LogInAsync("ilse");
            var refreshes = Enumerable.Range(0, 4).Select(_ => RefreshAsync(ilse.Session.RefreshToken)).ToList();
            refreshes.Insert(round % 5, ilse.PostAsync("/auth/logout", null));

            var answers = await Task.WhenAll(refreshes);

            foreach (var answer in answers.Where(answer => answer.StatusCode is HttpStatusCode.OK))
            {
                var session = await answer.ReadAsync<Session>(HttpStatusCode.OK);
                await (await gateway.Bearing(session.AccessToken).GetAsync("/orders/1")).AssertRefusedAsync(401, "token_revoked");
                await (await RefreshAsync(session.RefreshToken)).AssertRefusedAsync(401, "session_ended");
            }
            await (await RefreshAsync(ilse.Session.RefreshToken)).AssertRefusedAsync(401, "session_ended");
        }
    }

    [Fact]
    public async Task Lost_answer_is_asked_for_again()
    {
        var first = await gateway.SignUpAsync("dirk");

        var lost = await first.RefreshAsync();
        var again = await first.RefreshAsync();

        Assert.Equal(lost.Session.RefreshToken, again.Session.RefreshToken);
        Assert.NotEqual(lost.Session.RefreshToken, (await again.RefreshAsync()).Session.RefreshToken);
    }

    [Fact]
    public async Task Reuse_of_an_older_refresh_token_ends_the_session_for_thief_and_owner()
    {
        var first = await gateway.SignUpAsync("emil");
        var second = await first.RefreshAsync();
        var third = await second.RefreshAsync();
        await third.GetAsync("/orders/1"); // remembered by now
        gateway.Backend.Forget();

        var reuse = await RefreshAsync(first.Session.RefreshToken);

        await reuse.AssertRefusedAsync(401, "refresh_token_reused");
        await third.AssertEndedAsync();
        await first.AssertEndedAsync();
        await (await RefreshAsync(third.Session.RefreshToken)).AssertRefusedAsync(401, "session_ended", "refresh_token_reused");
        Assert.Empty(gateway.Backend.Requests);
    }

    [Fact]
    public async Task Reuse_in_one_session_leaves_the_users_other_sessions()
    {
        var first = await gateway.SignUpAsync("fritz");
        var other = await gateway.LogInAsync("fritz");
        await (await first.RefreshAsync()).RefreshAsync();

        await RefreshAsync(first.Session.RefreshToken);

        Assert.Equal(HttpStatusCode.OK, (await other.GetAsync("/orders/1")).StatusCode);
    }

    [Theory]
    [InlineData("x")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("' OR 1=1 --")]
    [InlineData("../../etc/passwd")]
    [InlineData("ünïcödé")]
    [InlineData(" ")]
    public async Task Refresh_token_that_nobody_gave_is_invalid(string token)
    {
        var response = await RefreshAsync(token);

        await response.AssertRefusedAsync(401, "token_invalid");
    }

    [Fact]
    public async Task Mangled_refresh_tokens_and_access_tokens_are_invalid_and_end_nothing()
    {
        var gerda = await gateway.SignUpAsync("gerda");
        var good = gerda.Session.RefreshToken;

        foreach (var bad in (string[])[good[..^1], good + "A", new string([.. good.Reverse()]), " " + good, gerda.Session.AccessToken, gerda.Session.SessionId])
            await (await RefreshAsync(bad)).AssertRefusedAsync(401, "token_invalid");

        Assert.Equal(HttpStatusCode.OK, (await gerda.GetAsync("/orders/1")).StatusCode);
        await gerda.RefreshAsync();
    }

    [Fact]
    public async Task Cookie_is_no_refresh_token()
    {
        var hanna = await gateway.SignInWithCookieAsync("hanna");

        var response = await RefreshAsync(hanna.Cookie.Split('=')[1]);

        await response.AssertRefusedAsync(401, "token_invalid");
        Assert.Equal(HttpStatusCode.OK, (await hanna.GetAsync("/orders/1")).StatusCode);
    }

    private Task<HttpResponseMessage> RefreshAsync(string token) => gateway.Anonymous().PostAsJsonAsync("/auth/refresh", new { refresh_token = token });
}

public sealed class RefreshTests(TestGateway gateway) : RefreshTests<TestGateway>(gateway);

public sealed class RefreshOnPostgresTests(PostgresGateway gateway) : RefreshTests<PostgresGateway>(gateway);
