using System.Diagnostics;

namespace Gateway.Bench;

/// <summary>The gateway and YARP alone, in front of one backend.</summary>
internal sealed class Bench(Tokens tokens, string gateway) : IAsyncDisposable
{
    private readonly TempFolder folder = new();
    private readonly Ports backendPorts = new();
    private Process? backend;

    public async Task StartAsync()
    {
        backend = Peer.Serving("backend", "backend", backendPorts.All).StartAside(folder.Path);
        await Peer.AnswersAsync(backendPorts.Http1.Number, tokens.All[0]);
    }

    /// <summary>Both, each in a new process. They are asked in turns, and whoever is not asked does nothing.</summary>
    public async Task<T> BothAsync<T>(Func<Asked, Asked, Task<T>> measure)
    {
        using Ports gatewayPorts = new(), yarpPorts = new();
        using var management = new LoopbackPort();
        var (jwks, http2) = (folder.Write("jwks.json", tokens.Jwks), $"http://127.0.0.1:{backendPorts.Http2}/");
        var file = folder.Write("gateway.json", SettingsFile.Alone(new($"http://127.0.0.1:{backendPorts.Http1}/"), $"http://127.0.0.1:{management}")
            .Remove("Urls")
            .Set("Kestrel:Endpoints:one", new JsonObject { ["Url"] = $"http://127.0.0.1:{gatewayPorts.Http1}", ["Protocols"] = "Http1" })
            .Set("Kestrel:Endpoints:two", new JsonObject { ["Url"] = $"http://127.0.0.1:{gatewayPorts.Http2}", ["Protocols"] = "Http2" })
            .Set("Logging:LogLevel:Default", "Warning")
            .Trust(Tokens.Trusted(jwks))
            .Set("Gateway:Policies:members:Roles", new JsonArray("member"))
            .Route("all", "/{**rest}", "members")
            .Destination("h2", new(http2))
            .Set("ReverseProxy:Clusters:h2:HttpRequest", new JsonObject { ["Version"] = "2", ["VersionPolicy"] = "RequestVersionExact" })
            .Set("ReverseProxy:Routes:h2", new JsonObject { ["ClusterId"] = "h2", ["Match"] = new JsonObject { ["Path"] = "/h2/{**rest}" }, ["AuthorizationPolicy"] = "members" }).ToString());
        Peer ours = new("gateway", ["dotnet", gateway, "--config", file]), yarp = Peer.Serving(Peer.PlainYarp, "yarp", [.. yarpPorts.All, $"http://127.0.0.1:{backendPorts.Http1}/", http2]);
        return await ours.AloneAsync(folder.Path, first => yarp.AloneAsync(folder.Path, async second =>
        {
            await Peer.AnswersAsync(gatewayPorts.Http1.Number, tokens.All[0]);
            await Peer.AnswersAsync(yarpPorts.Http1.Number, tokens.All[0]);
            return await measure(new(ours.Name, first, gatewayPorts, tokens.All), new(yarp.Name, second, yarpPorts, tokens.All));
        }));
    }

    public async ValueTask DisposeAsync()
    {
        if (backend is not null)
            await Peer.EndAsync(backend);
        folder.Dispose();
        backendPorts.Dispose();
    }
}

/// <summary>One for each version of HTTP: without TLS nobody could tell them apart.</summary>
internal sealed class Ports : IDisposable
{
    public LoopbackPort Http1 { get; } = new();

    public LoopbackPort Http2 { get; } = new();

    public string[] All => [$"{Http1}", $"{Http2}"];

    public void Dispose()
    {
        Http1.Dispose();
        Http2.Dispose();
    }
}

/// <summary>A peer that runs.</summary>
internal sealed record Asked(string Peer, Process Process, Ports Ports, string[] Tokens)
{
    public double Megabytes
    {
        get
        {
            Process.Refresh();
            return Process.WorkingSet64 / 1e6;
        }
    }

    public TimeSpan ProcessorTime
    {
        get
        {
            Process.Refresh();
            return Process.TotalProcessorTime;
        }
    }

    public HttpRequestMessage Request(HttpMethod method, Version version, string path, int token = 0)
    {
        var request = new HttpRequestMessage(method, $"http://127.0.0.1:{(version.Major == 2 ? Ports.Http2 : Ports.Http1)}{path}") { Version = version, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + Tokens[token % Tokens.Length]);
        return request;
    }
}
