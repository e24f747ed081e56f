using BenchmarkDotNet.Attributes;
using Gateway.Routes;

namespace Gateway.Bench;

/// <summary>A request with a remembered token at the gate: found, not revoked, and what its route's policy says. What a million revocations change is bench/Gateway.Revocation's.</summary>
[MemoryDiagnoser]
public class Judging : IAsyncDisposable
{
    private readonly TempFolder folder = new();
    private GatewayHost? gateway;
    private Gate? gate;
    private RoutePolicy? policy;
    private HttpContext[] requests = [];
    private int next;

    /// <summary>In turns.</summary>
    [Params(1, 1000)]
    public int Tokens { get; set; }

    [GlobalSetup]
    public async Task SetupAsync()
    {
        var file = folder.Write("gateway.json", SettingsFile.Alone(new("http://127.0.0.1:9"))
            .Set("Gateway:PublicUrl", "http://localhost:8080")
            .Set("Gateway:Secret", "of a gateway that is measured and thrown away")
            .Set("Gateway:Database:ConnectionString", $"Data Source={folder.File("gateway.db")}")
            .Set("Gateway:Sessions:MaxPerUser", 10_000)
            .Set("Gateway:Tokens:AccessLifetime", "01:00:00")
            .Route("orders", "/orders/{**rest}").ToString());
        gateway = await GatewayHost.StartAsync(["--config", file], services => services.AddLogging(logging => logging.ClearProviders()));
        (gate, policy) = (gateway.Services.GetRequiredService<Gate>(), gateway.Services.GetRequiredService<Rulebooks>().Current.Policies["orders"]);
        requests = [.. (await Mint.TokensAsync(gateway.Services, Tokens)).Select(token => new DefaultHttpContext { Request = { Headers = { Authorization = "Bearer " + token } } })];
        foreach (var request in requests)
        {
            if ((await gate.JudgeAsync(request, policy)).Identity is null)
                throw new InvalidOperationException("A token of ours was refused.");
        }
    }

    [Benchmark]
    public bool Hit()
    {
        next = next + 1 < requests.Length ? next + 1 : 0;
        var judging = gate!.JudgeAsync(requests[next], policy!);
        return judging.IsCompletedSuccessfully ? judging.Result.Identity is not null : throw new InvalidOperationException("It was no hit.");
    }

    [GlobalCleanup]
    public async Task CleanupAsync() => await DisposeAsync();

    public async ValueTask DisposeAsync()
    {
        if (gateway is not null)
            await gateway.DisposeAsync();
        folder.Dispose();
        GC.SuppressFinalize(this);
    }
}
