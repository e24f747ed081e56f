using System.Diagnostics;
using Gateway.Platform.Database;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.IntegrationTests.Platform;

/// <summary>A database that is not ours to open is refused and left as it was, to the byte.</summary>
public sealed class DatabaseTests
{
    [Theory]
    [InlineData("this is no database at all, but somebody's notes")]
    [InlineData("SQLite format 3\0 and then nothing of the kind")]
    [InlineData("xy")] // a single byte is an empty database to SQLite
    public async Task File_that_is_no_database_is_refused_and_left_alone(string content)
    {
        var refusal = await AssertLeftAloneAsync(file => File.WriteAllText(file, content));

        refusal.AssertSays("gateway.db");
    }

    [Fact]
    public async Task Truncated_database_is_refused_and_left_alone()
    {
        await using var gateway = await TestGateway.StartAsync();
        await gateway.SignUpAsync("anna");
        await gateway.StopAsync();
        SqliteConnection.ClearAllPools();
        using (var file = File.OpenWrite(gateway.DatabaseFile))
            file.SetLength(file.Length / 2);
        var before = File.ReadAllBytes(gateway.DatabaseFile);

        var refusal = await gateway.AssertDoesNotStartAsync();

        refusal.AssertSays("gateway.db");
        Assert.Equal(before, File.ReadAllBytes(gateway.DatabaseFile));
    }

    [Fact]
    public async Task Database_of_another_application_is_refused_and_left_alone()
    {
        var refusal = await AssertLeftAloneAsync(file => Database.Execute(file, "CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO customers (name) VALUES ('Ann')"));

        refusal.AssertSays("gateway.db");
    }

    [Fact]
    public async Task Database_of_another_application_that_has_users_too_is_refused_and_left_alone()
    {
        var refusal = await AssertLeftAloneAsync(file => Database.Execute(file, "CREATE TABLE AspNetUsers (Id TEXT PRIMARY KEY, UserName TEXT); CREATE TABLE __EFMigrationsHistory (MigrationId TEXT PRIMARY KEY, ProductVersion TEXT); INSERT INTO __EFMigrationsHistory VALUES ('20200101000000_Theirs', '9.0.0')"));

        refusal.AssertSays("gateway.db");
    }

    [Fact]
    public async Task Folder_in_place_of_the_database_is_refused()
    {
        await using var gateway = new TestGateway();
        Directory.CreateDirectory(gateway.DatabaseFile);

        var refusal = await gateway.AssertDoesNotStartAsync();

        refusal.AssertSays("gateway.db");
    }

    [Fact]
    public async Task Second_gateway_on_one_sqlite_file_is_refused_and_the_first_goes_on()
    {
        await using var first = await TestGateway.StartAsync();
        var anna = await first.SignUpAsync("anna");

        var refusal = await TestGateway.RefusedStartAsync(settings => settings
            .Set("Gateway:Database:ConnectionString", $"Data Source={first.DatabaseFile}"));

        refusal.AssertSays("gateway.db");
        Assert.Equal(HttpStatusCode.OK, (await anna.GetAsync("/orders/1")).StatusCode);
        await first.LogInAsync("anna");
    }

    [Theory]
    [InlineData("ln -s gateway.db other.db", "other.db")]
    [InlineData("ln -s . other", "other/gateway.db")]
    [InlineData("ln gateway.db other.db", "other.db")]
    public async Task Second_gateway_on_another_path_to_the_same_file_is_refused_and_the_first_goes_on(string link, string path)
    {
        await using var first = await TestGateway.StartAsync();
        var anna = await first.SignUpAsync("anna");
        using (var shell = Process.Start(new ProcessStartInfo("sh", ["-c", link]) { WorkingDirectory = first.Folder.Path })!)
            await shell.WaitForExitAsync();

        var refusal = await TestGateway.RefusedStartAsync(settings => settings
            .Set("Gateway:Database:ConnectionString", $"Data Source={first.Folder.File(path)}")
            .Set("Gateway:SecretFile", first.SecretFile));

        Assert.Contains(refusal.Errors, error => error.Contains("in use", StringComparison.Ordinal) || error.Contains("hard links", StringComparison.Ordinal));
        Assert.Equal(HttpStatusCode.OK, (await (await anna.RefreshAsync()).GetAsync("/orders/1")).StatusCode);
    }

    [Fact]
    public async Task Database_behind_a_link_lies_with_its_secret_where_the_link_leads()
    {
        await using var gateway = new TestGateway();
        Directory.CreateDirectory(gateway.Folder.File("volume"));
        File.CreateSymbolicLink(gateway.DatabaseFile, "volume/real.db");

        await gateway.InitializeAsync();

        Assert.Equal(["real.db", "real.db.lock", "real.db.secret"], Directory.GetFiles(gateway.Folder.File("volume")).Select(Path.GetFileName).Where(name => !name!.Contains('-', StringComparison.Ordinal)).Order());
    }

    [Fact]
    public async Task Second_process_on_one_sqlite_file_is_refused()
    {
        await using var first = await TestGateway.StartAsync();

        var result = await first.RunAsync(["serve", "--urls", "http://127.0.0.1:0"]);

        result.AssertRefused("gateway.db");
    }

    [Fact]
    public async Task Database_is_free_again_after_a_stop()
    {
        await using var gateway = await TestGateway.StartAsync();
        await gateway.SignUpAsync("anna");

        await gateway.RestartAsync();

        await gateway.LogInAsync("anna");
    }

    [Fact]
    public async Task Migration_lock_of_a_killed_gateway_does_not_keep_the_next_from_starting()
    {
        await using var gateway = await TestGateway.StartAsync();
        await gateway.StopAsync();
        Database.Execute(gateway.DatabaseFile, """
            CREATE TABLE IF NOT EXISTS "__EFMigrationsLock" ("Id" INTEGER NOT NULL CONSTRAINT "PK___EFMigrationsLock" PRIMARY KEY, "Timestamp" TEXT NOT NULL);
            INSERT INTO "__EFMigrationsLock" ("Id", "Timestamp") VALUES (1, '2025-01-01 00:00:00+00:00');
            """);
        SqliteConnection.ClearAllPools();

        await gateway.RestartAsync();

        await gateway.SignUpAsync("anna");
    }

    [Fact]
    public async Task Database_that_is_behind_is_not_migrated_against_the_operators_word()
    {
        var refusal = await TestGateway.RefusedStartAsync(settings => settings.Set("Gateway:Database:Migrate", false));

        refusal.AssertSays("migrate");
    }

    [Fact]
    public async Task Every_commit_is_on_the_disk_and_there_is_room_for_passkeys()
    {
        await using var gateway = await TestGateway.StartAsync();
        await using var db = await gateway.Services.GetRequiredService<IDbContextFactory<GatewayDatabase>>().CreateDbContextAsync();

        Assert.Equal(["wal"], await db.Database.SqlQueryRaw<string>("SELECT journal_mode AS Value FROM pragma_journal_mode").ToListAsync());
        Assert.Equal([2], await db.Database.SqlQueryRaw<int>("SELECT synchronous AS Value FROM pragma_synchronous").ToListAsync()); // FULL
        Assert.Contains("user_passkeys", await db.Database.SqlQueryRaw<string>("SELECT name AS Value FROM sqlite_master").ToListAsync());
    }

    private static async Task<Refusal> AssertLeftAloneAsync(Action<string> make)
    {
        await using var gateway = new TestGateway();
        make(gateway.DatabaseFile);
        SqliteConnection.ClearAllPools();
        var before = File.ReadAllBytes(gateway.DatabaseFile);

        var refusal = await gateway.AssertDoesNotStartAsync();

        Assert.Equal(before, File.ReadAllBytes(gateway.DatabaseFile));
        Assert.DoesNotContain("gateway.db.secret", refusal.Files);
        return refusal;
    }
}
