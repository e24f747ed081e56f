namespace Gateway.IntegrationTests.Platform;

/// <summary>Who starts should be quick soon. Seen from outside, where the system decides it.</summary>
public sealed class CompilerThreadTests
{
    [Fact]
    public async Task Thread_that_compiles_goes_before_those_that_serve()
    {
        Assert.SkipUnless(MayGoBefore(), "Here no thread may go before others: that takes Linux and CAP_SYS_NICE.");
        using var folder = new TempFolder();
        await using var backend = new RecordingBackend();
        folder.Write("gateway.json", SettingsFile.Alone(backend.Url).Route("open", "/open/{**rest}", "anonymous").ToString());
        await using var gateway = await ServerProcess.StartAsync(CommandLine.Serve("gateway.json", folder.Path));
        using var client = new HttpClient { BaseAddress = gateway.Url };

        var threads = await Eventually.IsAsync(
            async () =>
            {
                await Task.WhenAll(Enumerable.Range(0, 64).Select(_ => client.GetAsync("/open/1"))); // so that it has work
                return ServerThread.Of(gateway).ToLookup(thread => thread.Name is ".NET Tiered Com", thread => thread.Niceness);
            },
            threads => threads[true].Contains(-5));

        Assert.All(threads[false], niceness => Assert.True(niceness > -5));
    }

    private static bool MayGoBefore() => OperatingSystem.IsLinux()
        && File.ReadLines("/proc/self/status").First(line => line.StartsWith("CapEff:", StringComparison.Ordinal)) is var effective
        && (Convert.ToUInt64(effective[7..].Trim(), 16) >> 23 & 1) == 1;
}
