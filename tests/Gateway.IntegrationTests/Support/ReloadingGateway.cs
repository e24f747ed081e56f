using Gateway.Platform.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Gateway.IntegrationTests.Support;

/// <summary>A gateway whose configuration is rewritten while it serves; it looks more often than usual, so that tests need not wait.</summary>
public sealed class ReloadingGateway : TestGateway
{
    private readonly Action<SettingsFile>? configure;

    private ReloadingGateway(Action<SettingsFile>? configure) => this.configure = configure;

    public static async Task<ReloadingGateway> StartAsync(Action<SettingsFile>? configure = null)
    {
        var gateway = new ReloadingGateway(configure);
        await gateway.InitializeAsync();
        return gateway;
    }

    public string ConfigurationFile => Folder.File("gateway.json");

    internal ConfigurationState State => Services.GetRequiredService<ConfigurationState>();

    protected override void Configure(SettingsFile settings) => configure?.Invoke(settings);

    protected override void Replace(IServiceCollection services) =>
        services.Replace(ServiceDescriptor.Singleton(new ReloadPace(TimeSpan.FromMilliseconds(20), TimeSpan.FromMilliseconds(12))));

    /// <summary>Another configuration, and it is in force.</summary>
    public async Task ChangeAsync(Action<SettingsFile> change)
    {
        change(Settings);
        await AcceptedAsync(() => Folder.Write("gateway.json", Settings.ToString()));
    }

    public async Task AcceptedAsync(Action write)
    {
        var before = State.Current;
        write();
        var report = await Eventually.IsAsync(() => Task.FromResult(State.Current), now => now.Version > before.Version || now.Refused != before.Refused);
        Assert.Null(report.Refused?.Errors);
    }

    /// <summary>Another configuration, and it is refused. Its error in the log is what is wanted.</summary>
    public async Task<IReadOnlyList<string>> RefusedAsync(Action write)
    {
        var (before, version) = (State.Current.Refused, State.Current.Version);
        write();
        var report = await Eventually.IsAsync(() => Task.FromResult(State.Current), now => now.Refused is not null && now.Refused != before);
        Assert.Equal(version, report.Version);
        Log.Forget();
        return report.Refused!.Errors;
    }
}
