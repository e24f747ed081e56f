using Gateway.Accounts;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.IntegrationTests.Sessions;

/// <summary>A session lives as long as it is used, however short that is beside the life of a token; on a clock of our own.</summary>
public sealed class IdleTests
{
    private readonly TestClock clock = new();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Session_in_use_goes_on_and_ends_when_it_is_left(bool cookie)
    {
        await using var gateway = await StartAsync("00:01:00", "00:05:00");
        var anna = cookie ? await gateway.SignInWithCookieAsync("anna") : await gateway.SignUpAsync("anna");
        for (var seconds = 0; seconds < 200; seconds += 20)
        {
            if (!cookie && seconds % 40 == 20)
                anna = await anna.RefreshAsync();
            Assert.Equal(HttpStatusCode.OK, (await anna.GetAsync("/orders/1")).StatusCode);
            await clock.AdvanceAsync(TimeSpan.FromSeconds(20));
        }

        await clock.AdvanceAsync(TimeSpan.FromSeconds(70));

        await (await anna.GetAsync("/orders/1")).AssertRefusedAsync(401, "session_ended", "token_expired");
        if (!cookie)
            await (await anna.PostAsJsonAsync("/auth/refresh", new { refresh_token = anna.Session.RefreshToken })).AssertRefusedAsync(401, "session_ended");
    }

    [Fact]
    public async Task Use_of_a_remembered_credential_counts()
    {
        await using var gateway = await StartAsync("00:02:00", "00:05:00");
        var anna = await gateway.SignInWithCookieAsync("anna");
        Assert.Equal(HttpStatusCode.OK, (await anna.GetAsync("/orders/1")).StatusCode);
        await clock.AdvanceAsync(TimeSpan.FromSeconds(90));
        Assert.Equal(HttpStatusCode.OK, (await anna.GetAsync("/orders/1")).StatusCode); // from memory

        await clock.AdvanceAsync(TimeSpan.FromSeconds(90));

        Assert.Equal(HttpStatusCode.OK, (await anna.GetAsync("/orders/1")).StatusCode);
    }

    [Fact]
    public async Task Roles_that_change_all_the_time_log_no_browser_out()
    {
        await using var gateway = await TestGateway.StartAsync();
        var anna = await gateway.SignInWithCookieAsync("anna");
        using var done = new CancellationTokenSource();
        var requests = Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            var statuses = new List<HttpStatusCode>();
            while (!done.IsCancellationRequested)
                statuses.Add((await anna.GetAsync("/orders/1")).StatusCode);
            return statuses;
        })).ToArray();

        for (var i = 0; i < 50; i++)
        {
            await using var scope = gateway.Services.CreateAsyncScope();
            var users = scope.ServiceProvider.GetRequiredService<UserAdministration>();
            var change = new UserAdministration.Change([$"role{i}"], [], null, null, false);
            Assert.Null(await users.SetAsync((await users.FindAsync("anna", default))!, change, default));
        }

        await done.CancelAsync();
        Assert.Equal([HttpStatusCode.OK], (await Task.WhenAll(requests)).SelectMany(statuses => statuses).Distinct());
    }

    // Its last use may wait to be written, for as long as the database is away: written after the end, it would bring the session back.
    [Fact]
    public async Task What_seems_to_have_idled_out_is_ended_all_the_same()
    {
        await using var gateway = await StartAsync("00:01:00", "00:05:00");
        var (left, owner) = (await gateway.SignUpAsync("anna"), await gateway.SignInAsync("anna"));
        await clock.AdvanceAsync(TimeSpan.FromSeconds(50));
        owner = await owner.RefreshAsync();
        await clock.AdvanceAsync(TimeSpan.FromSeconds(20));

        await owner.PostAsync("/auth/logout?scope=all", null);

        Assert.Equal(0, Database.Count(gateway.DatabaseFile, "sessions WHERE EndedAt IS NULL"));
        Assert.Equal(1, Database.Count(gateway.DatabaseFile, $"revocations WHERE Value = '{Jwt.Payload(left.Session.AccessToken)["sid"]}'"));
    }

    // What is thrown away while a clock is wrong is gone when it is right again.
    [Fact]
    public async Task Clock_that_runs_ahead_for_a_while_throws_no_session_away()
    {
        await using var gateway = await StartAsync("00:10:00", "00:05:00");
        var anna = await gateway.SignUpAsync("anna");

        clock.WallError = TimeSpan.FromDays(20);
        await clock.AdvanceAsync(TimeSpan.FromSeconds(130));
        clock.WallError = TimeSpan.Zero;
        await clock.AdvanceAsync(TimeSpan.FromSeconds(5));

        Assert.Equal(HttpStatusCode.OK, (await (await anna.RefreshAsync()).GetAsync("/orders/1")).StatusCode);
    }

    // A gateway that was started while the clock was behind must not keep everything for ever.
    [Fact]
    public async Task Clock_that_stays_ahead_for_a_day_is_believed()
    {
        await using var gateway = await StartAsync("10.00:00:00", "00:05:00");
        await gateway.SignUpAsync("anna");

        clock.WallError = TimeSpan.FromDays(20);
        await clock.AdvanceAsync(TimeSpan.FromSeconds(130));
        Assert.Equal(1, Database.Count(gateway.DatabaseFile, "sessions"));
        await clock.AdvanceAsync(TimeSpan.FromHours(25));
        await clock.AdvanceAsync(TimeSpan.FromSeconds(65));

        Assert.Equal(0, Database.Count(gateway.DatabaseFile, "sessions"));
    }

    private Task<TestGateway> StartAsync(string idle, string access) => TestGateway.StartAsync(
        settings => settings.Set("Gateway:Sessions:IdleLifetime", idle).Set("Gateway:Tokens:AccessLifetime", access), clock);
}
