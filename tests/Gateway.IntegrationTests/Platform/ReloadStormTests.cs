using System.Runtime.CompilerServices;
using Gateway.Routes;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.IntegrationTests.Platform;

/// <summary>A hundred configurations a second, good and bad: whatever writes them, the gateway serves, keeps nothing of them, and takes the last.</summary>
public sealed class ReloadStormTests
{
    private static readonly TimeSpan Length = TimeSpan.FromSeconds(10), Pause = TimeSpan.FromMilliseconds(10);

    [Fact]
    public async Task Storm_of_configurations_leaves_nothing_behind()
    {
        await using var gateway = await ReloadingGateway.StartAsync(settings => settings.Route("app", "/app", "anonymous"));
        using var anybody = gateway.Anonymous();
        var rulebooks = new List<WeakReference>();
        var written = 0;

        for (var storm = System.Diagnostics.Stopwatch.StartNew(); storm.Elapsed < Length; await Task.Delay(Pause))
        {
            gateway.WriteWhole(++written % 3 == 0 ? "{ half" : gateway.Settings.Set("Gateway:Timeouts:t", $"00:{written % 59 + 1:00}:00").ToString());
            if (written % 20 != 0)
                continue;

            rulebooks.Add(Current(gateway));
            Assert.Equal(HttpStatusCode.OK, (await anybody.GetAsync("/app")).StatusCode);
        }

        // One of the storm's own may still come into force after it.
        gateway.WriteWhole(gateway.Settings.Route("last", "/last", "anonymous").ToString());
        await Eventually.IsAsync(() => anybody.GetAsync("/last"), answer => answer.IsSuccessStatusCode);
        gateway.Log.Forget();      // the halves were refused

        Assert.Equal(HttpStatusCode.OK, (await anybody.GetAsync("/last")).StatusCode);
        for (var i = 0; i < 3; i++)
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true);
        Assert.InRange(rulebooks.Count(rulebook => rulebook.IsAlive), 0, 5);
        Assert.DoesNotContain(Directory.GetFiles("/proc/self/fd").Select(FileOf), file => file?.StartsWith(gateway.Folder.Path, StringComparison.Ordinal) is true && file.EndsWith(".json", StringComparison.Ordinal));
    }

    /// <summary>Null: other tests close theirs at any moment.</summary>
    private static string? FileOf(string handle)
    {
        try
        {
            return File.ResolveLinkTarget(handle, returnFinalTarget: false)?.FullName;
        }
        catch (IOException)
        {
            return null;
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference Current(TestGateway gateway) => new(gateway.Services.GetRequiredService<Rulebooks>().Current);
}
