using System.Diagnostics;

namespace Gateway.IntegrationTests.Support;

/// <summary>A real balancer that honours readiness, before replicas: Debian's haproxy, or the one that GATEWAY_TEST_HAPROXY names.</summary>
internal sealed class HaProxy : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1), Pause = TimeSpan.FromMilliseconds(50);

    private readonly TempFolder folder = new();
    private readonly LoopbackPort port = new(), statistics = new();
    private readonly HttpClient client = new();
    private Process? process;

    private HaProxy() { }

    public Uri Url => new($"http://127.0.0.1:{port}/");

    public static async Task<HaProxy> StartAsync(IEnumerable<TestReplica> replicas)
    {
        var proxy = new HaProxy();
        try
        {
            var servers = replicas.Select((replica, i) => $"    server replica{i} {replica.Url.Authority} check port {replica.ManagementUrl.Port}");
            var file = proxy.folder.Write("haproxy.cfg", proxy.Configuration(servers));
            proxy.process = Process.Start(new ProcessStartInfo(Environment.GetEnvironmentVariable("GATEWAY_TEST_HAPROXY") ?? "haproxy", ["-db", "-f", file]))!;
            for (var i = 0; i < servers.Count(); i++)
                await proxy.UntilUpAsync(i);
            return proxy;
        }
        catch
        {
            await proxy.DisposeAsync();
            throw;
        }
    }

    // As docs/operations.md tells an operator, but for one line: without retries a server that takes no connection is a failed request.
    private string Configuration(IEnumerable<string> servers) => $"""
        defaults
            mode http
            timeout connect 5s
            timeout client 1m
            timeout server 1m
            timeout tunnel 1h
            timeout check 5s
            retries 0

        frontend public
            bind 127.0.0.1:{port}
            default_backend gateway

        backend gateway
            option httpchk
            http-check send meth GET uri /health/ready ver HTTP/1.1 hdr Host localhost
            http-check expect status 200
            default-server inter 200ms fall 1 rise 1
        {string.Join('\n', servers)}

        frontend statistics
            bind 127.0.0.1:{statistics}
            stats enable
            stats uri /

        """;

    /// <summary>Until it sends requests to that one.</summary>
    public async Task UntilUpAsync(int replica)
    {
        for (var waited = Stopwatch.StartNew(); await StatusAsync(replica) is not "UP"; await Task.Delay(Pause))
        {
            if (waited.Elapsed > Patience || process!.HasExited)
                throw new InvalidOperationException($"The balancer says that replica {replica} is {await StatusAsync(replica)}.");
        }
    }

    private async Task<string?> StatusAsync(int replica)
    {
        try
        {
            // Proxy, server, and much else; the eighteenth column is the status.
            var lines = (await client.GetStringAsync($"http://127.0.0.1:{statistics}/;csv;norefresh")).Split('\n');
            return Array.Find(lines, line => line.StartsWith($"gateway,replica{replica},", StringComparison.Ordinal))?.Split(',')[17];
        }
        catch (HttpRequestException)
        {
            return null;      // it has not begun yet
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (process is not null)
            await process.KillAsync();
        process?.Dispose();
        client.Dispose();
        port.Dispose();
        statistics.Dispose();
        folder.Dispose();
    }
}
