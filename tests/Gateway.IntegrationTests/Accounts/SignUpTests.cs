namespace Gateway.IntegrationTests.Accounts;

public abstract class SignUpTests<TGateway>(TGateway gateway) : GatewayTests<TGateway>(gateway) where TGateway : TestGateway
{
    private static readonly string[] SessionMembers = ["access_token", "expires_in", "refresh_token", "session_id", "token_type", "user"];
    private static readonly string[] UserMembers = ["email", "id", "roles", "username"];

    [Fact]
    public async Task Sign_up_answers_with_a_session_of_the_new_user()
    {
        var caller = gateway.Anonymous();

        var response = await caller.PostAsJsonAsync("/auth/signup", new { username = "ann", password = TestGateway.Password, email = "ann@example.com" });

        var session = await response.ReadJsonAsync(HttpStatusCode.Created);
        Assert.Equal(SessionMembers, session.Select(member => member.Key).Order());
        Assert.Equal(UserMembers, session["user"]!.AsObject().Select(member => member.Key).Order());
        Assert.Equal("Bearer", (string)session["token_type"]!);
        Assert.Equal(300, (int)session["expires_in"]!);
        Assert.Equal("ann", (string)session["user"]!["username"]!);
        Assert.Equal("ann@example.com", (string)session["user"]!["email"]!);
        Assert.Equal("user", (string)Assert.Single(session["user"]!["roles"]!.AsArray())!);
        Assert.Contains("no-store", response.Headers.CacheControl!.ToString());
    }

    [Fact]
    public async Task New_user_reaches_a_protected_backend_at_once()
    {
        var bob = await gateway.SignUpAsync("bob");

        var response = await bob.GetAsync("/orders/1");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(bob.Session.User.Id, gateway.Backend.Request.Headers["X-User-Id"]);
    }

    [Fact]
    public async Task Name_is_kept_in_its_one_canonical_form()
    {
        var session = (await gateway.SignUpAsync("Carol.B_1-x")).Session;

        var again = (await gateway.LogInAsync("cAROL.b_1-X")).Session;

        Assert.Equal("carol.b_1-x", session.User.Username);
        Assert.Equal(session.User, again.User with { Roles = session.User.Roles });
    }

    [Theory]
    [InlineData("")]
    [InlineData("ab")]
    [InlineData("a23456789b123456789c123456789d123456789e123456789f123456789g12345")] // 65
    [InlineData("has space")]
    [InlineData(" lead")]
    [InlineData("trail ")]
    [InlineData("a/b/c")]
    [InlineData("semi;colon")]
    [InlineData("comma,name")]
    [InlineData("me@example.com")]
    [InlineData("50%off")]
    [InlineData("josé")]
    [InlineData("аdmin")]                 // Cyrillic а
    [InlineData("ａｄｍｉｎ")]             // fullwidth, NFKC would make it admin
    [InlineData("aİstanbul")]             // İ lower-cases to two characters
    [InlineData("\u212Aelvin")]           // the Kelvin sign lower-cases to k
    [InlineData("nul\0name")]
    [InlineData("line\nbreak")]
    [InlineData("ad\u200Bmin")]           // zero width space
    [InlineData("\u202Enimda")]           // right-to-left override
    public async Task Name_outside_the_rule_is_refused(string name)
    {
        var caller = gateway.Anonymous();

        var response = await caller.PostAsJsonAsync("/auth/signup", new { username = name, password = TestGateway.Password });

        await response.AssertRefusedAsync(400, "invalid_request");
    }

    [Theory]
    [InlineData("abc")]
    [InlineData("a23456789b123456789c123456789d123456789e123456789f123456789g1234")] // 64
    [InlineData("0-0")]
    [InlineData("a.b_c-d")]
    public async Task Name_at_the_edge_of_the_rule_is_taken(string name)
    {
        var caller = await gateway.SignUpAsync(name);

        Assert.Equal(name, caller.Session.User.Username);
    }

    [Theory]
    [InlineData("")]
    [InlineData("no-at-sign")]
    [InlineData("@example.com")]
    [InlineData("a@")]
    [InlineData("a@b@c")]
    [InlineData("a b@example.com")]
    [InlineData("a@example.com\r\nBcc: b@example.com")]
    [InlineData("a\0@example.com")]
    public async Task Email_that_is_none_is_refused(string email)
    {
        var caller = gateway.Anonymous();

        var response = await caller.PostAsJsonAsync("/auth/signup", new { username = "dora", password = TestGateway.Password, email });

        await response.AssertRefusedAsync(400, "invalid_request");
    }

    [Theory]
    [InlineData("")]
    [InlineData("1234567")]
    [InlineData("Tr0ub4!")]
    public async Task Password_that_is_too_short_is_weak(string password)
    {
        var caller = gateway.Anonymous();

        var response = await caller.PostAsJsonAsync("/auth/signup", new { username = "eve", password });

        var problem = await response.AssertRefusedAsync(400, "weak_password");
        Assert.Contains("8", (string)problem["detail"]!);
    }

    [Fact]
    public async Task Password_that_is_the_name_or_beyond_all_measure_is_weak()
    {
        var caller = gateway.Anonymous();

        foreach (var password in (string[])["eveline.smith", "EVELINE.smith", new('x', 1025), string.Concat(Enumerable.Repeat("é", 513))])
            await (await caller.PostAsJsonAsync("/auth/signup", new { username = "eveline.smith", password })).AssertRefusedAsync(400, "weak_password");
    }

    [Fact]
    public async Task Common_password_is_weak_wherever_one_is_chosen()
    {
        const string Common = "iloveyou";
        var user = await gateway.KeptAsync("ordinary");

        foreach (var password in (string[])[Common, "ILoveYou", "12345678", "qwertyuiop"])
        {
            var problem = await (await gateway.Anonymous().PostAsJsonAsync("/auth/signup", new { username = "common", password })).AssertRefusedAsync(400, "weak_password");
            Assert.Contains("most common", (string)problem["detail"]!);
        }

        await (await user.PostAsJsonAsync("/auth/password", new { current_password = TestGateway.Password, new_password = Common })).AssertRefusedAsync(400, "weak_password");
        (await gateway.RunAsync(["users", "add", "common", "--password-stdin"], Common)).AssertRefused("most common");
        (await gateway.RunAsync(["users", "set", "ordinary", "--password-stdin"], Common)).AssertRefused("most common");
    }

    [Fact]
    public async Task Taken_name_is_refused_in_every_spelling()
    {
        await gateway.SignUpAsync("frank");
        var caller = gateway.Anonymous();

        var response = await caller.PostAsJsonAsync("/auth/signup", new { username = "FRANK", password = "another good password" });

        await response.AssertRefusedAsync(409, "username_taken");
        await gateway.LogInAsync("frank");
    }

    [Fact]
    public async Task Taken_email_is_refused_in_every_spelling()
    {
        await gateway.SignUpAsync("grace", "grace@example.com");
        var caller = gateway.Anonymous();

        var response = await caller.PostAsJsonAsync("/auth/signup", new { username = "grace2", password = TestGateway.Password, email = "Grace@Example.com" });

        await response.AssertRefusedAsync(409, "username_taken");
        await AssertNoAccountAsync("grace2");
    }

    [Theory]
    [InlineData("\"roles\":[\"admin\"]")]
    [InlineData("\"role\":\"admin\"")]
    [InlineData("\"id\":\"1\"")]
    [InlineData("\"sub\":\"1\"")]
    [InlineData("\"ver\":99")]
    [InlineData("\"email_verified\":true")]
    [InlineData("\"EmailConfirmed\":true")]
    [InlineData("\"is_admin\":true")]
    [InlineData("\"__proto__\":{\"roles\":[\"admin\"]}")]
    public async Task Mass_assignment_is_refused_and_creates_nothing(string member)
    {
        var caller = gateway.Anonymous();

        var response = await caller.PostJsonAsync("/auth/signup", $$"""{"username":"mallory","password":"{{TestGateway.Password}}",{{member}}}""");

        await response.AssertRefusedAsync(400, "invalid_request");
        await AssertNoAccountAsync("mallory");
    }

    [Fact]
    public async Task Parallel_sign_ups_of_one_name_make_one_account()
    {
        await using var other = await TestGateway.StartAsync(settings => settings.Set("Gateway:Passwords:QueueLimit", 64)); // the rest are told that we are busy
        var caller = other.Anonymous();
        string[] spellings = ["trent", "Trent", "TRENT", "tReNt"];

        var responses = await Task.WhenAll(Enumerable.Range(0, 200).Select(i =>
            caller.PostAsJsonAsync("/auth/signup", new { username = spellings[i % spellings.Length], password = TestGateway.Password })));

        Assert.Single(responses, r => r.StatusCode == HttpStatusCode.Created);
        foreach (var refused in responses.Where(r => r.StatusCode != HttpStatusCode.Created))
            await refused.AssertRefusedAsync((int)refused.StatusCode, "username_taken", "busy", "rate_limited"); // from one address only so many
        var list = (await other.RunAsync(["users", "list"])).AssertSucceeded();
        Assert.Single(list.Output.Split('\n'), line => line.Contains("trent", StringComparison.OrdinalIgnoreCase));
    }

    private async Task AssertNoAccountAsync(string name)
    {
        var caller = gateway.Anonymous();
        var login = await caller.PostAsJsonAsync("/auth/login", new { username = name, password = TestGateway.Password });
        await login.AssertRefusedAsync(401, "invalid_credentials");
    }
}

public sealed class SignUpTests(TestGateway gateway) : SignUpTests<TestGateway>(gateway);

public sealed class SignUpOnPostgresTests(PostgresGateway gateway) : SignUpTests<PostgresGateway>(gateway);
