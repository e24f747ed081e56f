using Gateway.Accounts;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Gateway.IntegrationTests.Platform;

/// <summary>All of it or nothing: each write is made to fail at each of its steps in turn.</summary>
public abstract class WriteFaultTests(FaultyGateway gateway) : IDisposable
{
    private const string NewPassword = "battery horse correct";

    /// <summary>What a user with two sessions asks for, and what it is answered when nothing fails.</summary>
    private static readonly Dictionary<string, (Func<Caller, Task<HttpResponseMessage>> Ask, HttpStatusCode Success)> Writes = new()
    {
        ["signup"] = (user => user.PostAsJsonAsync("/auth/signup", new { username = user.Session.User.Username + "-two", password = TestGateway.Password }), HttpStatusCode.Created),
        ["login"] = (user => user.PostAsJsonAsync("/auth/login", new { username = user.Session.User.Username, password = TestGateway.Password }), HttpStatusCode.OK),
        ["refresh"] = (user => user.PostAsJsonAsync("/auth/refresh", new { refresh_token = user.Session.RefreshToken }), HttpStatusCode.OK),
        ["logout-this"] = (user => user.PostAsync("/auth/logout", null), HttpStatusCode.NoContent),
        ["logout-others"] = (user => user.PostAsync("/auth/logout?scope=others", null), HttpStatusCode.NoContent),
        ["logout-all"] = (user => user.PostAsync("/auth/logout?scope=all", null), HttpStatusCode.NoContent),
        ["end-one"] = (user => user.DeleteAsync("/auth/sessions/" + user.Session.SessionId), HttpStatusCode.NoContent),
        ["password"] = (user => user.PostAsJsonAsync("/auth/password", new { current_password = TestGateway.Password, new_password = NewPassword }), HttpStatusCode.NoContent),
    };

    public static TheoryData<string> Names => [.. Writes.Keys];

    [Theory, MemberData(nameof(Names))]
    public async Task Failure_at_any_step_is_503_leaves_everything_as_it_was_and_the_next_try_succeeds(string name)
    {
        var (ask, success) = Writes[name];
        var (user, other) = await TwoSessionsAsync(name);
        var before = await gateway.RowsAsync();

        HttpResponseMessage response = null!;
        var step = 0;
        while (await FailsAt(++step))
        {
            await response.AssertRefusedAsync(503, "store_unavailable");
            Assert.Equal(before, await gateway.RowsAsync());
            Assert.Equal(HttpStatusCode.OK, (await user.GetAsync("/orders/1")).StatusCode);
            Assert.Equal(HttpStatusCode.OK, (await other.GetAsync("/orders/1")).StatusCode);
        }

        Assert.Equal(success, response.StatusCode);
        Assert.True(step > 3, $"There were only {step - 1} steps.");
        Assert.Equal(step - 1, gateway.Log.At(LogLevel.Error).Count());

        async Task<bool> FailsAt(int step)
        {
            gateway.Store.FailAt(step);
            response = await ask(user);
            return gateway.Store.Failed;
        }
    }

    [Fact]
    public async Task Disabling_that_fails_at_any_step_leaves_the_account_and_its_sessions_as_they_were()
    {
        var (user, _) = await TwoSessionsAsync("disable");
        var before = await gateway.RowsAsync();
        using var scope = gateway.Services.CreateScope();
        var administration = scope.ServiceProvider.GetRequiredService<UserAdministration>();
        var account = await administration.FindAsync("disable", default);

        var step = 0;
        while (true)
        {
            gateway.Store.FailAt(++step);
            var error = await Record.ExceptionAsync(() => administration.DisableAsync(account!, default));
            if (!gateway.Store.Failed)
                break;
            Assert.NotNull(error);
            Assert.Equal(before, await gateway.RowsAsync());
            Assert.Equal(HttpStatusCode.OK, (await user.GetAsync("/orders/1")).StatusCode);
        }

        Assert.True(step > 3);
        await (await user.GetAsync("/orders/1")).AssertRefusedAsync(403, "account_disabled");
    }

    [Theory, MemberData(nameof(Names))]
    public async Task What_was_committed_though_nobody_was_told_can_be_asked_for_again(string name)
    {
        var (ask, success) = Writes[name];
        var (user, _) = await TwoSessionsAsync("lost-" + name);

        gateway.Store.LosesAnswers = true;
        var lost = await ask(user);
        gateway.Store.LosesAnswers = false;
        var again = await ask(user);

        await lost.AssertRefusedAsync(503, "store_unavailable");
        if (name is "signup")
            await again.AssertRefusedAsync(409, "username_taken");      // it was made; logging in is what is left to do
        else if (name is "end-one")
            await again.AssertRefusedAsync(404, "route_not_found");
        else if (name is "password")
            await again.AssertRefusedAsync(401, "invalid_credentials");      // it is the new one by now
        else
            Assert.Equal(success, again.StatusCode);
    }

    [Fact]
    public async Task Refresh_whose_commit_was_not_told_of_gives_one_successor_and_ends_nobodys_session()
    {
        var (user, other) = await TwoSessionsAsync("refresher");
        gateway.Store.LosesAnswers = true;
        await (await Writes["refresh"].Ask(user)).AssertRefusedAsync(503, "store_unavailable");
        gateway.Store.LosesAnswers = false;

        var again = await user.RefreshAsync();
        var sameAgain = await user.RefreshAsync();

        Assert.Equal(again.Session.RefreshToken, sameAgain.Session.RefreshToken);
        Assert.Equal(HttpStatusCode.OK, (await (await again.RefreshAsync()).GetAsync("/orders/1")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await other.GetAsync("/orders/1")).StatusCode);
    }

    [Fact]
    public async Task Logout_whose_commit_was_not_told_of_holds_within_a_second()
    {
        var (user, _) = await TwoSessionsAsync("leaver");
        gateway.Store.LosesAnswers = true;
        await (await Writes["logout-this"].Ask(user)).AssertRefusedAsync(503, "store_unavailable");
        gateway.Store.LosesAnswers = false;

        await gateway.Clock.AdvanceAsync(TimeSpan.FromSeconds(2));

        var refused = await Eventually.IsAsync(() => user.GetAsync("/orders/1"), response => response.StatusCode is HttpStatusCode.Unauthorized);
        await refused.AssertRefusedAsync(401, "token_revoked");
    }

    public static TheoryData<string> Errors => ["cancelled", "io", "invalid", "denied", "aggregate", "timeout", "memory"];

    [Theory, MemberData(nameof(Errors))]
    public async Task Whatever_the_store_throws_is_our_trouble_told_once_in_the_log(string error)
    {
        var (user, _) = await TwoSessionsAsync("thrower-" + error);
        gateway.Store.Error = () => error switch
        {
            "cancelled" => new OperationCanceledException(),
            "io" => new IOException("input/output error"),
            "invalid" => new InvalidOperationException("The pool is closed."),
            "denied" => new UnauthorizedAccessException(),
            "aggregate" => new AggregateException(StoreFaults.DiskFull()),
            "timeout" => new TimeoutException(),
            _ => new InsufficientMemoryException(),
        };
        gateway.Store.FailAt(2);

        var response = await Writes["refresh"].Ask(user);

        await response.AssertRefusedAsync(503, "store_unavailable");
        Assert.Single(gateway.Log.At(LogLevel.Error));
    }

    [Fact]
    public async Task Client_that_leaves_is_no_error()
    {
        var (user, _) = await TwoSessionsAsync("hasty");
        using var leaving = new CancellationTokenSource();
        gateway.Store.Between = heard =>
        {
            gateway.Store.Between = _ => { };
            leaving.Cancel();
            heard.WaitHandle.WaitOne(TimeSpan.FromSeconds(10));
        };

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => user.PostAsync("/auth/logout", null, leaving.Token));

        Assert.Equal(HttpStatusCode.OK, (await user.GetAsync("/orders/1")).StatusCode);
        Assert.Empty(gateway.Log.At(LogLevel.Error));
        Assert.Equal(HttpStatusCode.NoContent, (await user.PostAsync("/auth/logout", null)).StatusCode);
    }

    private async Task<(Caller User, Caller Other)> TwoSessionsAsync(string name)
    {
        var user = await gateway.SignUpAsync(name);
        var other = await gateway.LogInAsync(name);
        gateway.Log.Forget();
        return (user, other);
    }

    public void Dispose()
    {
        (gateway.Store.Error, gateway.Store.LosesAnswers, gateway.Store.Between) = (StoreFaults.DiskFull, false, _ => { });
        gateway.Store.FailAt(0);
        gateway.Log.Forget();
        GC.SuppressFinalize(this);
    }
}

public sealed class WriteFaultOnSqliteTests(FaultyGateway gateway) : WriteFaultTests(gateway), IClassFixture<FaultyGateway>;

public sealed class WriteFaultOnPostgresTests(FaultyPostgresGateway gateway) : WriteFaultTests(gateway), IClassFixture<FaultyPostgresGateway>
{
    private static NpgsqlException Broken() => new("Exception while reading from stream", new IOException());

    private static PostgresException LostRace() => new("could not serialize access", "ERROR", "ERROR", PostgresErrorCodes.SerializationFailure);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Race_that_was_lost_and_connection_that_was_broken_before_the_commit_are_tried_again(bool race)
    {
        gateway.Store.Error = race ? LostRace : Broken;
        var anna = await gateway.SignUpAsync($"again-{race}");

        for (var step = 1; step <= 4; step++)      // the beginning and the commands of a refresh
        {
            gateway.Store.FailAt(step);
            anna = await anna.RefreshAsync();
            Assert.True(gateway.Store.Failed);
        }

        Assert.Equal(HttpStatusCode.OK, (await anna.GetAsync("/orders/1")).StatusCode);
    }

    [Fact]
    public async Task Commit_over_a_connection_that_breaks_is_not_tried_again()
    {
        (gateway.Store.Error, gateway.Store.FailsCommit) = (Broken, true);

        var unknown = await gateway.Anonymous().PostAsJsonAsync("/auth/signup", new { username = "unknown", password = TestGateway.Password });

        await unknown.AssertRefusedAsync(503, "store_unavailable");      // whether it was committed, nobody can tell
        Assert.False(gateway.Store.FailsCommit);
    }

    [Fact]
    public async Task Session_that_only_a_lost_try_ended_lives_on()
    {
        await using var small = new FaultyPostgresGateway();
        small.Settings.Set("Gateway:Sessions:MaxPerUser", 2);
        await small.InitializeAsync();
        var oldest = await small.SignUpAsync("anna");
        await small.Clock.AdvanceAsync(TimeSpan.FromSeconds(2));
        var other = await small.LogInAsync("anna");
        small.Store.Error = () =>
        {
            small.ExecuteAsync($"UPDATE sessions SET \"EndedAt\" = 1 WHERE \"Id\" = '{other.Session.SessionId}'").GetAwaiter().GetResult();      // now there is room
            return LostRace();
        };
        small.Store.FailsCommit = true;

        await small.LogInAsync("anna");

        Assert.False(small.Store.FailsCommit);
        Assert.Equal(HttpStatusCode.OK, (await oldest.GetAsync("/orders/1")).StatusCode);
    }
}
