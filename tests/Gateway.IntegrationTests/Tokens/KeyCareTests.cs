using System.Runtime.Versioning;
using Microsoft.Data.Sqlite;

namespace Gateway.IntegrationTests.Tokens;

/// <summary>Keys and the secret that they lie under: kept, rotated, never shown, never replaced behind one's back.</summary>
[UnsupportedOSPlatform("windows")] // it has no file modes
public abstract class KeyCareTests(TestStore store)
{
    private const string Secret = "a secret of at least thirty-two bytes";

    [Fact]
    public async Task Token_outlives_a_restart()
    {
        await using var gateway = await StartAsync();
        var token = (await gateway.SignInAsync("anna")).Session.AccessToken;

        await gateway.RestartAsync();

        Assert.Equal(HttpStatusCode.OK, (await gateway.Bearing(token).GetAsync("/orders/1")).StatusCode);
    }

    [Fact]
    public async Task Rotated_key_is_published_beside_the_old_one_whose_tokens_still_count()
    {
        await using var gateway = await StartAsync();
        var anna = await gateway.SignInAsync("anna");

        (await gateway.RunAsync(["keys", "rotate"])).AssertSucceeded();

        var keys = await Eventually.IsAsync(() => KeyIdsAsync(anna), ids => ids.Length == 2);
        Assert.Contains((string)Jwt.Header(anna.Session.AccessToken)["kid"]!, keys);
        Assert.Equal(HttpStatusCode.OK, (await anna.GetAsync("/orders/1")).StatusCode);
    }

    [Fact]
    public async Task Rotated_key_signs_in_the_end()
    {
        var clock = new TestClock();
        await using var gateway = await StartAsync(settings => settings.Set("Gateway:Tokens:AccessLifetime", "00:01:00"), clock);
        var anna = await gateway.SignInAsync("anna");
        var old = (string)Jwt.Header(anna.Session.AccessToken)["kid"]!;
        (await gateway.RunAsync(["keys", "rotate"])).AssertSucceeded();

        var next = await Eventually.IsAsync(async () =>
        {
            await clock.AdvanceAsync(TimeSpan.FromMinutes(1));
            return await gateway.LogInAsync("anna");
        }, caller => (string)Jwt.Header(caller.Session.AccessToken)["kid"]! != old);

        Assert.Equal(HttpStatusCode.OK, (await next.GetAsync("/orders/1")).StatusCode);
    }

    [Fact]
    public async Task Another_algorithm_leaves_the_tokens_of_the_old_one_in_force()
    {
        var clock = new TestClock();
        await using var gateway = await StartAsync(clock: clock);
        var old = (await gateway.SignInAsync("anna")).Session.AccessToken;

        await gateway.RestartAsync(settings => settings.Set("Gateway:Tokens:Algorithm", "RS256"));
        await clock.AdvanceAsync(TimeSpan.FromSeconds(11)); // the new key has been published long enough

        Assert.Equal("RS256", (string)Jwt.Header((await gateway.LogInAsync("anna")).Session.AccessToken)["alg"]!);
        Assert.Equal(HttpStatusCode.OK, (await gateway.Bearing(old).GetAsync("/orders/1")).StatusCode);
    }

    [Fact]
    public async Task Wrong_secret_for_an_existing_database_is_refused_by_name()
    {
        await using var gateway = await StartAsync(settings => settings.Set("Gateway:Secret", Secret));
        await gateway.StopAsync();
        gateway.Settings.Set("Gateway:Secret", "another secret of at least thirty-two bytes");

        var refusal = await gateway.AssertDoesNotStartAsync();

        refusal.AssertSays("Gateway:Secret");
        await gateway.RestartAsync(settings => settings.Set("Gateway:Secret", Secret));
    }

    [Fact]
    public async Task Secret_never_stands_in_a_refusal()
    {
        await using var gateway = await StartAsync(settings => settings.Set("Gateway:Secret", Secret));
        await gateway.StopAsync();
        gateway.Settings.Set("Gateway:Secret", "this-is-another-and-very-private-secret");

        var refusal = await gateway.AssertDoesNotStartAsync();

        Assert.DoesNotContain("very-private", string.Join('\n', refusal.Errors));
    }

    [Fact]
    public async Task Missing_secret_file_of_an_existing_database_is_refused_and_not_made_anew()
    {
        await using var gateway = await StartAsync();
        await gateway.StopAsync();
        File.Delete(gateway.SecretFile);

        var refusal = await gateway.AssertDoesNotStartAsync();

        refusal.AssertSays("gateway.db.secret");
        Assert.False(File.Exists(gateway.SecretFile));
    }

    [Fact]
    public async Task Named_secret_file_is_made_where_the_configuration_says()
    {
        await using var gateway = await StartAsync(settings => settings.Set("Gateway:SecretFile", "keep/me.secret"));

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(gateway.Folder.File("keep/me.secret")));
        Assert.False(File.Exists(gateway.SecretFile));
    }

    [Fact]
    public async Task Previous_secret_still_opens_the_database()
    {
        await using var gateway = await StartAsync(settings => settings.Set("Gateway:Secret", Secret));
        var token = (await gateway.SignInAsync("anna")).Session.AccessToken;

        await gateway.RestartAsync(settings => settings
            .Set("Gateway:Secret", "the next secret of at least thirty-two bytes")
            .Set("Gateway:PreviousSecrets", new JsonArray(Secret)));

        Assert.Equal(HttpStatusCode.OK, (await gateway.Bearing(token).GetAsync("/orders/1")).StatusCode);
        await gateway.LogInAsync("anna");
    }

    // As docs/deployment.md has it: a replica of the first step reads what one of the second writes.
    [Fact]
    public async Task Secret_is_changed_in_two_steps_and_each_reads_what_the_other_has_written()
    {
        const string Next = "the next secret of at least thirty-two bytes";
        await using var gateway = await StartAsync(settings => settings.Set("Gateway:Secret", Secret).Set("Gateway:PreviousSecrets", new JsonArray(Next)));
        var session = (await gateway.SignInAsync("anna")).Session;

        foreach (var (secret, other) in ((string, string)[])[(Next, Secret), (Secret, Next), (Next, Secret)])
        {
            await gateway.RestartAsync(settings => settings.Set("Gateway:Secret", secret).Set("Gateway:PreviousSecrets", new JsonArray(other)));
            await gateway.LogInAsync("anna");
            Assert.Equal(HttpStatusCode.OK, (await gateway.Bearing(session.AccessToken).GetAsync("/orders/1")).StatusCode);
            session = await (await gateway.Anonymous().PostAsJsonAsync("/auth/refresh", new { refresh_token = session.RefreshToken })).ReadAsync<Session>(HttpStatusCode.OK);
        }
    }

    // Of tomorrow: today's gateway has yet to start again.
    [Fact]
    public async Task Verb_with_the_next_secret_keeps_no_gateway_from_starting_with_this_one()
    {
        await using var gateway = await StartAsync(settings => settings.Set("Gateway:Secret", Secret));
        var token = (await gateway.SignInAsync("anna")).Session.AccessToken;
        var file = gateway.Folder.File("gateway.json");
        var today = File.ReadAllText(file);
        var tomorrow = JsonNode.Parse(today)!;
        (tomorrow["Gateway"]!["Secret"], tomorrow["Gateway"]!["PreviousSecrets"]) = ("the next secret of at least thirty-two bytes", new JsonArray(Secret));
        File.WriteAllText(file, tomorrow.ToJsonString());

        (await gateway.RunAsync(["users", "list"])).AssertSucceeded();

        File.WriteAllText(file, today);
        await gateway.RestartAsync();
        Assert.Equal(HttpStatusCode.OK, (await gateway.Bearing(token).GetAsync("/orders/1")).StatusCode);
    }

    [Fact]
    public async Task Previous_secret_is_needed_no_more_for_what_was_touched()
    {
        await using var gateway = await StartAsync(settings => settings.Set("Gateway:Secret", Secret));
        var anna = await gateway.SignInAsync("anna");
        await gateway.RestartAsync(settings => settings
            .Set("Gateway:Secret", "the next secret of at least thirty-two bytes")
            .Set("Gateway:PreviousSecrets", new JsonArray(Secret)));
        await gateway.LogInAsync("anna");
        var refreshed = await (await gateway.Anonymous().PostAsJsonAsync("/auth/refresh", new { refresh_token = anna.Session.RefreshToken })).ReadAsync<Session>(HttpStatusCode.OK);

        await gateway.RestartAsync(settings => settings.Set("Gateway:PreviousSecrets", new JsonArray()));

        Assert.Equal(HttpStatusCode.OK, (await gateway.Bearing(anna.Session.AccessToken).GetAsync("/orders/1")).StatusCode);
        await gateway.LogInAsync("anna");
        await (await gateway.Anonymous().PostAsJsonAsync("/auth/refresh", new { refresh_token = refreshed.RefreshToken })).ReadAsync<Session>(HttpStatusCode.OK);
    }

    private static async Task<string[]> KeyIdsAsync(Caller caller)
    {
        var keys = await (await caller.GetAsync("/.well-known/jwks.json")).ReadJsonAsync();
        return [.. keys["keys"]!.AsArray().Select(key => (string)key!["kid"]!)];
    }

    private Task<TestGateway> StartAsync(Action<SettingsFile>? change = null, TimeProvider? clock = null) => TestGateway.StartAsync(change, clock, store: store);
}

[UnsupportedOSPlatform("windows")]
public sealed class KeyCareOnSqliteTests() : KeyCareTests(TestStore.Sqlite)
{
    [Theory]
    [InlineData("UPDATE signing_keys SET Private = (SELECT Private FROM signing_keys) || x'00'")]
    [InlineData("UPDATE signing_keys SET Private = x'01'")]
    public async Task Signing_key_that_the_secret_does_not_open_is_refused_by_name(string damage)
    {
        await using var gateway = await TestGateway.StartAsync();
        await gateway.StopAsync();
        Database.Execute(gateway.DatabaseFile, damage);

        var refusal = await gateway.AssertDoesNotStartAsync();

        refusal.AssertSays("Gateway:Secret", "signing key", "PreviousSecrets");
        (await gateway.RunAsync(["keys", "list"])).AssertRefused("Gateway:Secret");
    }

    [Fact]
    public async Task Secret_file_of_a_new_database_is_for_its_owner_only()
    {
        await using var gateway = await TestGateway.StartAsync();

        Assert.All([gateway.SecretFile, gateway.DatabaseFile, gateway.DatabaseFile + "-wal"], file => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file)));
        Assert.True(new FileInfo(gateway.SecretFile).Length >= 32);
    }

    [Fact]
    public async Task Stolen_database_shows_no_private_key_password_token_or_cookie()
    {
        await using var gateway = await TestGateway.StartAsync();
        var anna = await gateway.SignInAsync("anna");
        var browser = await gateway.SignInWithCookieAsync("anna");
        await gateway.StopAsync();
        SqliteConnection.ClearAllPools();

        var stolen = string.Concat(Directory.GetFiles(gateway.Folder.Path, "gateway.db*").Where(file => !file.EndsWith(".secret", StringComparison.Ordinal)).Select(file => Encoding.Latin1.GetString(File.ReadAllBytes(file))));

        Assert.Contains("anna", stolen);
        Assert.All(
            [
                "PRIVATE KEY", "\"d\":",
                "MIGHAgEAMBMGByqGSM49AgEG", "MHcCAQEEI",                                                        // PKCS#8 and SEC1 of a P-256 key in base64
                "\x30\x13\x06\x07\x2A\x86\x48\xCE\x3D\x02\x01\x06\x08\x2A\x86\x48\xCE\x3D\x03\x01\x07\x04\x6D", // the same PKCS#8 in bytes
                TestGateway.Password, anna.Session.RefreshToken, anna.Session.AccessToken, browser.Cookie.Split('=')[1],
            ],
            secret => Assert.DoesNotContain(secret, stolen));
    }
}

[UnsupportedOSPlatform("windows")]
public sealed class KeyCareOnPostgresTests() : KeyCareTests(TestStore.Postgres);
