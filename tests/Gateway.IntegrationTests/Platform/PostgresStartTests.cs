using System.Diagnostics;
using Gateway.Tokens;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.IntegrationTests.Platform;

/// <summary>Several may start at once, and be killed; one of them makes the database, and what is in the way is said in one sentence.</summary>
public sealed class PostgresStartTests : IAsyncLifetime
{
    private const string Secret = "a secret of at least thirty-two bytes";

    private PostgresServer server = null!;
    private string database = "";

    public async ValueTask InitializeAsync()
    {
        server = await SharedPostgres.GetAsync();
        database = await server.CreateDatabaseAsync();
    }

    public async ValueTask DisposeAsync() => await server.DropDatabaseAsync(database);

    [Fact]
    public async Task Replicas_that_start_at_once_make_one_database()
    {
        var replicas = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => StartAsync())));

        var anna = await replicas[0].SignUpAsync("anna");
        foreach (var replica in replicas)
            Assert.Equal(HttpStatusCode.OK, (await replica.Bearing(anna.Session.AccessToken).GetAsync("/orders/1")).StatusCode);
        Assert.Equal(1, await server.CountAsync("signing_keys", database));
        Assert.Equal(2, await server.CountAsync("state", database));
        foreach (var replica in replicas)
            await replica.DisposeAsync();
    }

    [Fact]
    public async Task One_name_that_several_replicas_are_asked_for_at_once_is_given_once()
    {
        await using var first = await StartAsync();
        await using var second = await StartAsync();

        for (var round = 0; round < 5; round++)
        {
            var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => (i % 2 == 0 ? first : second).Anonymous()
                .PostAsJsonAsync("/auth/signup", new { username = $"wanted-{round}", password = TestGateway.Password })));

            Assert.Single(answers, answer => answer.StatusCode is HttpStatusCode.Created);
            Assert.Equal(5, answers.Count(answer => answer.StatusCode is HttpStatusCode.Conflict));
        }
    }

    [Fact]
    public async Task Keys_that_several_replicas_rotate_at_once_are_one()
    {
        await using var first = await StartAsync();
        await using var second = await StartAsync();

        var rotations = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => (i % 2 == 0 ? first : second).Services.GetRequiredService<SigningKeys>().RotateAsync(default)));

        Assert.Single(rotations, rotation => rotation.Created);
        Assert.Single(rotations.Select(rotation => rotation.Key.Id).Distinct());
        Assert.Equal(2, await server.CountAsync("signing_keys", database));
    }

    [Fact]
    public async Task Five_hundred_refreshes_at_once_on_two_replicas_all_succeed()
    {
        await using var first = await StartAsync();
        await using var second = await StartAsync();
        var callers = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => first.SignUpAsync($"user-{i}")));

        var answers = await Task.WhenAll(Enumerable.Range(0, 500).Select(async i =>
        {
            var caller = callers[i % callers.Length];
            using var client = (i % 2 == 0 ? first : second).Anonymous();
            var response = await client.PostAsJsonAsync("/auth/refresh", new { refresh_token = caller.Session.RefreshToken });
            return (caller, await response.ReadAsync<Session>(HttpStatusCode.OK));
        }));

        Assert.All(answers.GroupBy(answer => answer.caller), branch => Assert.Single(branch.Select(answer => answer.Item2.RefreshToken).Distinct()));
    }

    [Fact]
    public async Task Replica_with_another_secret_is_refused_by_name()
    {
        await using var gateway = await StartAsync();

        var refusal = await TestGateway.RefusedStartAsync(settings => Configure(settings).Set("Gateway:Secret", "another secret of at least thirty-two bytes"));

        refusal.AssertSays("Gateway:Secret", "not the Secret");
    }

    [Fact]
    public async Task Killed_first_start_is_taken_up_by_the_next()
    {
        await using var gateway = new TestGateway();
        Configure(gateway.Settings);
        var config = gateway.Folder.Write("gateway.json", gateway.Settings.ToString());

        foreach (var moment in (int[])[0, 50, 150])
        {
            using var process = Process.Start(CommandLine.Serve(config, gateway.Folder.Path))!;
            await Eventually.IsAsync(() => server.CountAsync("pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())", database), locks => locks > 0 || process.HasExited);
            await Task.Delay(moment);
            process.Kill();
            await process.WaitForExitAsync();
        }

        await gateway.InitializeAsync();

        await gateway.SignUpAsync("anna");
    }

    [Fact]
    public async Task Database_that_is_behind_is_refused_where_the_start_may_not_migrate()
    {
        var refusal = await TestGateway.RefusedStartAsync(settings => Configure(settings).Set("Gateway:Database:Migrate", false));

        refusal.AssertSays("Gateway:Database:Migrate", "gateway migrate");
        await using var gateway = new TestGateway();
        gateway.Folder.Write("gateway.json", Configure(gateway.Settings).Set("Gateway:Database:Migrate", false).ToString());
        (await gateway.RunAsync(["migrate"])).AssertSucceeded();
        await gateway.InitializeAsync();
    }

    [Theory]
    [InlineData("Password=wrong", "does not let user postgres in")]
    [InlineData("Username=nobody", "does not let user nobody in")]
    [InlineData("Database=nowhere", "CREATE DATABASE \"nowhere\"")]
    [InlineData("Port=1", "cannot be reached")]
    public async Task What_is_in_the_way_is_said_in_one_sentence(string change, string said)
    {
        await using var gateway = new TestGateway();
        gateway.Folder.Write("gateway.json", Configure(gateway.Settings).Set("Gateway:Database:ConnectionString", $"{database};{change}").ToString());

        var result = await gateway.RunAsync(["users", "list"]);

        result.AssertRefused("Gateway:Database:ConnectionString", said);
        Assert.DoesNotContain(PostgresServer.Password, result.Errors);
        Assert.Single(result.Errors.Trim().Split('\n'));
    }

    [Fact]
    public async Task Database_of_another_application_is_refused_and_left_alone()
    {
        await server.ExecuteAsync("CREATE TABLE users (id integer)", database);

        var refusal = await TestGateway.RefusedStartAsync(settings => Configure(settings));

        refusal.AssertSays("Gateway:Database:ConnectionString", "users", "one that the gateway made, or an empty one");
        Assert.Equal(0, await server.CountAsync("information_schema.tables WHERE table_name = 'sessions'", database));
    }

    [Theory]
    [InlineData("Data Source=gateway.db", "Host=db.example.com;Database=gateway")]
    [InlineData("Host=db.example.com", "names no Database")]
    [InlineData("Database=gateway", "names no Host")]
    [InlineData("Host=a;Database=b;Port=many", "is not a PostgreSQL connection string")]
    [InlineData("Host=a;Database=b;Password=very;private", "is not a PostgreSQL connection string")]
    public async Task Connection_string_that_is_none_is_refused_and_not_repeated(string text, string said)
    {
        var refusal = await TestGateway.RefusedStartAsync(settings => Configure(settings).Set("Gateway:Database:ConnectionString", text));

        refusal.AssertSays("Gateway:Database:ConnectionString", said, "Write Host=");
        Assert.DoesNotContain("private", string.Join('\n', refusal.Errors));
    }

    [Fact]
    public async Task Secret_is_the_operators_and_the_check_says_so_too()
    {
        await using var gateway = new TestGateway();
        gateway.Folder.Write("gateway.json", Configure(gateway.Settings).Remove("Gateway:Secret").ToString());

        (await gateway.RunAsync(["check"])).AssertRefused("Gateway:Secret", "Gateway:SecretFile", "openssl rand");
    }

    private Task<TestGateway> StartAsync() => TestGateway.StartAsync(settings => Configure(settings));

    private SettingsFile Configure(SettingsFile settings) => settings
        .Set("Gateway:Database:Provider", "Postgres").Set("Gateway:Database:ConnectionString", database).Set("Gateway:Secret", Secret);
}
