namespace Gateway.IntegrationTests.Admin;

/// <summary>What balancers and operators are told, and what makes a replica unfit.</summary>
public sealed class HealthTests
{
    private static readonly string[] Parts = ["configuration", "database", "hashing", "keys", "listener", "redis", "revocations"];

    [Fact]
    public async Task Healthy_gateway_says_so_of_each_part()
    {
        await using var gateway = await TestGateway.StartAsync();

        var (status, health) = await ReadyAsync(gateway.ManagementUrl);

        Assert.Equal((HttpStatusCode.OK, "ready"), (status, (string?)health["status"]));
        Assert.Equal(Parts, health["checks"]!.AsObject().Select(part => part.Key).Order());
        Assert.All(Parts, part => Assert.Equal(part is "redis" ? "not configured" : "ok", Check(health, part)));
        Assert.Matches(@"^read from the database \d+\.\d s ago$", (string?)health["details"]!["revocations"]);
        Assert.Equal("0 waiting, at most 1000", (string?)health["details"]!["hashing"]);
    }

    [Fact]
    public async Task Live_says_nothing_of_dependencies()
    {
        await using var gateway = await TestGateway.StartAsync();
        File.Delete(gateway.DatabaseFile);

        var live = await Caller.Anonymous(gateway.ManagementUrl).GetAsync("/health/live");

        Assert.Equal("""{"status":"live","checks":{}}""", (await live.ReadJsonAsync()).ToJsonString());
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await ReadyAsync(gateway.ManagementUrl)).Status);
        gateway.Log.Forget();
    }

    [Fact]
    public async Task Lost_file_is_in_the_way_until_it_is_back()
    {
        await using var gateway = await TestGateway.StartAsync();
        var away = gateway.Folder.File("away.db");

        File.Move(gateway.DatabaseFile, away);

        var (status, health) = await ReadyAsync(gateway.ManagementUrl);
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "not_ready"), (status, (string?)health["status"]));
        Assert.Contains("removed or replaced", Check(health, "database"));
        await Scrape.UntilAsync(gateway.ManagementUrl, now => now["gateway_ready"] == 0 && now["gateway_revocation_stale"] == 1);

        File.Move(away, gateway.DatabaseFile);
        await UntilAsync(gateway.ManagementUrl, HttpStatusCode.OK, ("database", "ok"), ("revocations", "ok"));
        gateway.Log.Forget();
    }

    [Fact]
    public async Task Redis_that_is_away_is_said_and_in_nobodys_way()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var gateway = await TestGateway.StartAsync(settings => settings.Set("Gateway:Redis:Configuration", redis.Configuration));
        var anna = await gateway.SignUpAsync("anna");
        await UntilAsync(gateway.ManagementUrl, HttpStatusCode.OK, ("redis", "ok"));

        await redis.KillAsync();

        await UntilAsync(gateway.ManagementUrl, HttpStatusCode.OK, ("redis", "degraded: away"), ("revocations", "ok"), ("database", "ok"));
        await Scrape.UntilAsync(gateway.ManagementUrl, now => now["gateway_revocation_source_up", ("source", "redis")] == 0 && now["gateway_revocation_source_up", ("source", "database")] == 1 && now["gateway_ready"] == 1);
        Assert.Equal(HttpStatusCode.OK, (await anna.GetAsync("/orders/1")).StatusCode);

        await redis.RestartAsync();
        await UntilAsync(gateway.ManagementUrl, HttpStatusCode.OK, ("redis", "ok"));
        await Scrape.UntilAsync(gateway.ManagementUrl, now => now["gateway_revocation_source_up", ("source", "redis")] == 1 && now["gateway_revocation_source_age_seconds", ("source", "redis")] < 10);
        gateway.Log.Forget();
    }

    [Fact]
    public async Task Postgres_that_is_away_is_in_the_way_only_when_protected_requests_are_refused()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var server = await PostgresServer.StartNewAsync();
        await using var gateway = new TestGateway();
        gateway.Settings.Set("Gateway:Redis:Configuration", redis.Configuration).Set("Gateway:Revocation:MaxStaleness", "00:00:03");
        await gateway.UsePostgresAsync(server);
        await gateway.InitializeAsync();
        var anna = await gateway.SignUpAsync("anna");
        await anna.GetAsync("/orders/1");

        await server.StopAsync();
        await UntilAsync(gateway.ManagementUrl, HttpStatusCode.OK, ("database", "degraded: not read for "), ("redis", "ok"), ("revocations", "ok"));
        Assert.Equal(HttpStatusCode.OK, (await anna.GetAsync("/orders/1")).StatusCode);

        await redis.KillAsync();
        await UntilAsync(gateway.ManagementUrl, HttpStatusCode.ServiceUnavailable, ("revocations", "no news for "), ("database", "degraded: "), ("redis", "degraded: "));
        await (await anna.GetAsync("/orders/1")).AssertRefusedAsync(503, "revocation_stale");
        var stale = await Scrape.UntilAsync(gateway.ManagementUrl, now => now["gateway_revocation_stale"] == 1);
        Assert.Equal((0, 0), (stale["gateway_ready"], stale["gateway_revocation_source_up"]));

        await server.StartAsync();
        await redis.RestartAsync();
        await UntilAsync(gateway.ManagementUrl, HttpStatusCode.OK, [.. Parts.Select(part => (part, "ok"))]);
        Assert.Equal(HttpStatusCode.OK, (await anna.GetAsync("/orders/1")).StatusCode);
        gateway.Log.Forget();
    }

    [Fact]
    public async Task Where_the_operator_prefers_to_go_on_old_news_is_said_and_in_nobodys_way()
    {
        var clock = new TestClock();
        await using var gateway = await TestGateway.StartAsync(settings => settings.Set("Gateway:Revocation:OnStale", "Allow"), clock);
        await gateway.ExecuteAsync("ALTER TABLE revocations RENAME TO revocations_away");

        await clock.AdvanceAsync(TimeSpan.FromSeconds(11));

        await UntilAsync(gateway.ManagementUrl, HttpStatusCode.OK, ("revocations", "degraded: no news for 1"), ("database", "degraded: not read for 1"));
        await Scrape.UntilAsync(gateway.ManagementUrl, now => now["gateway_revocation_stale"] == 1 && now["gateway_ready"] == 1);
    }

    [Fact]
    public async Task Full_hashing_queue_is_said_and_in_nobodys_way()
    {
        await using var gateway = await TestGateway.StartAsync(settings => settings.Set("Gateway:Passwords:QueueLimit", 2));
        await using (await FullQueue.OfAsync(gateway))
        {
            var (status, health) = await ReadyAsync(gateway.ManagementUrl);

            Assert.Equal(HttpStatusCode.OK, status);
            Assert.StartsWith("degraded: 2 passwords wait", Check(health, "hashing"));
        }

        Assert.Equal("ok", Check((await ReadyAsync(gateway.ManagementUrl)).Health, "hashing"));
    }

    [Fact]
    public async Task Start_that_takes_long_can_be_watched()
    {
        using var port = new LoopbackPort();
        var management = new Uri($"http://127.0.0.1:{port}");
        await using var server = await PostgresServer.StartNewAsync();
        await using var gateway = new TestGateway();
        gateway.Settings.Set("Gateway:Management:Url", management.ToString());
        await gateway.UsePostgresAsync(server);
        await server.StopAsync();

        var start = gateway.InitializeAsync().AsTask();

        await UntilAsync(management, HttpStatusCode.ServiceUnavailable, ("listener", "not open yet"), ("keys", "not loaded"), ("revocations", "not loaded"));
        Assert.Equal(HttpStatusCode.OK, (await Caller.Anonymous(management).GetAsync("/health/live")).StatusCode);
        var starting = await Scrape.OfAsync(management);
        Assert.Equal((0, 1, double.PositiveInfinity), (starting["gateway_ready"], starting["gateway_revocation_stale"], starting["gateway_revocation_age_seconds"]));
        await server.StartAsync();
        await start;
        await UntilAsync(management, HttpStatusCode.OK, ("listener", "ok"), ("keys", "ok"), ("revocations", "ok"));
    }

    private static async Task<(HttpStatusCode Status, JsonObject Health)> ReadyAsync(Uri management)
    {
        var answer = await Caller.Anonymous(management).GetAsync("/health/ready");
        return (answer.StatusCode, JsonNode.Parse(await answer.Content.ReadAsStringAsync())!.AsObject());
    }

    private static string Check(JsonObject health, string part) => (string)health["checks"]![part]!;

    private static Task<(HttpStatusCode Status, JsonObject Health)> UntilAsync(Uri management, HttpStatusCode status, params (string Part, string Begins)[] checks) =>
        Eventually.IsAsync(
            async () =>
            {
                try
                {
                    var (actual, health) = await ReadyAsync(management);
                    return (Status: actual, Health: health);
                }
                catch (HttpRequestException) // it does not listen yet
                {
                    return (default, []);
                }
            },
            now => now.Status == status && checks.All(check => Check(now.Health, check.Part).StartsWith(check.Begins, StringComparison.Ordinal)));
}
