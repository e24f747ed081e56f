namespace Gateway.IntegrationTests.Platform;

/// <summary>The database file goes away under a running gateway, which has it open all the same and could write into nothing.</summary>
public sealed class LostDatabaseTests
{
    [Fact]
    public async Task Removed_file_is_noticed_and_nothing_is_acknowledged_into_it()
    {
        await using var gateway = await TestGateway.StartAsync();
        var anna = await gateway.SignUpAsync("anna");
        await anna.GetAsync("/orders/1");
        var outsider = gateway.Anonymous();

        File.Delete(gateway.DatabaseFile);

        await (await outsider.PostAsJsonAsync("/auth/login", new { username = "anna", password = TestGateway.Password })).AssertRefusedAsync(503, "store_unavailable");
        await (await outsider.PostAsJsonAsync("/auth/refresh", new { refresh_token = anna.Session.RefreshToken })).AssertRefusedAsync(503, "store_unavailable");
        await (await anna.PostAsync("/auth/logout", null)).AssertRefusedAsync(503, "store_unavailable", "revocation_stale");
        await AssertOutOfOrderAsync(gateway, anna);
        Assert.False(File.Exists(gateway.DatabaseFile));
        gateway.Log.Forget();
    }

    // Redis, which answers all the time, has no news of what is revoked in the right file.
    [Fact]
    public async Task Redis_does_not_stand_in_for_a_lost_file()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var gateway = await TestGateway.StartAsync(settings => settings.Set("Gateway:Redis:Configuration", redis.Configuration));
        var anna = await gateway.SignUpAsync("anna");
        var away = gateway.Folder.File("away.db");

        File.Move(gateway.DatabaseFile, away);

        await Eventually.IsAsync(() => anna.GetAsync("/orders/1"), response => response.StatusCode is HttpStatusCode.ServiceUnavailable);
        for (var i = 0; i < 30; i++, await Task.Delay(100))
            await (await anna.GetAsync("/orders/1")).AssertRefusedAsync(503, "revocation_stale");
        File.Move(away, gateway.DatabaseFile);
        await Eventually.IsAsync(() => anna.GetAsync("/orders/1"), response => response.StatusCode is HttpStatusCode.OK);
        gateway.Log.Forget();
    }

    [Fact]
    public async Task File_that_goes_away_in_the_middle_of_a_write_takes_nothing_with_it()
    {
        await using var gateway = new FaultyGateway();
        await gateway.InitializeAsync();
        var anna = await gateway.SignUpAsync("anna");
        var (away, before) = (gateway.Folder.File("away.db"), Database.Rows(gateway.DatabaseFile));

        gateway.Store.Between = _ =>
        {
            if (Database.IsBeingWritten(gateway.DatabaseFile))
                File.Move(gateway.DatabaseFile, away);
        };
        var logout = await anna.PostAsync("/auth/logout", null);
        gateway.Store.Between = _ => { };
        File.Move(away, gateway.DatabaseFile);

        await logout.AssertRefusedAsync(503, "store_unavailable");
        Assert.Equal(before, Database.Rows(gateway.DatabaseFile));
        Assert.Equal(HttpStatusCode.NoContent, (await anna.PostAsync("/auth/logout", null)).StatusCode);
        gateway.Log.Forget();
    }

    [Fact]
    public async Task Another_file_in_its_place_is_not_written_to_and_the_right_one_back_is_served_again()
    {
        await using var gateway = await TestGateway.StartAsync();
        await using var stranger = await TestGateway.StartAsync();
        var anna = await gateway.SignUpAsync("anna");
        await stranger.SignUpAsync("bob");
        await stranger.StopAsync();
        var (right, wrong) = (gateway.Folder.File("right.db"), File.ReadAllBytes(stranger.DatabaseFile));

        File.Move(gateway.DatabaseFile, right);
        File.Copy(stranger.DatabaseFile, gateway.DatabaseFile);
        var login = await gateway.Anonymous().PostAsJsonAsync("/auth/login", new { username = "bob", password = TestGateway.Password });
        await login.AssertRefusedAsync(503, "store_unavailable");
        await AssertOutOfOrderAsync(gateway, anna);
        Assert.Equal(wrong, File.ReadAllBytes(gateway.DatabaseFile));

        File.Move(right, gateway.DatabaseFile, overwrite: true);

        await Eventually.IsAsync(() => anna.GetAsync("/orders/1"), response => response.StatusCode is HttpStatusCode.OK);
        Assert.Equal(HttpStatusCode.OK, (await ReadyAsync(gateway)).StatusCode);
        await gateway.LogInAsync("anna");
        gateway.Log.Forget();
    }

    private static async Task AssertOutOfOrderAsync(TestGateway gateway, Caller signedIn)
    {
        var ready = await ReadyAsync(gateway);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
        Assert.Contains("removed or replaced", await ready.Content.ReadAsStringAsync());

        var refused = await Eventually.IsAsync(() => signedIn.GetAsync("/orders/1"), response => response.StatusCode is HttpStatusCode.ServiceUnavailable);
        await refused.AssertRefusedAsync(503, "revocation_stale");
        Assert.Equal(HttpStatusCode.OK, (await gateway.Anonymous().GetAsync("/open/1")).StatusCode);
    }

    private static async Task<HttpResponseMessage> ReadyAsync(TestGateway gateway)
    {
        using var http = new HttpClient();
        return await http.GetAsync(new Uri(gateway.ManagementUrl, "/health/ready"));
    }
}
