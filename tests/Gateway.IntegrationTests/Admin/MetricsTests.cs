using System.Diagnostics.Metrics;
using System.Text.RegularExpressions;
using Gateway.Platform;
using Gateway.Platform.Telemetry;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.IntegrationTests.Admin;

/// <summary>What /metrics says of the rest, to whom, and at what price.</summary>
public sealed partial class MetricsTests(TestGateway gateway) : GatewayTests<TestGateway>(gateway)
{
    private readonly Uri management = gateway.ManagementUrl;

    [Fact]
    public async Task Metrics_are_open_on_the_management_listener()
    {
        using var scraper = Caller.Anonymous(management);

        var (read, asked) = (await scraper.GetAsync("/metrics"), await scraper.SendAsync(new(HttpMethod.Head, "/metrics")));

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (read.StatusCode, asked.StatusCode));
        Assert.Equal("text/plain", read.Content.Headers.ContentType!.MediaType);
        Assert.Equal("", await asked.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("POST")]
    [InlineData("DELETE")]
    public async Task Wrong_method_is_refused(string method)
    {
        var answer = await Caller.Anonymous(management).SendAsync(new(new(method), "/metrics"));

        await answer.AssertRefusedAsync(405, "request_refused");
        Assert.Equal(["GET", "HEAD"], answer.Content.Headers.Allow.Order());
    }

    [Fact]
    public async Task Wrong_host_is_refused()
    {
        var answer = await RawHttp.SendAsync(management, "GET /metrics HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n");

        answer.AssertRefused(400, "request_refused");
    }

    [Fact]
    public async Task Open_metrics_are_given_to_who_asks_for_them()
    {
        using var scraper = Caller.Anonymous(management);
        scraper.DefaultRequestHeaders.Add("Accept", "application/openmetrics-text; version=1.0.0");

        var answer = await scraper.GetAsync("/metrics");

        Assert.Equal("application/openmetrics-text", answer.Content.Headers.ContentType!.MediaType);
        Assert.EndsWith("# EOF\n", await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Logins_and_signups_are_counted_by_outcome()
    {
        var before = await Scrape.NowAsync(management);

        await gateway.SignUpAsync("lena");
        await gateway.LogInAsync("lena");
        await gateway.LogInAsync("lena");
        await gateway.Anonymous().PostAsJsonAsync("/auth/login", new { username = "lena", password = "not the password" });
        await gateway.Anonymous().PostAsJsonAsync("/auth/signup", new { username = "lena", password = TestGateway.Password });
        await gateway.Anonymous().PostAsJsonAsync("/auth/signup", new { username = "lola", password = "short" });

        var after = await Scrape.NowAsync(management);
        Assert.Equal(2, Added("gateway_logins_total", "succeeded"));
        Assert.Equal(1, Added("gateway_logins_total", "invalid_credentials"));
        Assert.Equal(1, Added("gateway_signups_total", "succeeded"));
        Assert.Equal(1, Added("gateway_signups_total", "username_taken"));
        Assert.Equal(1, Added("gateway_signups_total", "weak_password"));

        double Added(string name, string outcome) => after[name, ("outcome", outcome)] - before[name, ("outcome", outcome)];
    }

    [Fact]
    public async Task Refreshes_are_counted_by_outcome()
    {
        var first = await gateway.SignUpAsync("rita");
        var before = await Scrape.NowAsync(management);

        var second = await first.RefreshAsync();
        await second.RefreshAsync();
        await first.PostAsJsonAsync("/auth/refresh", new { refresh_token = first.Session.RefreshToken });
        await first.PostAsJsonAsync("/auth/refresh", new { refresh_token = "made up" });

        var after = await Scrape.NowAsync(management);
        Assert.Equal(2, Added("succeeded"));
        Assert.Equal(1, Added("refresh_token_reused"));
        Assert.Equal(1, Added("token_invalid"));

        double Added(string outcome) => after["gateway_refreshes_total", ("outcome", outcome)] - before["gateway_refreshes_total", ("outcome", outcome)];
    }

    [Fact]
    public async Task Full_hashing_queue_is_seen_and_what_it_refuses_is_counted()
    {
        await using var narrow = await TestGateway.StartAsync(settings => settings.Set("Gateway:Passwords:QueueLimit", 1));
        await using (await FullQueue.OfAsync(narrow))
        {
            await (await narrow.Anonymous().PostAsJsonAsync("/auth/login", new { username = "anybody", password = "not the password" })).AssertRefusedAsync(503, "busy");

            var full = await Scrape.NowAsync(narrow.ManagementUrl);
            Assert.Equal((1, 1, 1), (full["gateway_hashing_queue_length"], full["gateway_hashing_queue_limit"], full["gateway_hashing_queue_refused_total"]));
            Assert.Equal(1, full["gateway_logins_total", ("outcome", "busy")]);
        }

        Assert.Equal(0, (await Scrape.NowAsync(narrow.ManagementUrl))["gateway_hashing_queue_length"]);
    }

    [Fact]
    public async Task Revocations_are_counted_by_where_they_were_heard_of()
    {
        var (here, elsewhere) = (await gateway.SignUpAsync("here"), await gateway.SignUpAsync("elsewhere"));
        var before = await Scrape.NowAsync(management);

        await here.PostAsync("/auth/logout", null);
        (await gateway.RunAsync(["users", "disable", "elsewhere"])).AssertSucceeded();
        await Eventually.IsAsync(() => elsewhere.GetAsync("/orders/1"), answer => answer.StatusCode is HttpStatusCode.Forbidden);

        var after = await Scrape.NowAsync(management);
        Assert.Equal(1, Applied(after, "here") - Applied(before, "here"));
        Assert.InRange(Applied(after, "database") - Applied(before, "database"), 1, 2); // the user, and the session
        Assert.Equal(after["gateway_revocations_applied_total"] - before["gateway_revocations_applied_total"], after["gateway_revocation_set_size"] - before["gateway_revocation_set_size"]);

        static double Applied(Scrape scrape, string source) => scrape["gateway_revocations_applied_total", ("source", source)];
    }

    [Fact]
    public async Task Healthy_gateway_is_ready_fresh_and_alone()
    {
        var now = await Scrape.NowAsync(management);

        Assert.Equal((1, 0, 0, 1), (now["gateway_ready"], now["gateway_drain_start_time_seconds"], now["gateway_revocation_stale"], now["gateway_replicas"]));
        Assert.Equal(1, now["gateway_revocation_source_up", ("source", "database")]);
        Assert.InRange(now["gateway_revocation_age_seconds"], 0, 10);
        Assert.Equal(now["gateway_revocation_age_seconds"], now["gateway_revocation_source_age_seconds", ("source", "database")], 0.5);
        Assert.DoesNotContain(now.Ours, series => series.Labels.Values.Contains("redis")); // there is none
        Assert.Equal(0, now["gateway_verifications_in_flight"]);
    }

    [Fact]
    public async Task Frameworks_own_meters_are_there()
    {
        await gateway.Anonymous().GetAsync("/open/1");

        var now = await Scrape.NowAsync(management);

        Assert.InRange(now["http_server_request_duration_seconds_count", ("http_route", "/open/{**rest}"), ("http_response_status_code", "200")], 1, int.MaxValue);
        Assert.All(["kestrel_active_connections", "http_client_open_connections", "dotnet_process_cpu_time_seconds_total", "dotnet_gc_collections_total"], name => Assert.Contains(now.All, series => series.Name == name));
        Assert.DoesNotContain("http_client_request_duration", now.Text); // each proxied request would pay for it
    }

    [Fact]
    public async Task Two_gateways_in_one_process_do_not_mix_what_they_count()
    {
        await using var other = await TestGateway.StartAsync();
        var before = await Scrape.NowAsync(management);

        await other.SignUpAsync("otto");
        for (var i = 0; i < 3; i++)
            await other.Anonymous().GetAsync("/open/1");

        var (after, others) = (await Scrape.NowAsync(management), await Scrape.NowAsync(other.ManagementUrl));
        Assert.Equal(3, others["gateway_decisions_total", ("route", "open"), ("outcome", "anonymous")]);
        Assert.Equal(1, others["gateway_signups_total"]);
        Assert.Equal(4, others["http_server_request_duration_seconds_count"]);
        Assert.All(["gateway_decisions_total", "gateway_signups_total", "http_server_request_duration_seconds_count"], name => Assert.Equal(before[name], after[name]));
    }

    [Fact]
    public async Task Labels_stay_bounded_whatever_clients_make_up()
    {
        await MakeUpAsync(0);
        var before = await Scrape.NowAsync(management);

        for (var i = 1; i < 20; i++)
            await MakeUpAsync(i);

        var after = await Scrape.NowAsync(management);
        Assert.Equal(Names(before), Names(after));
        Assert.All(after.Ours.SelectMany(series => series.Labels), label => Assert.Contains(label.Key, (string[])["route", "outcome", "reason", "kind", "source", "cause"]));
        Assert.All(after.Ours.SelectMany(series => series.Labels), label => Assert.Matches("^[a-z_]*$", label.Value));
        Assert.DoesNotContain("made-up", after.Text, StringComparison.OrdinalIgnoreCase);

        // Clients of the whole process, the tests' own among them, and its runtime are not this gateway's.
        static string[] Names(Scrape scrape) => [.. scrape.All.Where(series => series.Name.StartsWith("gateway_", StringComparison.Ordinal) || series.Name.StartsWith("http_server_", StringComparison.Ordinal)).Select(series => $"{series.Name} {string.Join(',', series.Labels)}").Order()];
    }

    [Theory]
    [InlineData("gateway_decisions_total")]
    [InlineData("gateway_shadow_refusals_total")]
    [InlineData("gateway_backend_errors_total")]
    public async Task What_is_told_route_by_route_has_room_for_many_routes(string name)
    {
        const int Many = 600;
        await using var crowded = await TestGateway.StartAsync();
        var decisions = crowded.Services.GetRequiredService<Decisions>();
        for (var i = 0; i < Many; i++)
        {
            decisions[$"route-{i}"].Refuse(Problems.TokenInvalid);
            decisions[$"route-{i}"].Spare(Problems.TokenInvalid);
            decisions[$"route-{i}"].Fail("Request");
        }

        var told = (await Scrape.NowAsync(crowded.ManagementUrl)).All.Where(series => series.Name == name).ToArray();

        Assert.Equal(Many, told.Select(series => series.Labels.GetValueOrDefault("route")).Where(route => route?.StartsWith("route-", StringComparison.Ordinal) is true).Distinct().Count());
    }

    [Fact]
    public async Task No_secret_is_told()
    {
        var anna = await gateway.SignUpAsync("anna-with-a-name", "anna@mail.example");
        var browser = await gateway.SignInWithCookieAsync("anna-with-a-name");
        await anna.GetAsync("/orders/1?key=query-of-anna");
        await browser.GetAsync("/orders/path-of-anna");
        await anna.RefreshAsync();

        var told = (await Scrape.NowAsync(management)).Text;

        string[] secrets =
        [
            TestGateway.Password, anna.Session.AccessToken, anna.Session.RefreshToken, browser.Cookie.Split('=')[1], anna.Session.SessionId, anna.Session.User.Id,
            "anna-with-a-name", "anna@mail.example", "query-of-anna", "path-of-anna", File.ReadAllText(gateway.SecretFile).Trim(), gateway.DatabaseFile,
        ];
        Assert.All(secrets, secret => Assert.DoesNotContain(secret, told));
    }

    [Fact]
    public async Task Scraped_all_the_time_it_serves_all_the_same()
    {
        var anna = await gateway.KeptAsync("anna");
        using var enough = new CancellationTokenSource();
        var scrapers = Enumerable.Range(0, 4).Select(async _ =>
        {
            var scrapes = 0;
            for (; !enough.IsCancellationRequested; scrapes++)
                await Scrape.OfAsync(management);
            return scrapes;
        }).ToArray();
        var before = await Scrape.NowAsync(management);

        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
        {
            List<HttpStatusCode> seen = [];
            for (var i = 0; i < 100; i++)
                seen.Add((await anna.GetAsync("/orders/1")).StatusCode);
            return seen;
        }));

        await enough.CancelAsync();
        Assert.All(await Task.WhenAll(scrapers), scrapes => Assert.InRange(scrapes, 1, int.MaxValue));
        Assert.All(answers.SelectMany(seen => seen), status => Assert.Equal(HttpStatusCode.OK, status));
        var after = await Scrape.NowAsync(management);
        Assert.Equal(800, after["gateway_decisions_total", ("route", "orders"), ("outcome", "passed")] - before["gateway_decisions_total", ("route", "orders"), ("outcome", "passed")]);
    }

    [Fact]
    public async Task Instrument_that_fails_or_hangs_hurts_no_request_and_no_other_instrument()
    {
        await using var broken = new BrokenGateway();
        await broken.InitializeAsync();
        var anna = await broken.SignUpAsync("anna");

        var hanging = Scrape.OfAsync(broken.ManagementUrl);
        await broken.Instrument.Asked.Task;
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => anna.GetAsync("/orders/1")));
        var ready = await Caller.Anonymous(broken.ManagementUrl).GetAsync("/health/ready");

        Assert.False(hanging.IsCompleted);
        Assert.All(answers, answer => Assert.Equal(HttpStatusCode.OK, answer.StatusCode));
        Assert.Equal(HttpStatusCode.OK, ready.StatusCode);
        broken.Instrument.Go.Set();
        Assert.Equal(1, (await hanging)["gateway_signups_total", ("outcome", "succeeded")]);
    }

    [Fact]
    public async Task Gateway_that_leaves_says_since_when()
    {
        await using var leaving = await TestGateway.StartAsync(settings => settings.Set("Gateway:Drain:Delay", "00:00:05"));
        using var visitor = leaving.Anonymous();
        await visitor.GetAsync("/open/1"); // and stays connected
        var before = DateTimeOffset.UtcNow.ToUnixTimeSeconds();

        var drain = leaving.Host.DrainAsync();

        var now = await Scrape.UntilAsync(leaving.ManagementUrl, scrape => scrape["gateway_ready"] == 0);
        Assert.InRange(now["gateway_drain_start_time_seconds"], before, before + 60);
        var health = await Caller.Anonymous(leaving.ManagementUrl).GetAsync("/health/ready");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, health.StatusCode);
        Assert.Contains("leaving", await health.Content.ReadAsStringAsync());
        await drain;
    }

    // Every name is documented, and every documented name is there.
    [Fact]
    public async Task Operations_document_names_what_is_exported_and_nothing_else()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var documented = await TestGateway.StartAsync(settings => settings.Set("Gateway:Redis:Configuration", redis.Configuration)
            .Set("Gateway:Policies:watch", new JsonObject { ["Roles"] = new JsonArray("staff"), ["Shadow"] = true }).Route("watched", "/watched", "watch"));
        documented.Backend.Answer("/open/broken", (_, stream) =>
        {
            stream.Dispose();
            return Task.CompletedTask;
        });
        await documented.Anonymous().GetAsync("/open/broken"); // a failure of the backend shows only when there was one
        await documented.Anonymous().GetAsync("/watched"); // and so does who was spared

        var exported = (await Scrape.NowAsync(documented.ManagementUrl)).Ours;

        var text = Document.Read("docs/operations.md").Text;
        Assert.Equal(Ours().Matches(text).Select(match => match.Value).Distinct().Order(), exported.Select(series => series.Name).Distinct().Order());
        Assert.All(exported.SelectMany(series => series.Labels.Keys).Distinct(), label => Assert.Contains($"`{label}`", text));
    }

    private async Task MakeUpAsync(int number)
    {
        var name = $"made-up-{number}";
        await gateway.RawAsync($"MADE-UP-{number} /orders/{name}");
        await gateway.RawAsync($"MADE-UP-{number} /open/{name}?{name}={name}");
        await gateway.RawAsync($"GET /{name}/{name}", $"X-User-Id: {name}");
        await gateway.RawAsync($"GET /orders/{name}", $"Authorization: Bearer {name}");
        await gateway.RawAsync($"GET /orders/{name}", $"Cookie: __Host-gateway={name}");
        await gateway.RawAsync($"GET /auth/{name}");
        await RawHttp.SendAsync(gateway.Url, $"GET /open/1 HTTP/1.1\r\nHost: {name}.example\r\nConnection: close\r\n\r\n");
        await RawHttp.SendAsync(management, $"GET /{name} HTTP/1.1\r\nHost: {name}.example\r\nConnection: close\r\n\r\n");
        await gateway.Anonymous().PostAsJsonAsync("/auth/login", new { username = name, password = name + name });
        await gateway.Anonymous().PostAsJsonAsync("/auth/refresh", new { refresh_token = name });
    }

    [GeneratedRegex("gateway_[a-z_]+")]
    private static partial Regex Ours();

    private sealed class BrokenGateway : TestGateway
    {
        public BrokenInstrument Instrument { get; } = new();

        protected override void Replace(IServiceCollection services) => services.AddSingleton<IInstruments>(Instrument);
    }

    /// <summary>One value of it throws, another one hangs.</summary>
    private sealed class BrokenInstrument : IInstruments
    {
        public TaskCompletionSource Asked { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public ManualResetEventSlim Go { get; } = new();

        public void AddTo(Meter meter)
        {
            meter.CreateObservableGauge("gateway.broken", int () => throw new InvalidOperationException("This instrument is broken."));
            meter.CreateObservableGauge("gateway.hanging", () =>
            {
                Asked.TrySetResult();
                return Go.Wait(TimeSpan.FromMinutes(1)) ? 1 : 0;
            });
        }
    }
}
