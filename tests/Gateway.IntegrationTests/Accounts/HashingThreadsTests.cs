namespace Gateway.IntegrationTests.Accounts;

/// <summary>Do requests come before logins? Seen from outside, where the system decides it.</summary>
public sealed class HashingThreadsTests
{
    [Fact]
    public async Task Threads_that_hash_are_nicer_than_all_others()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only on Linux is niceness a thread's own.");
        using var folder = new TempFolder();
        await using var backend = new RecordingBackend();
        folder.Write("gateway.json", SettingsFile.Alone(backend.Url).Set("Gateway:Passwords:WorkFactor", 10).Set("Gateway:Passwords:Threads", 2).ToString());
        await using var gateway = await ServerProcess.StartAsync(CommandLine.Serve("gateway.json", folder.Path));
        using var client = new HttpClient { BaseAddress = gateway.Url };
        (await client.PostAsJsonAsync("/auth/signup", new { username = "anna", email = "anna@example.com", password = TestGateway.Password })).EnsureSuccessStatusCode();

        var threads = ServerThread.Of(gateway);

        Assert.Equal([5, 5], threads.Where(thread => thread.Name == "hashing").Select(thread => thread.Niceness));
        var others = threads.Where(thread => thread.Name != "hashing").Select(thread => thread.Niceness).ToArray();
        Assert.True(others.Length > 5 && others.All(niceness => niceness < 5), string.Join(", ", others));
    }
}
