using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.IntegrationTests.Support;

/// <summary>One gateway of several. Its addresses stay the same when it is started again.</summary>
internal abstract class TestReplica : IAsyncDisposable
{
    private readonly LoopbackPort port = new(), management = new();
    private readonly SettingsFile settings;
    private readonly TempFolder folder;
    private readonly string file;

    protected TestReplica(SettingsFile settings, TempFolder folder, string file, TcpRelay database, TcpRelay? redis)
    {
        (this.settings, this.folder, this.file, Database, RedisOrNone) = (settings, folder, file, database, redis);
        (Url, ManagementUrl) = (new($"http://127.0.0.1:{port}"), new($"http://127.0.0.1:{management}"));
    }

    public Uri Url { get; }

    public Uri ManagementUrl { get; }

    /// <summary>Its network to PostgreSQL.</summary>
    public TcpRelay Database { get; }

    /// <summary>Its network to Redis, where that is one server.</summary>
    public TcpRelay Redis => RedisOrNone ?? throw new InvalidOperationException("There is no relay to this Redis.");

    protected TcpRelay? RedisOrNone { get; }

    protected string Folder => folder.Path;

    public Task StartAsync() => StartAsync(folder.Write(file, settings
        .Set("Urls", Url.ToString())
        .Set("Gateway:Management:Url", ManagementUrl.ToString())
        .ToString()));

    protected abstract Task StartAsync(string config);

    public abstract Task StopAsync();

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await Database.DisposeAsync();
        if (RedisOrNone is not null)
            await RedisOrNone.DisposeAsync();
        port.Dispose();
        management.Dispose();
    }
}

/// <summary>In this process.</summary>
internal sealed class HostedReplica(SettingsFile settings, TempFolder folder, string file, TcpRelay database, TcpRelay? redis, Action<IServiceCollection> replace)
    : TestReplica(settings, folder, file, database, redis)
{
    private GatewayHost? host;

    public IServiceProvider Services => host!.Services;

    protected override async Task StartAsync(string config) => host = await GatewayHost.StartAsync(["--config", config], replace);

    public override async Task StopAsync()
    {
        if (host is not null)
            await host.DisposeAsync();
        host = null;
    }
}

/// <summary>In a process of its own.</summary>
internal sealed class ReplicaProcess(SettingsFile settings, TempFolder folder, string file, TcpRelay database, TcpRelay? redis)
    : TestReplica(settings, folder, file, database, redis)
{
    private ServerProcess? process;

    public string Output => process!.Output;

    public Task FreezeAsync() => process!.FreezeAsync();

    public Task ThawAsync() => process!.ThawAsync();

    public Task KillAsync() => process!.KillAsync();

    public Task SendAsync(string signal) => process!.SendAsync(signal);

    public Task<int> EndAsync() => process!.EndAsync();

    /// <summary>As in a rollout: it is told to go, and has gone when this is done.</summary>
    /// <returns>Its exit code.</returns>
    public Task<int> LeaveAsync() => process!.SignalAsync("TERM");

    protected override async Task StartAsync(string config) => process = await ServerProcess.StartAsync(
        new ProcessStartInfo("dotnet", [ServerProcess.Gateway, "--config", config])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Folder,
        });

    public override async Task StopAsync()
    {
        if (process is not null)
            await process.DisposeAsync();
        process = null;
    }
}
