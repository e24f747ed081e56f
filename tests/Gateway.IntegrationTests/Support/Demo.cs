namespace Gateway.IntegrationTests.Support;

/// <summary>What demo.sh starts: the demo backend as it is, and the gateway with appsettings.example.json in front of it.</summary>
public sealed class Demo : IAsyncLifetime
{
    private const string AnyPort = "http://127.0.0.1:0";

    private readonly TempFolder folder = new();
    private ServerProcess? backend;
    private GatewayHost? host;

    public Uri Url => host!.Url;

    public Uri ManagementUrl => host!.ManagementUrl;

    public Uri BackendUrl => backend!.Url;

    public async ValueTask InitializeAsync()
    {
        backend = await ServerProcess.StartAsync(CommandLine.Start("dotnet", [Path.Combine(AppContext.BaseDirectory, "DemoBackend.dll"), "--urls", AnyPort], folder.Path));
        var file = folder.Write("gateway.json", Document.Read("appsettings.example.json").Text);
        host = await GatewayHost.StartAsync(["--config", file, "--urls", AnyPort, $"--Gateway:Management:Url={AnyPort}", $"--ReverseProxy:Clusters:shop:Destinations:demo:Address={BackendUrl}"]);
    }

    /// <summary>Somebody new at the demo.</summary>
    public async Task<Caller> SignUpAsync(string name)
    {
        using var nobody = Caller.Anonymous(Url);
        var response = await nobody.PostAsJsonAsync("/auth/signup", new { username = name, password = TestGateway.Password });
        var session = await response.ReadAsync<Session>(HttpStatusCode.Created);
        return Caller.Bearing(Url, session.AccessToken, session);
    }

    public async ValueTask DisposeAsync()
    {
        if (host is not null)
            await host.DisposeAsync();
        if (backend is not null)
            await backend.DisposeAsync();
        folder.Dispose();
    }
}
