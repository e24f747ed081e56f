using Gateway.Platform.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Gateway.IntegrationTests.Support;

/// <summary>A gateway that looks for another configuration more often than usual, so that tests need not wait.</summary>
public sealed class ReloadingGateway : TestGateway
{
    private readonly Action<SettingsFile>? configure;

    private readonly Action<ReloadingGateway>? whileStarting;

    private ReloadingGateway(Action<SettingsFile>? configure, Action<ReloadingGateway>? whileStarting) => (this.configure, this.whileStarting) = (configure, whileStarting);

    /// <param name="configure">What it is to be.</param>
    /// <param name="whileStarting">Done when its files have been read, and before it serves.</param>
    public static async Task<ReloadingGateway> StartAsync(Action<SettingsFile>? configure = null, Action<ReloadingGateway>? whileStarting = null)
    {
        var gateway = new ReloadingGateway(configure, whileStarting);
        await gateway.InitializeAsync();
        return gateway;
    }

    protected override void Configure(SettingsFile settings) => configure?.Invoke(settings);

    protected override void Replace(IServiceCollection services)
    {
        whileStarting?.Invoke(this);
        services.Replace(ServiceDescriptor.Singleton(new ReloadPace(TimeSpan.FromMilliseconds(20), TimeSpan.FromMilliseconds(12), TimeSpan.FromMilliseconds(50))));
    }
}

/// <summary>Another configuration, written while a gateway serves.</summary>
internal static class Reloads
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    public static ConfigurationState StateOf(this TestGateway gateway) => gateway.Services.GetRequiredService<ConfigurationState>();

    public static string FileOf(this TestGateway gateway) => gateway.Folder.File("gateway.json");

    /// <summary>It is in force when this returns.</summary>
    public static async Task ChangeAsync(this TestGateway gateway, Action<SettingsFile> change)
    {
        change(gateway.Settings);
        await gateway.AcceptedAsync(() => gateway.WriteWhole(gateway.Settings.ToString()));
    }

    /// <summary>At one moment: where the gateway waits for less than usual, a file that is being written could pass for a finished one.</summary>
    public static void WriteWhole(this TestGateway gateway, string json) => File.Move(gateway.Folder.Write("next.json", json), gateway.FileOf(), overwrite: true);

    public static async Task AcceptedAsync(this TestGateway gateway, Action write)
    {
        var before = gateway.StateOf().Current;
        write();
        Assert.Null((await NextAsync(gateway, now => now.Version > before.Version || now.Refused != before.Refused)).Refused?.Errors);
    }

    /// <summary>It is refused. Its error in the log is what is wanted.</summary>
    public static async Task<IReadOnlyList<string>> RefusedAsync(this TestGateway gateway, Action write)
    {
        var before = gateway.StateOf().Current;
        write();
        var report = await NextAsync(gateway, now => now.Refused is not null && now.Refused != before.Refused);
        Assert.Equal(before.Version, report.Version);
        gateway.Log.Forget();
        return report.Refused!.Errors;
    }

    public static async Task<ConfigurationState.Report> NextAsync(this TestGateway gateway, Func<ConfigurationState.Report, bool> holds)
    {
        for (var waited = System.Diagnostics.Stopwatch.StartNew(); waited.Elapsed < TimeSpan.FromSeconds(60); await Task.Delay(Pause))
        {
            if (gateway.StateOf().Current is var now && holds(now))
                return now;
        }

        throw new TimeoutException($"Still not so: {gateway.StateOf().Current}");
    }
}
