using System.Diagnostics;

namespace Gateway.Bench;

/// <summary>A gateway as it comes, in a process of its own on SQLite, and a backend that says "ok".</summary>
internal sealed class Served : IAsyncDisposable
{
    public const string Password = "correct horse battery";

    private readonly TempFolder folder = new();
    private readonly LoopbackPort port = new(), managementPort = new();
    private readonly HttpClient client = new();
    private WebApplication? backend;
    private ServerProcess? process;

    public string Database => folder.File("gateway.db");

    public string Url => $"http://127.0.0.1:{port}";

    public static async Task<Served> StartAsync()
    {
        var served = new Served();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        served.backend = builder.Build();
        served.backend.Run(http => http.Response.WriteAsync("ok"));
        await served.backend.StartAsync();

        var file = served.folder.Write("gateway.json", new SettingsFile()
            .Set("Urls", served.Url).Set("Gateway:Management:Url", $"http://127.0.0.1:{served.managementPort}")
            .Set("Gateway:Database:ConnectionString", "Data Source=gateway.db")
            .Set("Gateway:TrustedProxies:0", "127.0.0.1")
            .Destination("backend", new Uri(served.backend.Urls.First()))
            .Route("orders", "/orders/{**rest}").ToString());
        served.process = await ServerProcess.StartAsync(new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "Gateway.dll"), "--config", file])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = served.folder.Path,
        });
        return served;
    }

    public async Task<string> SignUpAsync(string name)
    {
        var answer = await client.PostAsJsonAsync(Url + "/auth/signup", new { username = name, password = Password });
        answer.EnsureSuccessStatusCode();
        return (await answer.Content.ReadFromJsonAsync<JsonObject>())!["access_token"]!.GetValue<string>();
    }

    public async ValueTask DisposeAsync()
    {
        client.Dispose();
        if (process is not null)
            await process.DisposeAsync();
        if (backend is not null)
            await backend.DisposeAsync();
        folder.Dispose();
        port.Dispose();
        managementPort.Dispose();
    }
}
