using System.Data.Common;
using System.Net;
using Gateway.Accounts;
using Gateway.Admin;
using Gateway.Cli;
using Gateway.Edge;
using Gateway.Platform;
using Gateway.Platform.Configuration;
using Gateway.Platform.Database;
using Gateway.Platform.Telemetry;
using Gateway.Routes;
using Gateway.Routes.Explaining;
using Gateway.Sessions;
using Gateway.Sessions.Connections;
using Gateway.Tokens;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.EntityFrameworkCore;
using Yarp.ReverseProxy.Configuration;

namespace Gateway;

/// <summary>A gateway that serves, from its configuration to its last request.</summary>
internal sealed class GatewayHost : IAsyncDisposable
{
    private static readonly TimeSpan FarewellTime = TimeSpan.FromSeconds(2), LookInterval = TimeSpan.FromMilliseconds(100);

    private readonly WebApplication app;
    private WebApplication? management;
    private Reloading? reloading;
    private bool stopped;

    private GatewayHost(WebApplication app) => this.app = app;

    public IServiceProvider Services => app.Services;

    /// <summary>The first address that the public listener is bound to.</summary>
    public Uri Url => AddressOf(app);

    public Uri ManagementUrl => AddressOf(management!);

    /// <summary>Management first, so that a start that takes long can be watched; the public listener when everything is loaded.</summary>
    /// <exception cref="StartRefusedException">With everything that is wrong.</exception>
    public static async Task<GatewayHost> StartAsync(string[] args, Action<IServiceCollection>? configure = null, CancellationToken ct = default)
    {
        var app = await BuildAsync(args, configure);
        var host = new GatewayHost(app);
        try
        {
            await TestAsync(app);
            host.management = ManagementListener.Build(app.Services, new SignalsAreOurs());
            await ListenAsync(host.management, $"{ManagementOptions.Section}:Url", ct);
            var preparing = Task.Run(() => PrepareAsync(app.UseGateway()), ct);      // needs no database, and as long
            await app.Services.GetRequiredService<DatabaseOpening>().OpenAsync(serve: true, migrate: null, ct);
            await app.Services.GetRequiredService<SigningKeys>().EnsureAsync(ct);
            await app.Services.GetRequiredService<RevocationFeed>().StartAsync(ct);
            app.Services.GetRequiredService<Housekeeping>().Start();
            app.Services.GetRequiredService<Endings>().Start();
            var routing = await preparing;
            await ListenAsync(app, "Urls", ct);
            await app.Services.GetRequiredService<Serving>().AnswerFirstAsync(Task.Delay);      // nobody waits for what follows, and it takes as long as a tenth of the start
            InlineSockets.Settle();
            _ = CompilerThread.HastenAsync(app.Lifetime.ApplicationStopping);
            await routing.PrepareAsync(app.Services.GetRequiredService<GatewayOptions>().Path);
            host.reloading = app.Services.GetRequiredService<Reloading>();      // says what is in force
            app.Services.GetRequiredService<Serving>().Open();
            StartWarnings.Log(app.Services, host.Url);
            app.Services.GetRequiredService<Exposition>();      // does not see connections that were there before it
            host.reloading.Start();
            return host;
        }
        catch (Exception e)
        {
            await host.DisposeAsync();
            if (e is StartRefusedException or OperationCanceledException or DbException or DbUpdateException or IOException or UnauthorizedAccessException)
                throw;
            throw new StartRefusedException("The gateway cannot start", e);
        }
    }

    /// <summary>Everything registered and checked, nothing opened: for serving, and for the verbs.</summary>
    /// <exception cref="StartRefusedException">With everything that is wrong.</exception>
    public static async Task<WebApplication> BuildAsync(string[] args, Action<IServiceCollection>? configure = null)
    {
        var layers = CommandLine.Layers(args);
        var fingerprint = FileContent.Fingerprint(layers.Files);
        var configuration = layers.Read().WithDefaultUrl();
        var keys = FileContent.Fingerprint(Reloading.KeyFilesOf(configuration));
        try
        {
            var app = Build(new(configuration, fingerprint, keys), layers, configure);
            var errors = await app.Services.CheckAsync(app.Services.GetRequiredService<Settings>());
            if (errors.Count > 0)
                throw new StartRefusedException(layers.Locate(errors));

            app.Services.GetRequiredService<Rulebooks>();      // compiled: what no rule has foreseen is found here
            return app;
        }
        catch (Exception e) when (e is not StartRefusedException)
        {
            throw new StartRefusedException("The configuration cannot be used", e);
        }
    }

    /// <summary>Does its every policy test hold? Not asked for verbs that have another purpose.</summary>
    /// <exception cref="StartRefusedException">With every one that does not.</exception>
    public static async Task<IReadOnlyList<PolicyTestResult>> TestAsync(WebApplication app)
    {
        var results = await app.Services.GetRequiredService<PolicyTestRun>().RunAsync(app.Services.GetRequiredService<Rulebooks>().Current);
        string[] failures = [.. results.Select(result => result.Failure).OfType<string>()];
        return failures.Length == 0 ? results : throw new StartRefusedException(app.Services.GetRequiredService<ConfigurationLayers>().Locate(failures));
    }

    private static WebApplication Build(StartConfiguration configuration, ConfigurationLayers layers, Action<IServiceCollection>? configure)
    {
        var builder = WebApplication.CreateEmptyBuilder(new() { ApplicationName = typeof(GatewayHost).Assembly.GetName().Name });
        builder.Configuration.Sources.Clear();
        builder.Configuration.Sources.Add(new SettingsSource(configuration.Written));
        builder.Logging.AddGatewayLog(builder.Configuration);
        builder.Services.AddSingleton(provider => new Settings(configuration.Written, provider.GetServices<SettingsSection>()));
        builder.Services.AddGateway();
        builder.Services.AddSingleton<ISettingsRule, ListenRules>();
        builder.Services.AddSingleton(layers).AddSingleton(configuration).AddSingleton(ReloadPace.Usual).AddSingleton<Reloading>();
        builder.Services.AddSingleton<IHostLifetime, SignalsAreOurs>();
        builder.WebHost.UseGatewayKestrel();
        configure?.Invoke(builder.Services);
        return builder.Build();
    }

    /// <summary>SIGTERM: balancers are told first, and given time to look elsewhere, unless nobody is connected.</summary>
    public async Task DrainAsync()
    {
        var (serving, delay) = (Services.GetRequiredService<Serving>(), Services.GetRequiredService<DrainOptions>().Delay);
        serving.Leave();
        if (serving.HasConnections(lately: TimeSpan.FromSeconds(1)))
            await Task.Delay(delay);
        await StopAsync();
    }

    /// <summary>The public listener first, so that balancers see why; what runs beside the requests ends with the services, last.</summary>
    public async Task StopAsync()
    {
        if (stopped)
            return;

        stopped = true;
        Services.GetRequiredService<Serving>().Leave();
        var (clock, timeout) = (Services.GetRequiredService<TimeProvider>(), Services.GetRequiredService<DrainOptions>().Timeout);
        var begun = clock.GetTimestamp();
        var stopping = app.StopAsync(CancellationToken.None);      // HostOptions.ShutdownTimeout is Drain:Timeout
        try
        {
            await DismissAsync(stopping, clock, timeout - FarewellTime);
        }
        finally
        {
            await stopping;
        }


        if (management is null)
            return;

        var left = timeout - clock.GetElapsedTime(begun);
        using var patience = new CancellationTokenSource(left > FarewellTime ? left : FarewellTime);
        await management.StopAsync(patience.Token);
    }

    /// <summary>WebSockets and event streams would never end by themselves: they are told when all else is done, or has had its time.</summary>
    private async Task DismissAsync(Task stopping, TimeProvider clock, TimeSpan patience)
    {
        var (connections, endings) = (Services.GetRequiredService<OpenConnections>(), Services.GetRequiredService<Endings>());
        for (var begun = clock.GetTimestamp(); !stopping.IsCompleted; await Task.WhenAny(stopping, Task.Delay(LookInterval)))
        {
            if (!connections.HasExchanges || clock.GetElapsedTime(begun) >= patience)
                endings.Leave();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();

        // Before the services, not with them: while those are disposed of nobody gets a database any more, and these have a last word to say there.
        if (reloading is not null)
            await reloading.DisposeAsync();
        await Services.GetRequiredService<Housekeeping>().DisposeAsync();
        await Services.GetRequiredService<RevocationFeed>().DisposeAsync();
        if (management is not null)
            await management.DisposeAsync();
        await app.DisposeAsync();
    }

    /// <summary>The stock lifetime closes the listener at once on SIGTERM; <see cref="ServeCommand"/> drains first.</summary>
    internal sealed class SignalsAreOurs : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    /// <summary>The table of the routes; what is ours can wait.</summary>
    private static async Task<Routing> PrepareAsync(Routing routing)
    {
        await routing.PrepareAsync("/");
        return routing;
    }

    private static async Task ListenAsync(WebApplication application, string key, CancellationToken ct)
    {
        try
        {
            await application.StartAsync(ct);
        }
        catch (Exception e) when (e is AddressInUseException || e.InnerException is AddressInUseException)
        {
            throw new StartRefusedException($"{key}: {e.Message} Another process may listen there: stop it, or choose another address.");
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            throw new StartRefusedException(key, e);
        }
    }

    private static Uri AddressOf(WebApplication application)
    {
        var address = BindingAddress.Parse(application.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.First());
        if (address.IsUnixPipe)
            return new Uri("unix:" + address.UnixPipePath);

        var everywhere = address.Host is "*" or "+" || (IPAddress.TryParse(address.Host.Trim('[', ']'), out var ip) && (ip.Equals(IPAddress.Any) || ip.Equals(IPAddress.IPv6Any)));
        return new UriBuilder(address.Scheme, everywhere ? "127.0.0.1" : address.Host, address.Port).Uri;
    }
}
