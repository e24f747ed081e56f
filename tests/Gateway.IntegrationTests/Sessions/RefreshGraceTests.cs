namespace Gateway.IntegrationTests.Sessions;

/// <summary>When the predecessor of a refresh token still counts (design section 4), on a clock of our own.</summary>
public abstract class RefreshGraceTests(TestStore store)
{
    private readonly TestClock clock = new();

    [Fact]
    public async Task Within_a_second_the_predecessor_gives_the_same_successor_even_if_that_was_used()
    {
        await using var gateway = await StartAsync(clock: clock);
        var first = await gateway.SignUpAsync("anna");
        var second = await first.RefreshAsync();
        await second.GetAsync("/orders/1");

        var again = await first.RefreshAsync();

        Assert.Equal(second.Session.RefreshToken, again.Session.RefreshToken);
    }

    [Fact]
    public async Task Within_the_grace_the_predecessor_gives_the_same_successor_while_that_is_unseen()
    {
        await using var gateway = await StartAsync(clock: clock);
        var first = await gateway.SignUpAsync("anna");
        var second = await first.RefreshAsync();
        await first.GetAsync("/orders/1"); // the older generation's access token proves nothing

        await clock.AdvanceAsync(TimeSpan.FromSeconds(8));
        var again = await first.RefreshAsync();

        Assert.Equal(second.Session.RefreshToken, again.Session.RefreshToken);
    }

    [Fact]
    public async Task After_the_first_second_the_predecessor_is_reused_if_the_successors_access_token_was_seen()
    {
        await using var gateway = await StartAsync(clock: clock);
        var first = await gateway.SignUpAsync("anna");
        var second = await first.RefreshAsync();
        Assert.Equal(HttpStatusCode.OK, (await second.GetAsync("/orders/1")).StatusCode);

        await clock.AdvanceAsync(TimeSpan.FromSeconds(4));
        var reuse = await RefreshAsync(gateway, first);

        await reuse.AssertRefusedAsync(401, "refresh_token_reused");
        await (await second.GetAsync("/orders/1")).AssertRefusedAsync(401, "token_revoked", "session_ended");
    }

    [Fact]
    public async Task Use_of_the_successors_access_token_counts_within_a_second()
    {
        await using var gateway = await StartAsync(clock: clock);
        var first = await gateway.SignUpAsync("anna");
        var second = await first.RefreshAsync();
        await second.GetAsync("/orders/1");

        await clock.AdvanceAsync(TimeSpan.FromSeconds(1));
        await Eventually.IsAsync(() => gateway.CountAsync("sessions WHERE \"GenerationSeen\""), seen => seen == 1);
        var reuse = await RefreshAsync(gateway, first);

        await reuse.AssertRefusedAsync(401, "refresh_token_reused");
    }

    [Fact]
    public async Task Clock_that_is_set_back_ends_no_session_whose_answer_was_lost()
    {
        await using var gateway = await StartAsync(clock: clock);
        var first = await gateway.SignUpAsync("anna");
        var second = await first.RefreshAsync();

        clock.AdjustTime(clock.GetUtcNow() - TimeSpan.FromMinutes(1));
        var again = await first.RefreshAsync();

        Assert.Equal(second.Session.RefreshToken, again.Session.RefreshToken);
        await again.RefreshAsync();
    }

    [Fact]
    public async Task Clock_that_is_set_back_does_not_hide_a_reuse()
    {
        await using var gateway = await StartAsync(clock: clock);
        var first = await gateway.SignUpAsync("anna");
        var second = await first.RefreshAsync();
        await second.GetAsync("/orders/1");
        await clock.AdvanceAsync(TimeSpan.FromSeconds(3));

        clock.AdjustTime(clock.GetUtcNow() - TimeSpan.FromMinutes(1));

        await (await RefreshAsync(gateway, first)).AssertRefusedAsync(401, "refresh_token_reused");
        await (await RefreshAsync(gateway, second)).AssertRefusedAsync(401, "session_ended");
    }

    [Fact]
    public async Task After_the_grace_the_predecessor_is_reused_though_the_successor_is_unseen()
    {
        await using var gateway = await StartAsync(clock: clock);
        var first = await gateway.SignUpAsync("anna");
        var second = await first.RefreshAsync();

        await clock.AdvanceAsync(TimeSpan.FromSeconds(11));
        var reuse = await RefreshAsync(gateway, first);

        await reuse.AssertRefusedAsync(401, "refresh_token_reused");
        await (await RefreshAsync(gateway, second)).AssertRefusedAsync(401, "session_ended", "refresh_token_reused");
    }

    [Fact]
    public async Task Without_a_grace_the_predecessor_is_reused_after_its_second()
    {
        await using var gateway = await StartAsync(settings => settings.Set("Gateway:Sessions:RefreshGrace", "00:00:00"), clock);
        var first = await gateway.SignUpAsync("anna");
        await first.RefreshAsync();

        await clock.AdvanceAsync(TimeSpan.FromSeconds(2));
        var reuse = await RefreshAsync(gateway, first);

        await reuse.AssertRefusedAsync(401, "refresh_token_reused");
    }

    [Fact]
    public async Task Successor_is_the_same_after_a_restart_within_the_grace()
    {
        await using var gateway = await StartAsync(clock: clock);
        var first = await gateway.SignUpAsync("anna");
        var second = await first.RefreshAsync();

        await gateway.RestartAsync();
        var again = await (await RefreshAsync(gateway, first)).ReadAsync<Session>(HttpStatusCode.OK);

        Assert.Equal(second.Session.RefreshToken, again.RefreshToken);
    }

    [Fact]
    public async Task Idle_session_ends()
    {
        await using var gateway = await StartAsync(settings => settings.Set("Gateway:Sessions:IdleLifetime", "01:00:00"), clock);
        var anna = await gateway.SignUpAsync("anna");
        var browser = await gateway.SignInWithCookieAsync("anna");

        await clock.AdvanceAsync(TimeSpan.FromMinutes(61));

        await (await RefreshAsync(gateway, anna)).AssertRefusedAsync(401, "session_ended");
        await (await browser.GetAsync("/orders/1")).AssertRefusedAsync(401, "session_ended");
        Assert.Empty(gateway.Backend.Requests);
    }

    [Fact]
    public async Task Session_that_idled_out_is_not_revived_by_a_token_that_is_still_in_force_nor_by_a_refresh()
    {
        await using var gateway = await StartAsync(settings => settings.Set("Gateway:Sessions:IdleLifetime", "00:01:00"), clock);
        var anna = await gateway.SignUpAsync("anna");

        clock.Advance(TimeSpan.FromMinutes(1));
        var refused = await RefreshAsync(gateway, anna);
        await anna.GetAsync("/orders/1");
        await clock.AdvanceAsync(TimeSpan.FromSeconds(2));

        await refused.AssertRefusedAsync(401, "session_ended");
        await (await RefreshAsync(gateway, anna)).AssertRefusedAsync(401, "session_ended");
    }

    [Fact]
    public async Task Session_in_use_does_not_idle_and_ends_at_its_absolute_lifetime_all_the_same()
    {
        await using var gateway = await StartAsync(settings => settings
            .Set("Gateway:Sessions:IdleLifetime", "01:00:00")
            .Set("Gateway:Sessions:AbsoluteLifetime", "02:00:00"), clock);
        var anna = await gateway.SignUpAsync("anna");
        var browser = await gateway.SignInWithCookieAsync("anna");

        for (var i = 0; i < 2; i++)
        {
            await clock.AdvanceAsync(TimeSpan.FromMinutes(45));
            anna = await anna.RefreshAsync();
            Assert.Equal(HttpStatusCode.OK, (await browser.GetAsync("/orders/1")).StatusCode);
        }
        gateway.Backend.Forget();
        await clock.AdvanceAsync(TimeSpan.FromMinutes(45));

        await (await RefreshAsync(gateway, anna)).AssertRefusedAsync(401, "session_ended");
        await (await browser.GetAsync("/orders/1")).AssertRefusedAsync(401, "session_ended");
        Assert.Empty(gateway.Backend.Requests);
    }

    [Fact]
    public async Task Access_token_does_not_outlive_the_absolute_end_of_its_session()
    {
        await using var gateway = await StartAsync(settings => settings.Set("Gateway:Sessions:AbsoluteLifetime", "00:07:00"), clock);
        var anna = await gateway.SignUpAsync("anna");

        await clock.AdvanceAsync(TimeSpan.FromMinutes(5));
        var next = await anna.RefreshAsync();

        Assert.InRange(next.Session.ExpiresIn, 1, 121);
    }

    private static Task<HttpResponseMessage> RefreshAsync(TestGateway gateway, Caller caller) =>
        gateway.Anonymous().PostAsJsonAsync("/auth/refresh", new { refresh_token = caller.Session.RefreshToken });

    private Task<TestGateway> StartAsync(Action<SettingsFile>? change = null, TimeProvider? clock = null) => TestGateway.StartAsync(change, clock, store: store);
}

public sealed class RefreshGraceOnSqliteTests() : RefreshGraceTests(TestStore.Sqlite);

public sealed class RefreshGraceOnPostgresTests() : RefreshGraceTests(TestStore.Postgres);
