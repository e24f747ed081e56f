using Gateway.Accounts;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

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
    public async Task Password_of_a_kilobyte_may_be_and_a_longer_one_is_a_wrong_one()
    {
        var longest = new string('x', 1022) + "\u00e9"; // 1,024 bytes
        await (await gateway.Anonymous().PostAsJsonAsync("/auth/signup", new { username = "lola", password = longest })).ReadJsonAsync(HttpStatusCode.Created);

        await gateway.LogInAsync("lola", longest);

        await RefusedLoginAsync("lola", longest + "x");
        await RefusedLoginAsync("lola", new string('x', 15_000));
    }

    [Theory]
    [InlineData("no hash at all")]
    [InlineData("$2a$16$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy")] // 65,536 rounds would hold up everybody else
    [InlineData("$2b$31$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy")]
    [InlineData("gw1$0000000000000000$$2a$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy")] // of a Secret that is not listed
    public async Task Hash_that_cannot_be_read_is_a_wrong_password_and_an_alert(string hash)
    {
        var (name, passwords) = ($"user-{Guid.NewGuid():N}", gateway.Services.GetRequiredService<Passwords>());
        var session = (await gateway.SignUpAsync(name)).Session;
        await gateway.ExecuteAsync($"UPDATE users SET \"PasswordHash\" = '{hash}' WHERE \"Id\" = '{session.User.Id}'");
        var before = passwords.Unreadable;

        await RefusedLoginAsync(name, TestGateway.Password);

        Assert.Equal(1, passwords.Unreadable - before);
        var alert = Assert.Single(gateway.Log.At(LogLevel.Error));
        Assert.StartsWith("Gateway.Accounts.Passwords[1000]", alert);
        Assert.Contains(session.User.Id, alert);
        Assert.DoesNotContain(name, alert);
        Assert.DoesNotContain(hash, alert);
        gateway.Log.AssertNoSecrets();
        gateway.Log.Forget();
    }

    [Fact]
    public async Task Imported_hash_verifies_and_is_ours_afterwards()
    {
        var oscar = await gateway.SignUpAsync("oscar");
        foreach (var marker in (string[])["$2a$", "$2b$", "$2y$"])
        {
            var imported = marker + BCrypt.Net.BCrypt.HashPassword("an imported password", 4)[4..];
            await gateway.ExecuteAsync($"UPDATE users SET \"PasswordHash\" = '{imported}' WHERE \"Id\" = '{oscar.Session.User.Id}'");

            await gateway.LogInAsync("oscar", "an imported password");

            Assert.Equal(1, await gateway.CountAsync($"users WHERE \"Id\" = '{oscar.Session.User.Id}' AND \"PasswordHash\" LIKE 'gw1$%'"));
        }
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

    protected async Task<JsonObject> RefusedLoginAsync(string username, string password)
    {
        var caller = gateway.Anonymous();
        var response = await caller.PostAsJsonAsync("/auth/login", new { username, password });
        return await response.AssertRefusedAsync(401, "invalid_credentials");
    }
}

public sealed class LoginTests(TestGateway gateway) : LoginTests<TestGateway>(gateway)
{
    private readonly TestGateway gateway = gateway;

    // What was set, what is tried, and whether it is the same password: NFC and nothing else, never trimmed, folded or cut.
    [Theory]
    [InlineData("  spaces around  ", "  spaces around  ", true)]
    [InlineData("  spaces around  ", "spaces around", false)]
    [InlineData("        ", "        ", true)] // eight spaces
    [InlineData("        ", "         ", false)]
    [InlineData("nul\0 in the middle", "nul\0 in the middle", true)]
    [InlineData("nul\0 in the middle", "nul", false)]
    [InlineData("nul\0 in the middle", "nul\0 at the end", false)]
    [InlineData("tab\tand\nline break", "tab\tand\nline break", true)]
    [InlineData("tab\tand\nline break", "tab and line break", false)]
    [InlineData("cafe\u0301 au lait", "caf\u00e9 au lait", true)]
    [InlineData("\ufb01ne ligature", "fine ligature", false)] // NFKC would make them one
    [InlineData("\uff57ide letters", "wide letters", false)]
    [InlineData("stra\u00dfe und haus", "strasse und haus", false)]
    [InlineData("\U0001F512\U0001F513\U0001F511\U0001F5DD\U0001F6AA\U0001F3E0\U0001F3E1\U0001F3D8", "\U0001F512\U0001F513\U0001F511\U0001F5DD\U0001F6AA\U0001F3E0\U0001F3E1\U0001F3D8", true)] // eight characters
    [InlineData("zero\u200bwidth space", "zerowidth space", false)]
    [InlineData("no character \uFFFE", "no character \uFFFD", false)]
    public async Task Password_is_compared_as_it_was_typed(string set, string tried, bool same)
    {
        var name = $"user-{Guid.NewGuid():N}";
        await (await gateway.Anonymous().PostAsJsonAsync("/auth/signup", new { username = name, password = set })).ReadJsonAsync(HttpStatusCode.Created);

        if (same)
            await gateway.LogInAsync(name, tried);
        else
            await RefusedLoginAsync(name, tried);
    }
}

public sealed class LoginOnPostgresTests(PostgresGateway gateway) : LoginTests<PostgresGateway>(gateway);
