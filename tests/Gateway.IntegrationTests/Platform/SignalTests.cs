using System.Net.Sockets;
using Microsoft.Data.Sqlite;
using Npgsql;
using SqliteFile = Gateway.Platform.Database.SqliteFile;

namespace Gateway.IntegrationTests.Platform;

/// <summary>Signals at bad moments: the second one, and those that come while the gateway starts.</summary>
public sealed class SignalTests
{
    private const int Terminated = 128 + 15, Interrupted = 128 + 2;      // as a shell says that a signal ended a process

    [Theory]
    [InlineData("TERM", "TERM", Terminated)]
    [InlineData("TERM", "INT", Interrupted)]
    [InlineData("INT", "INT", Interrupted)]
    public async Task Second_signal_ends_it_at_once_and_nothing_that_was_answered_is_lost(string first, string second, int code)
    {
        await using var gateway = await LeavingGateway.StartAsync();
        var (anna, berta) = (await gateway.SignUpAsync("anna"), await gateway.SignUpAsync("berta"));
        using var logout = await KeptConnection.OpenAsync(gateway.Url);
        await logout.WriteAsync(logout.Head("POST /auth/logout", $"Authorization: Bearer {anna.Session.AccessToken}", "Content-Length: 10001", "Content-Type: application/json") + new string(' ', 10_000));      // in flight, and there it stays
        using var kept = await KeptConnection.OpenAsync(gateway.Url);
        Assert.Equal(204, (await kept.AskAsync("POST /auth/logout", null, $"Authorization: Bearer {berta.Session.AccessToken}", "Content-Length: 0")).Status);

        await gateway.Process.SendAsync(first);
        await Eventually.IsAsync(() => gateway.HealthAsync("ready"), status => status is HttpStatusCode.ServiceUnavailable);
        if (first == "TERM")
        {
            using var late = await KeptConnection.OpenAsync(gateway.Url);
            Assert.Equal(204, (await late.AskAsync("POST /auth/logout", null, $"Authorization: Bearer {anna.Session.AccessToken}", "Content-Length: 0")).Status);
        }

        Assert.Equal(code, await gateway.Process.SignalAsync(second));

        await gateway.RestartAsync();
        await (await Caller.Bearing(gateway.Url, berta.Session.AccessToken).GetAsync("/orders/1")).AssertRefusedAsync(401, "token_revoked");
        if (first == "TERM")
            await (await Caller.Bearing(gateway.Url, anna.Session.AccessToken).GetAsync("/orders/1")).AssertRefusedAsync(401, "token_revoked");
    }

    [Fact]
    public async Task While_another_gateway_holds_the_file()
    {
        SqliteFile? other = null;
        await using var gateway = LeavingGateway.Launch(_ => { }, folder =>
        {
            other = new(new() { ConnectionString = $"Data Source={folder.File("gateway.db")}" });
            Assert.True(other.TryHoldAsync(default).IsCompletedSuccessfully && other.IsHeld);
        });
        using (other)
        {
            await gateway.UntilBegunAsync();

            Assert.Contains(await gateway.Process.SignalAsync("TERM"), (int[])[0, 2]);      // 2: it had given up by itself before
        }

        await AssertStartsAsync(gateway);
    }

    [Theory]
    [InlineData("TERM")]
    [InlineData("INT")]
    public async Task While_a_file_that_somebody_else_writes_to_is_migrated(string signal)
    {
        SqliteConnection? writer = null;
        await using var gateway = LeavingGateway.Launch(_ => { }, folder =>
        {
            Database.Execute(folder.File("gateway.db"), $"PRAGMA journal_mode=WAL; PRAGMA application_id={0x47575931}");
            writer = Database.Lock(folder.File("gateway.db"));
        });
        await gateway.UntilBegunAsync();

        await gateway.Process.SendAsync(signal);
        await writer!.DisposeAsync();

        Assert.Contains(await gateway.Process.EndAsync(), (int[])[0, 2]);      // 2: it had given up by itself before
        Assert.DoesNotContain("Unhandled exception", gateway.Process.Output);
        await AssertStartsAsync(gateway);
    }

    [Fact]
    public async Task While_another_replica_opens_the_database()
    {
        var (postgres, database) = await CreateAsync();
        await using var gateway = LeavingGateway.Launch(settings => OnPostgres(settings, database));
        await using (var other = new NpgsqlConnection(database + ";Pooling=false"))
        {
            await other.OpenAsync();
            await using (var hold = new NpgsqlCommand($"SELECT pg_advisory_lock({0x47575931})", other))
                await hold.ExecuteNonQueryAsync();
            await gateway.UntilBegunAsync();

            Assert.Equal(0, await gateway.Process.SignalAsync("TERM"));
        }

        await AssertStartsAsync(gateway);
        await postgres.DropDatabaseAsync(database);
    }

    [Theory]
    [InlineData("TERM")]
    [InlineData("INT")]
    public async Task While_postgres_does_not_answer(string signal)
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        await using var gateway = LeavingGateway.Launch(settings => OnPostgres(settings, $"Host=127.0.0.1;Port={((IPEndPoint)silent.LocalEndpoint).Port};Database=gateway;Username=u;Password=p"));
        await gateway.UntilBegunAsync();
        await Eventually.IsAsync(() => Task.FromResult(silent.Pending()), asked => asked);

        Assert.Equal(0, await gateway.Process.SignalAsync(signal));
    }

    [Theory]
    [InlineData("TERM")]
    [InlineData("INT")]
    public async Task In_the_middle_of_a_migration_on_postgres(string signal)
    {
        var (postgres, database) = await CreateAsync();
        await postgres.ExecuteAsync("CREATE FUNCTION slow() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(600); END'", database);
        await postgres.ExecuteAsync("CREATE EVENT TRIGGER slow ON ddl_command_end EXECUTE FUNCTION slow()", database);
        await using var gateway = LeavingGateway.Launch(settings => OnPostgres(settings, database));
        await Eventually.IsAsync(() => postgres.CountAsync("pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'", database), sleeping => sleeping > 0);

        Assert.Equal(0, await gateway.Process.SignalAsync(signal));

        await postgres.ExecuteAsync("DROP EVENT TRIGGER slow", database);
        await AssertStartsAsync(gateway);
        await postgres.DropDatabaseAsync(database);
    }

    private static async Task<(PostgresServer, string)> CreateAsync()
    {
        var postgres = await SharedPostgres.GetAsync();
        return (postgres, await postgres.CreateDatabaseAsync());
    }

    private static void OnPostgres(SettingsFile settings, string database) => settings
        .Set("Gateway:Database:Provider", "Postgres")
        .Set("Gateway:Database:ConnectionString", database)
        .Set("Gateway:Secret", "a secret of at least thirty-two bytes");

    /// <summary>The next start finds nothing in its way.</summary>
    private static async Task AssertStartsAsync(LeavingGateway gateway)
    {
        await gateway.Process.DisposeAsync();
        await gateway.RestartAsync();
        await gateway.SignUpAsync("anna");
        Assert.Equal(0, await gateway.Process.SignalAsync("INT"));
    }
}
