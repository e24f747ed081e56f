namespace Gateway.IntegrationTests.Platform;

/// <summary>A gateway in a process of its own, to see how it leaves. Unless a test says otherwise the delay lasts until the test has seen enough.</summary>
internal sealed class LeavingGateway : IAsyncDisposable
{
    private readonly LoopbackPort port = new(), second = new(), management = new();
    private readonly TempFolder folder = new();
    private string config = "";

    public RecordingBackend Backend { get; } = new();

    public Uri Url => new($"http://127.0.0.1:{port}/");

    /// <summary>Speaks HTTP/2 without TLS.</summary>
    public Uri HttpTwoUrl => new($"http://127.0.0.1:{second}/");

    public Uri ManagementUrl => new($"http://127.0.0.1:{management}/");

    public string DatabaseFile => folder.File("gateway.db");

    public ServerProcess Process { get; private set; } = null!;

    public static async Task<LeavingGateway> StartAsync(string delay = "00:10:00", string timeout = "00:05:00", Action<SettingsFile>? change = null)
    {
        var gateway = new LeavingGateway();
        try
        {
            gateway.Configure(delay, timeout, change);
            await gateway.RestartAsync();
            return gateway;
        }
        catch
        {
            await gateway.DisposeAsync();
            throw;
        }
    }

    private void Configure(string delay, string timeout, Action<SettingsFile>? change)
    {
        var settings = new SettingsFile()
            .Set("Kestrel:Endpoints:first:Url", Url.ToString())
            .Set("Kestrel:Endpoints:second:Url", HttpTwoUrl.ToString())
            .Set("Kestrel:Endpoints:second:Protocols", "Http2")
            .Set("Gateway:PublicUrl", "http://localhost:8080")
            .Set("Gateway:Management:Url", ManagementUrl.ToString())
            .Set("Gateway:Database:ConnectionString", "Data Source=gateway.db")
            .Set("Gateway:Passwords:WorkFactor", 10)
            .Set("Gateway:Drain:Delay", delay)
            .Set("Gateway:Drain:Timeout", timeout)
            .Destination("backend", Backend.Url)
            .Destination("nobody", new("http://127.0.0.1:1/"))
            .Route("orders", "/orders/{**rest}")
            .Route("open", "/open/{**rest}", "anonymous")
            .Route("broken", "/broken/{**rest}", "anonymous")
            .Set("ReverseProxy:Routes:broken:ClusterId", "nobody");
        change?.Invoke(settings);
        config = folder.Write("gateway.json", settings.ToString());
    }

    /// <summary>Begins to start it, as the configuration says; perhaps it never listens.</summary>
    public static LeavingGateway Launch(Action<SettingsFile> change, Action<TempFolder>? prepare = null)
    {
        var gateway = new LeavingGateway();
        prepare?.Invoke(gateway.folder);
        gateway.Configure("00:10:00", "00:05:00", change);
        gateway.Process = ServerProcess.Launch(CommandLine.Serve(gateway.config, gateway.folder.Path));
        return gateway;
    }

    public async Task RestartAsync() => Process = await ServerProcess.StartAsync(CommandLine.Serve(config, folder.Path));

    public async Task<Caller> SignUpAsync(string name)
    {
        using var nobody = Caller.Anonymous(Url);
        var answer = await nobody.PostAsJsonAsync("/auth/signup", new { username = name, password = TestGateway.Password });
        var session = await answer.ReadAsync<Session>(HttpStatusCode.Created);
        return Caller.Bearing(Url, session.AccessToken, session);
    }

    /// <summary>SIGTERM; comes back when the gateway says that it leaves.</summary>
    public async Task TellAsync()
    {
        await Process.SendAsync("TERM");
        await Eventually.IsAsync(() => HealthAsync("ready"), status => status is HttpStatusCode.ServiceUnavailable);
    }

    public async Task<HttpStatusCode> HealthAsync(string what)
    {
        using var nobody = Caller.Anonymous(ManagementUrl);
        return (await nobody.GetAsync("/health/" + what)).StatusCode;
    }

    /// <summary>Until the management listener answers: from then on a start is under way.</summary>
    public Task UntilBegunAsync() => Eventually.IsAsync(() => KeptConnection.IsRefusedAsync(ManagementUrl), refused => !refused);

    /// <summary>Until nobody new is let in.</summary>
    public Task UntilClosedAsync() => Eventually.IsAsync(() => KeptConnection.IsRefusedAsync(Url), refused => refused);

    /// <summary>A backend that has been asked for that path, and answers when it is told to.</summary>
    public (Task Asked, TaskCompletionSource Answer) AnswerLater(string path, string first = "", string rest = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone")
    {
        var (asked, answer) = (new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        Backend.Answer(path, async (_, stream) =>
        {
            await stream.WriteAsync(Encoding.Latin1.GetBytes(first));
            asked.SetResult();
            await answer.Task;
            await stream.WriteAsync(Encoding.Latin1.GetBytes(rest));
        });
        return (asked.Task, answer);
    }

    public async ValueTask DisposeAsync()
    {
        if (Process is not null)
            await Process.DisposeAsync();
        await Backend.DisposeAsync();
        foreach (var one in (LoopbackPort[])[port, second, management])
            one.Dispose();
        folder.Dispose();
    }
}
