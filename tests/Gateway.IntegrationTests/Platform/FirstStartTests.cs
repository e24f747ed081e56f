using System.Security.Cryptography;
using Gateway.Platform.Configuration;
using Gateway.Platform.Database;

namespace Gateway.IntegrationTests.Platform;

/// <summary>The first start makes the database, then its Secret. It may be cut short anywhere; what is lost later is not made anew.</summary>
public sealed class FirstStartTests
{
    [Fact]
    public Task Database_that_was_removed_is_not_replaced_by_an_empty_one() => AssertNotReplacedAsync("gateway.db.secret", gateway =>
        File.Delete(gateway.DatabaseFile));

    [Fact]
    public Task Database_that_was_emptied_is_not_replaced_by_an_empty_one() => AssertNotReplacedAsync("gateway.db.secret", gateway =>
        File.WriteAllText(gateway.DatabaseFile, ""));

    [Fact]
    public Task Database_whose_last_commits_are_left_in_its_log_is_not_replaced_by_an_empty_one() => AssertNotReplacedAsync("gateway.db-wal", gateway =>
    {
        File.Delete(gateway.DatabaseFile);
        File.Delete(gateway.SecretFile);
        gateway.Folder.Write("gateway.db-wal", "what was committed last");
    });

    private static async Task AssertNotReplacedAsync(string remains, Action<TestGateway> lose)
    {
        await using var gateway = await TestGateway.StartAsync();
        await gateway.SignUpAsync("anna");
        await gateway.StopAsync();
        lose(gateway);
        var before = Digest(gateway.Folder.Path);

        var refusal = await gateway.AssertDoesNotStartAsync();

        refusal.AssertSays("gateway.db", "missing or empty", remains, "Restore", "remove");
        Assert.Equal(before, Digest(gateway.Folder.Path));
        File.Delete(gateway.Folder.File(remains));      // the remedy for who wants to begin anew
        await gateway.RestartAsync();
        await gateway.SignUpAsync("anna");
    }

    [Fact]
    public async Task Secret_file_that_the_operator_made_beforehand_serves_new_databases()
    {
        await using var gateway = new TestGateway();
        gateway.Settings.Set("Gateway:SecretFile", gateway.Folder.Write("own.secret", "the operator's own secret of thirty-two bytes"));
        await using var second = await TestGateway.StartAsync(settings => settings.Set("Gateway:SecretFile", gateway.Folder.File("own.secret")));

        await gateway.InitializeAsync();

        await gateway.SignUpAsync("anna");
        await second.SignUpAsync("anna");
    }

    [Fact]
    public async Task Start_that_was_killed_anywhere_is_taken_up_by_the_next()
    {
        using var moments = new TempFolder();
        await KeepEveryMomentAsync(moments.Path);
        // Between those: the file without a mark, and the Secret half made.
        Copy(Directory.GetDirectories(moments.Path).Order().Last(moment => !File.Exists(Path.Combine(moment, "gateway.db.secret"))), moments.File("half-secret"));
        File.WriteAllText(moments.File("half-secret/gateway.db.secret.new"), "half");
        Directory.CreateDirectory(moments.File("no-mark"));
        Database.Execute(moments.File("no-mark/gateway.db"), "PRAGMA journal_mode=WAL");
        Directory.CreateDirectory(moments.File("no-content"));
        File.WriteAllText(moments.File("no-content/gateway.db"), "");

        foreach (var moment in Directory.GetDirectories(moments.Path))
        {
            await using var next = new TestGateway();
            Copy(moment, next.Folder.Path);

            await next.InitializeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30));

            await next.SignUpAsync("anna");
            await next.RestartAsync();
            await next.LogInAsync("anna");
        }
    }

    [Fact]
    public async Task Start_that_failed_at_any_step_is_taken_up_by_the_next()
    {
        await using var gateway = new FaultyGateway();

        var step = 0;
        while (true)
        {
            gateway.Store.FailAt(++step);
            var error = await Record.ExceptionAsync(() => gateway.RestartAsync());
            if (error is null)
                break;
            Assert.IsNotType<StartRefusedException>(error);      // what failed is said, not something else that it left behind
        }

        gateway.Store.FailAt(0);      // a start on a database that is made has fewer steps
        Assert.InRange(step, 10, 200);
        await gateway.SignUpAsync("anna");
        await gateway.RestartAsync();
        await gateway.LogInAsync("anna");
    }

    [Fact]
    public async Task Verb_beside_a_first_start_waits_until_the_database_and_its_secret_are_made()
    {
        await using var gateway = await TestGateway.StartAsync();
        await gateway.StopAsync();
        Database.Execute(gateway.DatabaseFile, "DELETE FROM state");      // as it is before the Secret is made
        File.Delete(gateway.SecretFile);
        Task<CliResult> verb;

        using (var starting = new SqliteFile(new() { ConnectionString = $"Data Source={gateway.DatabaseFile}" }))
        {
            Assert.True(await starting.TryHoldAsync(CancellationToken.None));
            verb = gateway.RunAsync(["users", "list"]);
            await Task.WhenAny(verb, Task.Delay(TimeSpan.FromSeconds(3)));
            Assert.False(verb.IsCompleted);
            Assert.False(File.Exists(gateway.SecretFile));
        }

        (await verb).AssertSucceeded();
        Assert.True(File.Exists(gateway.SecretFile));
    }

    /// <summary>What lay in the folder at each step of a first start, each state once: that is what a kill would have left.</summary>
    private static async Task KeepEveryMomentAsync(string folder)
    {
        await using var gateway = new FaultyGateway();
        HashSet<string> seen = [];
        gateway.Store.Between = _ =>
        {
            if (seen.Add(Digest(gateway.Folder.Path)))
                Copy(gateway.Folder.Path, Path.Combine(folder, $"{seen.Count:000}"));
        };

        await gateway.InitializeAsync();

        gateway.Store.Between = _ => { };
        Assert.True(seen.Count > 3, $"There were only {seen.Count} moments.");
    }

    private static string Digest(string folder) =>
        Convert.ToHexString(SHA256.HashData([.. Files(folder).SelectMany(file => Encoding.UTF8.GetBytes(Path.GetFileName(file)).Concat(Read(file)))]));

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Files(from))
            File.WriteAllBytes(Path.Combine(to, Path.GetFileName(file)), Read(file));
    }

    // The -shm is rebuilt from the log by whoever comes next; the lock ends with its process.
    private static IEnumerable<string> Files(string folder) =>
        Directory.GetFiles(folder, "gateway.db*").Where(file => !file.EndsWith("-shm", StringComparison.Ordinal) && !file.EndsWith(".lock", StringComparison.Ordinal)).Order();

    private static byte[] Read(string file)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
