using System.Text.RegularExpressions;
using Gateway.Accounts;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.IntegrationTests.Accounts;

/// <summary>A gateway whose time stands still, so that no allowance grows meanwhile.</summary>
public sealed class TimelessGateway() : TestGateway(new TestClock());

/// <summary>A guesser is stopped, and the owner is not.</summary>
public sealed partial class LoginThrottleTests(TimelessGateway gateway) : GatewayTests<TimelessGateway>(gateway)
{
    private const string Wrong = "not the password";

    private static int addresses;

    [Fact]
    public async Task Guesser_is_rate_limited_and_then_not_even_the_right_password_lets_a_stranger_in()
    {
        await gateway.SignUpAsync("aaron");
        await GuessAsync("aaron", 10);

        await (await LogInAsync(Stranger(), "aaron", Wrong)).AssertRefusedAsync(429, "rate_limited");
        var right = await LogInAsync(Stranger(), "aaron");

        await right.AssertRefusedAsync(429, "rate_limited");
        Assert.Equal("30", Assert.Single(right.Headers.GetValues("Retry-After")));
    }

    [Fact]
    public async Task Owner_gets_in_from_where_he_has_been_however_long_strangers_guess()
    {
        await gateway.SignUpAsync("amy");
        using var caf = Stranger();
        Assert.Equal(HttpStatusCode.OK, (await LogInAsync(caf, "amy")).StatusCode);
        await GuessAsync("amy", 15);

        Assert.Equal(HttpStatusCode.OK, (await LogInAsync(caf, "amy")).StatusCode);
        await gateway.LogInAsync("amy");
    }

    [Fact]
    public async Task Owner_who_has_logged_out_is_still_known_where_he_has_been()
    {
        var ada = await gateway.SignUpAsync("ada");
        await ada.PostAsync("/auth/logout", null);

        await GuessAsync("ada", 12);

        await gateway.LogInAsync("ada");
    }

    [Fact]
    public async Task Guesser_where_the_owner_has_been_is_stopped_too()
    {
        await gateway.SignUpAsync("abel");

        var answers = await TryAsync(gateway.Anonymous(), "abel", Wrong, 25);

        Assert.Equal(20, answers.Count(status => status is HttpStatusCode.Unauthorized));
        Assert.Equal(HttpStatusCode.TooManyRequests, answers[^1]);
    }

    [Fact]
    public async Task Other_spellings_of_a_name_are_no_other_accounts()
    {
        await GuessAsync("Alex", 4);
        await GuessAsync("ALEX", 3);
        await GuessAsync("alex", 3);

        await (await LogInAsync(Stranger(), "aLeX", Wrong)).AssertRefusedAsync(429, "rate_limited");
    }

    [Fact]
    public async Task Unknown_names_are_answered_as_known_ones()
    {
        await gateway.SignUpAsync("adele");

        var known = await StoryAsync("adele");
        var unknown = await StoryAsync("nobody-of-that-name");
        var impossible = await StoryAsync("no such name!");

        Assert.Equal(known, unknown);
        Assert.Equal(known, impossible);
    }

    [Fact]
    public async Task Disabled_account_is_answered_as_a_wrong_password_however_often()
    {
        await gateway.SignUpAsync("agnes");
        (await gateway.RunAsync(["users", "disable", "agnes"])).AssertSucceeded();

        var right = await TryAsync(Stranger(), "agnes", TestGateway.Password, 11);

        Assert.Equal([.. Enumerable.Repeat(HttpStatusCode.Unauthorized, 10), HttpStatusCode.TooManyRequests], right);
    }

    [Fact]
    public async Task Typed_name_that_looks_like_a_key_uses_up_nobody_elses_allowance()
    {
        await gateway.SignUpAsync("arno");
        await GuessAsync("home|127.0.0.1|arno", 10);
        await GuessAsync("arno|home", 10);
        await GuessAsync("arno", 10);

        await gateway.LogInAsync("arno");
    }

    [Fact]
    public async Task Right_passwords_cost_nothing()
    {
        await gateway.SignUpAsync("anton");

        var answers = await TryAsync(Stranger(), "anton", TestGateway.Password, 25);

        Assert.All(answers, status => Assert.Equal(HttpStatusCode.OK, status));
        await GuessAsync("anton", 10);
    }

    [Fact]
    public async Task Parallel_guesses_do_not_slip_through()
    {
        using var guesser = Stranger();

        var answers = await Task.WhenAll(Enumerable.Range(0, 60).Select(_ => LogInAsync(guesser, "arthur", Wrong)));

        Assert.Equal(10, answers.Count(answer => answer.StatusCode is HttpStatusCode.Unauthorized));
        Assert.Equal(50, answers.Count(answer => answer.StatusCode is HttpStatusCode.TooManyRequests));
    }

    [Fact]
    public async Task One_address_that_tries_many_accounts_is_rate_limited_and_whoever_lives_there_gets_in()
    {
        await gateway.SignUpAsync("astrid");
        using var shared = Stranger();
        Assert.Equal(HttpStatusCode.OK, (await LogInAsync(shared, "astrid")).StatusCode);

        for (var i = 0; i < 100; i++)
            await (await LogInAsync(shared, $"sprayed-{i}", Wrong)).AssertRefusedAsync(401, "invalid_credentials");

        await (await LogInAsync(shared, "sprayed-100", Wrong)).AssertRefusedAsync(429, "rate_limited");
        await (await LogInAsync(Stranger(), "sprayed-100", Wrong)).AssertRefusedAsync(401, "invalid_credentials");
        Assert.Equal(HttpStatusCode.OK, (await LogInAsync(shared, "astrid")).StatusCode);
    }

    [Fact]
    public async Task One_address_that_signs_up_without_end_or_asks_which_names_are_taken_is_rate_limited_and_mistakes_cost_nothing()
    {
        await gateway.SignUpAsync("alina");
        using var crowd = Stranger();
        for (var i = 0; i < 5; i++)
            await (await SignUpAsync(crowd, "x!", TestGateway.Password)).AssertRefusedAsync(400, "invalid_request");

        for (var i = 0; i < 998; i++)
            await (await SignUpAsync(crowd, "alina", TestGateway.Password)).AssertRefusedAsync(409, "username_taken");
        await (await SignUpAsync(crowd, "one-of-the-crowd", TestGateway.Password)).ReadJsonAsync(HttpStatusCode.Created);
        await (await SignUpAsync(crowd, "two-of-the-crowd", TestGateway.Password)).ReadJsonAsync(HttpStatusCode.Created);

        await (await SignUpAsync(crowd, "three-of-the-crowd", TestGateway.Password)).AssertRefusedAsync(429, "rate_limited");
        await (await SignUpAsync(Stranger(), "three-of-the-crowd", TestGateway.Password)).ReadJsonAsync(HttpStatusCode.Created);
        Assert.Equal(HttpStatusCode.OK, (await LogInAsync(crowd, "one-of-the-crowd")).StatusCode); // to log in is another matter
        (await gateway.RunAsync(["users", "add", "added", "--password-stdin"], TestGateway.Password)).AssertSucceeded();
    }

    [Fact]
    public async Task Thief_of_a_session_cannot_guess_the_password_by_changing_it()
    {
        var stolen = await gateway.SignUpAsync("august");
        var own = await gateway.LogInAsync("august");
        for (var i = 0; i < 10; i++)
            await (await ChangeAsync(stolen, Wrong)).AssertRefusedAsync(401, "invalid_credentials");

        await (await ChangeAsync(stolen, TestGateway.Password)).AssertRefusedAsync(429, "rate_limited");

        Assert.Equal(HttpStatusCode.NoContent, (await ChangeAsync(own, TestGateway.Password)).StatusCode);
    }

    [Fact]
    public async Task Right_password_changes_cost_nothing()
    {
        var ava = await gateway.SignUpAsync("ava");

        for (var i = 0; i < 12; i++)
            Assert.Equal(HttpStatusCode.NoContent, (await ChangeAsync(ava, TestGateway.Password)).StatusCode);
    }

    [Fact]
    public async Task Time_brings_another_try()
    {
        var clock = new TestClock();
        await using var own = await TestGateway.StartAsync(clock: clock);
        using var guesser = own.Anonymous();
        await TryAsync(guesser, "alan", Wrong, 10);
        await clock.AdvanceAsync(TimeSpan.FromSeconds(29));
        await (await LogInAsync(guesser, "alan", Wrong)).AssertRefusedAsync(429, "rate_limited");

        await clock.AdvanceAsync(TimeSpan.FromSeconds(1));

        await (await LogInAsync(guesser, "alan", Wrong)).AssertRefusedAsync(401, "invalid_credentials");
        await (await LogInAsync(guesser, "alan", Wrong)).AssertRefusedAsync(429, "rate_limited");
    }

    [Fact]
    public async Task Being_too_busy_to_look_at_a_password_costs_nothing()
    {
        await using var own = await TestGateway.StartAsync(clock: new TestClock());
        using var caller = own.Anonymous();
        own.Services.GetRequiredService<HashingThreads>().Dispose();

        var answers = await TryAsync(caller, "alma", Wrong, 15);

        Assert.All(answers, status => Assert.Equal(HttpStatusCode.ServiceUnavailable, status));
    }

    private Caller Stranger() => Caller.At(new IPAddress([127, 1, 0, (byte)Interlocked.Increment(ref addresses)]), gateway.Url);

    private static Task<HttpResponseMessage> LogInAsync(Caller caller, string username, string password = TestGateway.Password) =>
        caller.PostAsJsonAsync("/auth/login", new { username, password });

    private static Task<HttpResponseMessage> SignUpAsync(Caller caller, string username, string password) =>
        caller.PostAsJsonAsync("/auth/signup", new { username, password });

    private static Task<HttpResponseMessage> ChangeAsync(Caller caller, string current) =>
        caller.PostAsJsonAsync("/auth/password", new { current_password = current, new_password = TestGateway.Password });

    private static async Task<HttpStatusCode[]> TryAsync(Caller caller, string username, string password, int times)
    {
        List<HttpStatusCode> answers = [];
        for (var i = 0; i < times; i++)
            answers.Add((await LogInAsync(caller, username, password)).StatusCode);
        return [.. answers];
    }

    /// <summary>Wrong passwords, each from another address.</summary>
    private async Task GuessAsync(string username, int times)
    {
        for (var i = 0; i < times; i++)
        {
            using var stranger = Stranger();
            var answer = await LogInAsync(stranger, username, Wrong);
            Assert.Contains(answer.StatusCode, (HttpStatusCode[])[HttpStatusCode.Unauthorized, HttpStatusCode.TooManyRequests]);
        }
    }

    /// <summary>All that a guesser is told by twelve tries.</summary>
    private async Task<string[]> StoryAsync(string username)
    {
        List<string> story = [];
        for (var i = 0; i < 12; i++)
        {
            using var stranger = Stranger();
            var answer = await LogInAsync(stranger, username, Wrong);
            story.Add($"{answer.StatusCode} {answer.Headers.RetryAfter} {Decision().Replace(await answer.Content.ReadAsStringAsync(), "")}");
        }

        return [.. story];
    }

    [GeneratedRegex("\"decision\":\"[0-9a-f]+\"")]
    private static partial Regex Decision();
}
