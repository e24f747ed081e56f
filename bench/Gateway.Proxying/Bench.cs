using System.Diagnostics;

namespace Gateway.Bench;

/// <summary>The peers, each in a process of its own, and one backend for all.</summary>
internal sealed class Bench : IAsyncDisposable
{
    private readonly TempFolder folder = new();
    private readonly LoopbackPort backendPort = new(), port = new(), managementPort = new();
    private readonly Tokens tokens;
    private readonly Options options;
    private Process? backend;

    private Bench(Tokens tokens, Options options) => (this.tokens, this.options) = (tokens, options);

    public IReadOnlyList<Peer> Peers { get; private set; } = [];

    public static async Task<Bench> StartAsync(Tokens tokens, Options options)
    {
        var bench = new Bench(tokens, options);
        var (jwks, url) = (bench.folder.Write("jwks.json", tokens.Jwks), new Uri($"http://127.0.0.1:{bench.backendPort}/"));
        bench.backend = Peer.Serving("backend", "backend", $"{bench.backendPort}").StartAside(bench.folder.Path);
        List<Peer> peers =
        [
            new("gateway", ["dotnet", options.Gateway, "--config", bench.folder.Write("gateway.json", bench.Configuration(jwks, url, remembered: 10_000))]),
            new("gateway, inline sockets off", ["dotnet", options.Gateway, "--config", bench.folder.File("gateway.json")], InlineSockets: "0"),
            new("gateway, clients inline too", ["dotnet", options.Gateway, "--config", bench.folder.File("gateway.json")], InlineSockets: "1"),
            new("gateway, nothing remembered", ["dotnet", options.Gateway, "--config", bench.folder.Write("forgetful.json", bench.Configuration(jwks, url, remembered: 0))]),
            Peer.Serving(Peer.PlainYarp, "yarp", $"{bench.port}", $"{url}"),
            Peer.Serving("YARP + JwtBearer", "yarp-jwt", $"{bench.port}", $"{url}", jwks),
        ];
        if (Peer.Find("haproxy") is { } haproxy)
            peers.Add(new("HAProxy alone", [haproxy, "-q", "-db", "-f", bench.folder.Write("haproxy.cfg", bench.HaProxy())]));
        bench.Peers = peers;
        await Peer.AnswersAsync(bench.backendPort.Number, tokens.All[0]);
        return bench;
    }

    public Task<Result> MeasureAsync(Peer peer, int round) => peer.AloneAsync(folder.Path, async process =>
    {
        var started = Stopwatch.GetTimestamp();
        await Peer.AnswersAsync(port.Number, tokens.All[0]);
        var start = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        process.Refresh();
        var idle = process.WorkingSet64 / 1e6;
        await Load.RunAsync(port.Number, tokens.All, TimeSpan.FromSeconds(options.WarmUp));
        process.Refresh();
        var before = process.TotalProcessorTime;
        var (milliseconds, failures) = await Load.RunAsync(port.Number, tokens.All, TimeSpan.FromSeconds(options.Seconds));
        process.Refresh();
        var result = new Result(
            peer.Name, round, (process.TotalProcessorTime - before).TotalMicroseconds / milliseconds.Length, milliseconds[milliseconds.Length / 2], milliseconds[milliseconds.Length * 99 / 100],
            start, idle, process.PeakWorkingSet64 / 1e6, milliseconds.Length, failures);
        Console.Error.WriteLine(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"round {round + 1}: {peer.Name}: {result.Cpu:0.0} µs, {result.Requests} requests, {failures} failures"));
        return result;
    });

    /// <returns>How much more memory a gateway takes that remembers so many more, in bytes for each.</returns>
    public Task<double> RememberAsync(int count)
    {
        var mindful = folder.Write("mindful.json", Configuration(folder.File("jwks.json"), new($"http://127.0.0.1:{backendPort}/"), remembered: 3 * count));
        return new Peer("gateway", ["dotnet", options.Gateway, "--config", mindful]).AloneAsync(folder.Path, async process =>
        {
            var many = tokens.Mint(count);
            await Peer.AnswersAsync(port.Number, tokens.All[0]);
            await Load.RunAsync(port.Number, tokens.All, TimeSpan.FromSeconds(options.WarmUp));
            process.Refresh();
            var before = process.WorkingSet64;
            if (await Load.OnceAsync(port.Number, many) is > 0 and var failures)
                throw new InvalidOperationException($"{failures} of {count} requests were not answered 200.");
            process.Refresh();
            return (double)(process.WorkingSet64 - before) / count;
        });
    }

    private string Configuration(string jwks, Uri url, int remembered) => new SettingsFile()
        .Set("Urls", $"http://127.0.0.1:{port}")
        .Set("Logging:LogLevel:Default", "Warning")
        .Set("Gateway:Management:Url", $"http://127.0.0.1:{managementPort}")
        .Set("Gateway:Database:ConnectionString", "Data Source=gateway.db")
        .Set("Gateway:Cache:Identities", remembered)
        .Trust(Tokens.Trusted(jwks))
        .Set("Gateway:Policies:members:Roles", new JsonArray("member"))
        .Destination("backend", url)
        .Route("all", "/{**rest}", "members").ToString();

    private string HaProxy() => $"""
        global
          nbthread 1
        defaults
          mode http
          timeout connect 5s
          timeout client 60s
          timeout server 60s
        frontend in
          bind 127.0.0.1:{port}
          default_backend out
        backend out
          server one 127.0.0.1:{backendPort}

        """;

    public async ValueTask DisposeAsync()
    {
        if (backend is not null)
            await Peer.EndAsync(backend);
        folder.Dispose();
        backendPort.Dispose();
        port.Dispose();
        managementPort.Dispose();
    }
}
