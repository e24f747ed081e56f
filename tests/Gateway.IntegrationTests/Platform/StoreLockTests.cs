using Gateway.Platform.Database;
using Gateway.Sessions;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Gateway.IntegrationTests.Platform;

/// <summary>Another program holds the database's write lock, as a backup may: who writes is told soon, everybody else notices nothing.</summary>
public sealed class StoreLockTests
{
    // Far more than the gateway waits for a lock; less than what its driver or a queue of such waits would take.
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Writes_are_503_soon_however_many_wait_and_nothing_is_half_done()
    {
        await using var gateway = await TestGateway.StartAsync();
        var anna = await gateway.SignUpAsync("anna");
        HttpResponseMessage[] refused;

        using (Database.Lock(gateway.DatabaseFile))
        {
            refused = await Task.WhenAll(Enumerable.Range(0, 30).Select(i => (i % 3) switch
            {
                0 => anna.PostAsJsonAsync("/auth/login", new { username = "anna", password = TestGateway.Password }),
                1 => anna.PostAsJsonAsync("/auth/refresh", new { refresh_token = anna.Session.RefreshToken }),
                _ => anna.PostAsync("/auth/logout", null),
            })).WaitAsync(Soon);
        }

        foreach (var response in refused)
            await response.AssertRefusedAsync(503, "store_unavailable");
        var next = await anna.RefreshAsync();
        Assert.Equal(HttpStatusCode.OK, (await next.GetAsync("/orders/1")).StatusCode);
        await gateway.LogInAsync("anna");
        Assert.Equal(HttpStatusCode.NoContent, (await next.PostAsync("/auth/logout", null)).StatusCode);
        await (await next.GetAsync("/orders/1")).AssertRefusedAsync(401, "token_revoked");
        gateway.Log.Forget();
    }

    [Fact]
    public async Task Reads_and_proxied_requests_go_on_while_writers_wait()
    {
        await using var gateway = await TestGateway.StartAsync();
        var anna = await gateway.SignUpAsync("anna");
        var browser = await gateway.SignInWithCookieAsync("anna");

        using (Database.Lock(gateway.DatabaseFile))
        {
            var waiting = Task.WhenAll(Enumerable.Range(0, 10).Select(_ => anna.PostAsync("/auth/logout", null)));
            foreach (var path in (string[])["/orders/1", "/auth/me", "/auth/sessions"])
            {
                Assert.Equal(HttpStatusCode.OK, (await anna.GetAsync(path)).StatusCode);
                Assert.Equal(HttpStatusCode.OK, (await browser.GetAsync(path)).StatusCode);
            }
            await waiting.WaitAsync(Soon);
        }

        gateway.Log.Forget();
    }

    [Fact]
    public async Task Gateway_starts_again_beside_the_lock()
    {
        await using var gateway = await TestGateway.StartAsync();
        var anna = await gateway.SignUpAsync("anna");
        await gateway.StopAsync();

        using (Database.Lock(gateway.DatabaseFile))
        {
            await gateway.RestartAsync();
            Assert.Equal(HttpStatusCode.OK, (await gateway.Bearing(anna.Session.AccessToken).GetAsync("/orders/1")).StatusCode);
        }
    }

    [Fact]
    public async Task What_is_read_in_a_write_is_still_so_when_it_writes()
    {
        await using var gateway = await TestGateway.StartAsync();
        using var scope = gateway.Services.CreateScope();
        var db = scope.ServiceProvider.GetRequiredService<GatewayDatabase>();

        await gateway.Services.GetRequiredService<Transactions>().WriteAsync(db, async () =>
        {
            await db.Set<Gateway.Sessions.Session>().CountAsync();
            using var other = new SqliteConnection($"Data Source={gateway.DatabaseFile};Pooling=False;Default Timeout=1");
            other.Open();
            using var command = other.CreateCommand();
            command.CommandText = "BEGIN IMMEDIATE";
            Assert.Equal(5, Assert.Throws<SqliteException>(() => command.ExecuteNonQuery()).SqliteErrorCode);      // busy
        }, default);
    }

    [Fact]
    public async Task Store_that_is_away_for_long_is_logged_when_it_begins_and_when_it_ends()
    {
        await using var gateway = new FaultyGateway();
        await gateway.InitializeAsync();
        var anna = await gateway.SignUpAsync("anna");
        await anna.GetAsync("/orders/1");      // now there is a use to note, too
        gateway.Store.IsAway = true;
        gateway.Log.Forget();

        for (var i = 0; i < 4; i++)
            await gateway.Clock.AdvanceAsync(TimeSpan.FromSeconds(2));
        gateway.Store.IsAway = false;
        await gateway.Clock.AdvanceAsync(TimeSpan.FromSeconds(2));

        var said = await Eventually.IsAsync(() => Task.FromResult(FeedSaid()), said => said.Count(s => s.Contains("succeeds again", StringComparison.Ordinal)) == 2);
        Assert.Equal(4, said.Length);      // reading and noting, each begins and ends
        Assert.Equal(2, said.Count(s => s.Contains("disk is full", StringComparison.Ordinal)));

        string[] FeedSaid() => [.. gateway.Log.At(LogLevel.Warning).Concat(gateway.Log.At(LogLevel.Information)).Where(text => text.Contains(nameof(Loops), StringComparison.Ordinal))];
    }
}
