using Gateway.Platform.Database;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.IntegrationTests.Platform;

/// <summary>When the database fails it is our trouble: 503 for a while, never a logout, and no way in.</summary>
public abstract class TroubleTests(TestStore store)
{
    private readonly TestClock clock = new();

    [Fact]
    public async Task Without_news_of_revocations_protected_routes_are_shut_until_there_are_some()
    {
        await using var gateway = await StartAsync(clock: clock);
        var program = await gateway.SignInAsync("anna");
        var browser = await gateway.SignInWithCookieAsync("anna");
        await Task.WhenAll(program.GetAsync("/orders/1"), browser.GetAsync("/orders/1")); // remembered by now
        await TakeAwayAsync(gateway, "revocations");
        gateway.Backend.Forget();

        await clock.AdvanceAsync(TimeSpan.FromSeconds(11));

        await (await program.GetAsync("/orders/1")).AssertRefusedAsync(503, "revocation_stale");
        await (await browser.GetAsync("/orders/1")).AssertRefusedAsync(503, "revocation_stale");
        await (await program.GetAsync("/auth/me")).AssertRefusedAsync(503, "revocation_stale");
        Assert.Empty(gateway.Backend.Requests);
        Assert.Equal(HttpStatusCode.OK, (await gateway.Anonymous().GetAsync("/open/1")).StatusCode);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await ReadyAsync(gateway));

        await BringBackAsync(gateway, "revocations");
        await Eventually.IsAsync(async () =>
        {
            await clock.AdvanceAsync(TimeSpan.FromSeconds(1));
            return await program.GetAsync("/orders/1");
        }, response => response.StatusCode == HttpStatusCode.OK);
        Assert.Equal(HttpStatusCode.OK, await ReadyAsync(gateway));
    }

    [Fact]
    public async Task Without_news_known_revocations_hold_even_where_the_operator_prefers_to_go_on()
    {
        await using var gateway = await StartAsync(settings => settings.Set("Gateway:Revocation:OnStale", "Allow"), clock);
        var here = await gateway.SignInAsync("anna");
        var gone = await gateway.SignInAsync("anna");
        await gone.PostAsync("/auth/logout", null);
        await TakeAwayAsync(gateway, "revocations");

        await clock.AdvanceAsync(TimeSpan.FromSeconds(11));

        Assert.Equal(HttpStatusCode.OK, (await here.GetAsync("/orders/1")).StatusCode);
        await (await gone.GetAsync("/orders/1")).AssertRefusedAsync(401, "token_revoked");
    }

    [Fact]
    public async Task Store_that_fails_logs_nobody_out()
    {
        await using var gateway = await StartAsync();
        var program = await gateway.SignInAsync("anna");
        var browser = await gateway.SignInWithCookieAsync("anna");
        await TakeAwayAsync(gateway, "sessions");

        await (await browser.GetAsync("/orders/1")).AssertRefusedAsync(503, "store_unavailable");
        await (await program.GetAsync("/auth/sessions")).AssertRefusedAsync(503, "store_unavailable");
        await (await program.PostAsJsonAsync("/auth/refresh", new { refresh_token = program.Session.RefreshToken })).AssertRefusedAsync(503, "store_unavailable");
        await (await program.PostAsync("/auth/logout", null)).AssertRefusedAsync(503, "store_unavailable");
        await (await gateway.Anonymous().PostAsJsonAsync("/auth/login", new { username = "anna", password = TestGateway.Password })).AssertRefusedAsync(503, "store_unavailable");
        await (await gateway.Anonymous().PostAsJsonAsync("/auth/signup", new { username = "berta", password = TestGateway.Password })).AssertRefusedAsync(503, "store_unavailable");
        Assert.Empty(gateway.Backend.Requests);
        Assert.Equal(HttpStatusCode.OK, (await program.GetAsync("/orders/1")).StatusCode); // its signature is all it needs

        await BringBackAsync(gateway, "sessions");
        Assert.Equal(HttpStatusCode.OK, (await browser.GetAsync("/orders/1")).StatusCode);
        await program.RefreshAsync();
        await gateway.SignUpAsync("berta"); // nothing half done is in the way
        gateway.Log.Forget(); // the failures are errors to the operator
    }

    private static Task TakeAwayAsync(TestGateway gateway, string table) => ExecuteAsync(gateway, $"ALTER TABLE {table} RENAME TO {table}_away");

    private static Task BringBackAsync(TestGateway gateway, string table) => ExecuteAsync(gateway, $"ALTER TABLE {table}_away RENAME TO {table}");

    private static async Task ExecuteAsync(TestGateway gateway, string sql)
    {
        await using var db = await gateway.Services.GetRequiredService<IDbContextFactory<GatewayDatabase>>().CreateDbContextAsync();
        await db.Database.ExecuteSqlRawAsync(sql);
    }

    private static async Task<HttpStatusCode> ReadyAsync(TestGateway gateway) => (await Caller.Anonymous(gateway.ManagementUrl).GetAsync("/health/ready")).StatusCode;

    private Task<TestGateway> StartAsync(Action<SettingsFile>? change = null, TimeProvider? clock = null) => TestGateway.StartAsync(change, clock, store: store);
}

public sealed class TroubleOnSqliteTests() : TroubleTests(TestStore.Sqlite);

public sealed class TroubleOnPostgresTests() : TroubleTests(TestStore.Postgres);
