using System.Diagnostics;
using Gateway.Platform.Database;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using PostgresServer = Gateway.IntegrationTests.Support.PostgresServer;

namespace Gateway.IntegrationTests.Platform;

/// <summary>The server of the truth is stopped, frozen, cut off: our trouble, for as long as it lasts; then everything that was acknowledged is there.</summary>
public sealed class PostgresFaultTests : IAsyncLifetime
{
    private static readonly TimeSpan LongEnough = TimeSpan.FromSeconds(20);      // five seconds, on a machine that does other things too

    private PostgresServer server = null!;
    private TestGateway gateway = null!;

    public async ValueTask InitializeAsync()
    {
        server = await PostgresServer.StartNewAsync();
        gateway = new TestGateway();
        await gateway.UsePostgresAsync(server);
        await gateway.InitializeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        gateway.Log.Forget();      // the failures are errors to the operator
        await gateway.DisposeAsync();
        await server.DisposeAsync();
    }

    [Theory]
    [InlineData("stopped")]
    [InlineData("frozen")]
    public async Task Server_that_is_away_is_our_trouble_and_loses_nothing(string fault)
    {
        var (program, browser) = (await gateway.SignInAsync("anna"), await gateway.SignInWithCookieAsync("anna"));
        var gone = await gateway.SignInAsync("anna");
        await gone.PostAsync("/auth/logout", null);

        await (fault is "stopped" ? server.StopAsync() : server.FreezeAsync());
        await AssertTroubleAsync(browser.GetAsync("/orders/1"));
        await AssertTroubleAsync(program.PostAsJsonAsync("/auth/refresh", new { refresh_token = program.Session.RefreshToken }));
        await AssertTroubleAsync(gateway.Anonymous().PostAsJsonAsync("/auth/login", new { username = "anna", password = TestGateway.Password }));
        await AssertTroubleAsync(gateway.Anonymous().PostAsJsonAsync("/auth/signup", new { username = "berta", password = TestGateway.Password }));
        Assert.Equal(HttpStatusCode.OK, (await gateway.Anonymous().GetAsync("/open/1")).StatusCode);
        await (fault is "stopped" ? server.StartAsync() : server.ThawAsync());

        await Eventually.IsAsync(() => browser.GetAsync("/orders/1"), response => response.StatusCode is HttpStatusCode.OK);
        var next = await Eventually.IsAsync(() => program.PostAsJsonAsync("/auth/refresh", new { refresh_token = program.Session.RefreshToken }), response => response.StatusCode is HttpStatusCode.OK);
        Assert.Equal(program.Session.SessionId, (await next.ReadAsync<Session>(HttpStatusCode.OK)).SessionId);
        await (await gone.PostAsJsonAsync("/auth/refresh", new { refresh_token = gone.Session.RefreshToken })).AssertRefusedAsync(401, "session_ended");
        await gateway.SignInAsync("berta");      // nothing half done is in the way
    }

    [Fact]
    public async Task Refreshes_go_on_over_connections_that_are_cut_again_and_again()
    {
        var callers = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => gateway.SignUpAsync($"user-{i}")));
        var refreshed = 0;

        await Task.WhenAll([.. callers.Select(RefreshAsync), CutAsync()]);

        Assert.True(refreshed >= callers.Length * 10, $"{refreshed} refreshes came through.");

        async Task CutAsync()
        {
            for (var i = 0; i < 10; i++)
            {
                await Task.Delay(100);
                await server.CutConnectionsAsync();
            }
        }

        async Task RefreshAsync(Caller caller)
        {
            var token = caller.Session.RefreshToken;
            for (var i = 0; i < 20; i++)
            {
                using var response = await gateway.Anonymous().PostAsJsonAsync("/auth/refresh", new { refresh_token = token });
                if (response.StatusCode is HttpStatusCode.ServiceUnavailable)
                    continue;      // of a commit under way nobody knows: the client asks again

                token = (await response.ReadAsync<Session>(HttpStatusCode.OK)).RefreshToken;
                Interlocked.Increment(ref refreshed);
            }
        }
    }

    [Fact]
    public async Task Write_over_a_connection_that_broke_meanwhile_succeeds()
    {
        var anna = await gateway.SignInAsync("anna");
        await server.CutConnectionsAsync();

        var response = await anna.PostAsJsonAsync("/auth/refresh", new { refresh_token = anna.Session.RefreshToken });

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task Connections_that_were_cut_cost_one_answer_at_most()
    {
        var anna = await gateway.SignInAsync("anna");
        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => anna.GetAsync("/auth/sessions")));      // many connections in the pool
        await server.CutConnectionsAsync();

        List<HttpStatusCode> answers = [];
        for (var i = 0; i < 20; i++)
            answers.Add((await anna.GetAsync("/auth/sessions")).StatusCode);

        Assert.True(answers.Count(answer => answer is HttpStatusCode.ServiceUnavailable) <= 1, string.Join(", ", answers));
        Assert.Equal(HttpStatusCode.OK, answers[^1]);
    }

    [Fact]
    public async Task Pool_that_is_exhausted_is_our_trouble_for_a_while()
    {
        await gateway.SignInAsync("anna");
        await gateway.RestartAsync(settings => settings.Set("Gateway:Database:ConnectionString", gateway.ConnectionString + ";Maximum Pool Size=3"));
        var databases = gateway.Services.GetRequiredService<IDbContextFactory<GatewayDatabase>>();
        var holders = Enumerable.Range(0, 3).Select(_ => databases.CreateDbContext()).ToArray();
        foreach (var holder in holders)
            await holder.Database.OpenConnectionAsync();

        await AssertTroubleAsync(gateway.Anonymous().PostAsJsonAsync("/auth/login", new { username = "anna", password = TestGateway.Password }));

        foreach (var holder in holders)
            await holder.DisposeAsync();
        await Eventually.IsAsync(() => gateway.Anonymous().PostAsJsonAsync("/auth/login", new { username = "anna", password = TestGateway.Password }), response => response.StatusCode is HttpStatusCode.OK);
    }

    [Fact]
    public async Task Row_that_somebody_else_has_locked_is_our_trouble_for_a_while()
    {
        var anna = await gateway.SignInAsync("anna");
        var locked = server.ExecuteAsync("BEGIN; LOCK TABLE sessions; SELECT pg_sleep(15)", gateway.ConnectionString);
        await Eventually.IsAsync(() => server.CountAsync("pg_locks WHERE relation = 'sessions'::regclass AND mode = 'AccessExclusiveLock' AND granted", gateway.ConnectionString), locks => locks > 0);

        await AssertTroubleAsync(anna.PostAsJsonAsync("/auth/refresh", new { refresh_token = anna.Session.RefreshToken }));

        await locked;
        await anna.RefreshAsync();
    }

    private static async Task AssertTroubleAsync(Task<HttpResponseMessage> asked)
    {
        var waited = Stopwatch.StartNew();
        await (await asked).AssertRefusedAsync(503, "store_unavailable");
        Assert.True(waited.Elapsed < LongEnough, $"It took {waited.Elapsed}.");
    }
}
