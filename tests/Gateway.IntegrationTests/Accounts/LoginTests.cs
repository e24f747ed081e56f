namespace Gateway.IntegrationTests.Accounts;

public abstract class LoginTests<TGateway>(TGateway gateway) : GatewayTests<TGateway>(gateway) where TGateway : TestGateway
{
    [Fact]
    public async Task Login_starts_another_session_of_the_same_user()
    {
        var first = (await gateway.SignUpAsync("alice")).Session;

        var second = (await gateway.LogInAsync("alice")).Session;

        Assert.Equal(first.User.Id, second.User.Id);
        Assert.NotEqual(first.SessionId, second.SessionId);
        Assert.NotEqual(first.AccessToken, second.AccessToken);
        Assert.NotEqual(first.RefreshToken, second.RefreshToken);
    }

    [Fact]
    public async Task Wrong_password_and_unknown_user_are_told_the_same()
    {
        await gateway.SignUpAsync("bella");

        var wrong = await RefusedLoginAsync("bella", "not her password");
        var unknown = await RefusedLoginAsync("nobody-of-that-name", "not her password");

        wrong.Remove("decision");
        unknown.Remove("decision");
        Assert.Equal(wrong.ToJsonString(), unknown.ToJsonString());
    }

    [Fact]
    public async Task Name_that_no_account_can_have_is_an_unknown_user()
    {
        await RefusedLoginAsync("no such name!", TestGateway.Password);
    }

    [Fact]
    public async Task Password_counts_beyond_the_72_bytes_that_bcrypt_reads()
    {
        var start = new string('x', 80);
        var caller = gateway.Anonymous();
        await (await caller.PostAsJsonAsync("/auth/signup", new { username = "cecil", password = start + "A" })).ReadJsonAsync(HttpStatusCode.Created);

        await RefusedLoginAsync("cecil", start + "B");

        await gateway.LogInAsync("cecil", start + "A");
    }

    [Theory]
    [InlineData("\uFFFE")]
    [InlineData("a\U0001F512")] // its half lies where a longer password would be cut
    public async Task Any_text_that_json_can_carry_may_be_tried_as_a_password(string text)
    {
        await gateway.SignInAsync("carl");

        await RefusedLoginAsync("carl", text);
        await RefusedLoginAsync("carl", text + string.Concat(Enumerable.Repeat("\U0001F512", 1000)));
    }

    [Fact]
    public async Task Password_is_the_same_in_either_unicode_composition()
    {
        var caller = gateway.Anonymous();
        await (await caller.PostAsJsonAsync("/auth/signup", new { username = "chloe", password = "caf\u00e9 au lait" })).ReadJsonAsync(HttpStatusCode.Created);

        await gateway.LogInAsync("chloe", "cafe\u0301 au lait");
    }

    [Fact]
    public async Task Password_is_not_trimmed_and_minds_its_case()
    {
        await gateway.SignUpAsync("dilbert");

        await RefusedLoginAsync("dilbert", TestGateway.Password + " ");
        await RefusedLoginAsync("dilbert", TestGateway.Password.ToUpperInvariant());
    }

    [Fact]
    public async Task Unverified_email_is_no_name_to_log_in_with()
    {
        await gateway.SignUpAsync("edith", "edith@example.com");

        await RefusedLoginAsync("edith@example.com", TestGateway.Password);
    }

    [Fact]
    public async Task Verified_email_is_a_name_to_log_in_with()
    {
        var fiona = await gateway.SignUpAsync("fiona");
        (await gateway.RunAsync(["users", "set", "fiona", "--email", "fiona@example.com"])).AssertSucceeded();

        var again = await gateway.LogInAsync("Fiona@example.com");

        Assert.Equal(fiona.Session.User.Id, again.Session.User.Id);
    }

    [Fact]
    public async Task Disabled_account_is_told_what_a_wrong_password_is_told()
    {
        await gateway.SignUpAsync("gerald");
        (await gateway.RunAsync(["users", "disable", "gerald"])).AssertSucceeded();

        await RefusedLoginAsync("gerald", TestGateway.Password);
    }

    private async Task<JsonObject> RefusedLoginAsync(string username, string password)
    {
        var caller = gateway.Anonymous();
        var response = await caller.PostAsJsonAsync("/auth/login", new { username, password });
        return await response.AssertRefusedAsync(401, "invalid_credentials");
    }
}

public sealed class LoginTests(TestGateway gateway) : LoginTests<TestGateway>(gateway);

public sealed class LoginOnPostgresTests(PostgresGateway gateway) : LoginTests<PostgresGateway>(gateway);
