using System.Net.WebSockets;
using Microsoft.Extensions.DependencyInjection;
using Yarp.ReverseProxy;
using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.Model;

namespace Gateway.IntegrationTests.Protocols;

/// <summary>Every fault has a cluster of its own, whose one destination is out at the first failure that counts.</summary>
public sealed class TouchyGateway : ProtocolGateway
{
    internal static readonly string[] Faults =
    [
        "upload reset", "upload closed", "upload half-closed", "chunk broken", "chunk cut", "upload stalled", "upload late", "upload too large", "upload reset h2",
        "wait reset", "wait closed", "wait reset h2", "stream reset", "stream closed", "stream reset h2",
        "ws reset", "ws closed", "ws frame cut", "ws reset h2", "ws refused h2", "refused",
        "logout ws", "logout ws h2", "logout stream", "logout stream h2", "logout upload", "logout wait",
        "backend reset", "backend cut", "backend late", "backend unfinished",
    ];

    public TouchyGateway() => Bad = new(ServeAsync);

    internal RawBackend Bad { get; }

    internal static string NameOf(string fault) => fault.Replace(' ', '-');

    protected override void Configure(SettingsFile settings)
    {
        base.Configure(settings);
        foreach (var name in Faults.Select(NameOf))
        {
            settings.Set($"ReverseProxy:Clusters:{name}", JsonNode.Parse("""
                { "HealthCheck": { "AvailableDestinationsPolicy": "HealthyAndUnknown", "Passive": { "Enabled": true, "Policy": "TransportFailureRate", "ReactivationPeriod": "01:00:00" } },
                  "Metadata": { "TransportFailureRateHealthPolicy.RateLimit": "0.001" } }
                """))
                .Destination(name, Bad.Url)
                .Route(name, $"/{name}/{{**rest}}").Set($"ReverseProxy:Routes:{name}:ClusterId", name);
        }
        settings.Set("ReverseProxy:Clusters:upload-stalled:HttpRequest:ActivityTimeout", "00:00:01")
            .Set("ReverseProxy:Routes:upload-late:Timeout", "00:00:01").Set("ReverseProxy:Routes:backend-late:Timeout", "00:00:01")
            .Set("ReverseProxy:Routes:backend-unfinished:Timeout", "00:00:01");
    }

    protected override void Replace(IServiceCollection services) =>
        services.Configure<TransportFailureRateHealthPolicyOptions>(policy => policy.MinimalTotalCountThreshold = 1);

    /// <summary>Is the destination still thought to be well?</summary>
    internal bool IsWell(string fault) =>
        Services.GetRequiredService<IProxyStateLookup>().TryGetCluster(NameOf(fault), out var cluster) && cluster.Destinations["one"].Health.Passive is not DestinationHealth.Unhealthy;

    /// <summary>How many requests it has at the moment.</summary>
    internal int BusyWith(string fault) =>
        Services.GetRequiredService<IProxyStateLookup>().TryGetCluster(NameOf(fault), out var cluster) ? cluster.Destinations["one"].ConcurrentRequestCount : -1;

    private static async Task ServeAsync(RawConnection connection)
    {
        while (await connection.ReadHeadAsync() is { } head)
        {
            var headers = new Headers(head[1..]);
            switch (head[0].Split(' ')[1].Split('/')[^1])
            {
                case "upload":
                    await connection.Http.SkipBodyAsync(headers);
                    await connection.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
                    break;
                case "large":
                    await connection.SendAsync("HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
                    await Task.Delay(3000); // it has been heard, also on a busy machine
                    connection.Reset();
                    return;
                case "wait" or "late":
                    return;
                case "unfinished":
                    await connection.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello");
                    return;
                case "stream":
                    await connection.SendAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
                    while (true)
                    {
                        await connection.SendAsync("5\r\nhello\r\n");
                        await Task.Delay(5);
                    }
                case "ws":
                    await connection.SendAsync(Sockets.Accept(headers));
                    return;
                case "no-ws":
                    await connection.SendAsync("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
                    break;
                case "reset":
                    connection.Reset();
                    return;
                case "cut":
                    await connection.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello");
                    connection.Reset();
                    return;
                default:
                    await connection.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
                    break;
            }
        }
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await Bad.DisposeAsync();
        GC.SuppressFinalize(this);
    }
}

/// <summary>Whoever calls cannot take a backend away from the others: only what is the backend's own fault counts against it.</summary>
public sealed class ClientFaultTests(TouchyGateway gateway) : GatewayTests<TouchyGateway>(gateway)
{
    private const int Times = 30;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    public static TheoryData<string> OfClients => [.. TouchyGateway.Faults.Where(fault => !fault.StartsWith("backend", StringComparison.Ordinal) && !fault.StartsWith("logout", StringComparison.Ordinal))];

    [Theory]
    [MemberData(nameof(OfClients))]
    public async Task Fault_of_a_client_never_counts_against_a_destination(string fault)
    {
        var anna = await gateway.KeptAsync("anna");

        await Task.WhenAll(Enumerable.Range(0, Times).Select(_ => CommitAsync(fault, anna.Session.AccessToken).WaitAsync(Patience)));

        await AssertWellAsync(fault, anna);
    }

    [Theory]
    [InlineData("logout ws")]
    [InlineData("logout ws h2")]
    [InlineData("logout stream")]
    [InlineData("logout stream h2")]
    [InlineData("logout upload")]
    [InlineData("logout wait")]
    public async Task Session_that_ends_never_counts_against_a_destination(string fault)
    {
        var (anna, bob) = (await gateway.KeptAsync("anna"), await gateway.SignInAsync("bob"));
        var path = $"/{TouchyGateway.NameOf(fault)}/{fault.Split(' ')[1]}";
        var version = fault.EndsWith("h2", StringComparison.Ordinal) ? 2 : 1;
        using var left = new CancellationTokenSource();

        var open = Enumerable.Range(0, 10).Select(_ => HoldAsync(version, path, bob.Session.AccessToken, left.Token)).ToArray();
        await Eventually.IsAsync(() => Task.FromResult(gateway.BusyWith(fault)), requests => requests == 10);
        await bob.PostAsync("/auth/logout", null);
        try
        {
            await Task.WhenAll(open).WaitAsync(Patience);
        }
        finally
        {
            await left.CancelAsync();
        }

        await AssertWellAsync(fault, anna);
    }

    [Theory]
    [InlineData("backend reset")]
    [InlineData("backend cut")]
    [InlineData("backend late")]
    [InlineData("backend unfinished")]
    public async Task Fault_of_the_backend_counts(string fault)
    {
        var anna = await gateway.KeptAsync("anna");

        await CommitAsync(fault, anna.Session.AccessToken);

        await Eventually.IsAsync(() => Task.FromResult(gateway.IsWell(fault)), well => !well);
        await Eventually.IsAsync(() => anna.GetAsync($"/{TouchyGateway.NameOf(fault)}/ok"), answer => answer.StatusCode is HttpStatusCode.BadGateway);
    }

    private async Task AssertWellAsync(string fault, Caller anna)
    {
        await Eventually.IsAsync(() => Task.FromResult(gateway.BusyWith(fault)), requests => requests == 0);
        for (var i = 0; i < 3; i++)
            Assert.Equal(HttpStatusCode.OK, (await anna.GetAsync($"/{TouchyGateway.NameOf(fault)}/ok")).StatusCode);
        Assert.True(gateway.IsWell(fault));
    }

    private async Task CommitAsync(string fault, string token)
    {
        var (way, over2) = (fault.Split(' ')[0], fault.EndsWith("h2", StringComparison.Ordinal));
        var path = "/" + TouchyGateway.NameOf(fault);
        if (over2)
        {
            await CommitOverHttpTwoAsync(fault, path, token);
            return;
        }

        using var client = await RawConnection.OpenAsync(gateway.Url);
        var credential = $"Host: x\r\nAuthorization: Bearer {token}\r\n";
        await client.SendAsync(way switch
        {
            "refused" => $"GET {path}/ok HTTP/1.1\r\nHost: x\r\n\r\n",
            "backend" => $"GET {path}/{fault.Split(' ')[1]} HTTP/1.1\r\n{credential}\r\n",
            "chunk" => $"POST {path}/upload HTTP/1.1\r\n{credential}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
            "upload" => $"POST {path}/{(fault == "upload too large" ? "large" : "upload")} HTTP/1.1\r\n{credential}Content-Length: 1000000\r\n\r\nhello",
            "ws" => Sockets.Upgrade(gateway.Url, path + "/ws", token),
            _ => $"GET {path}/{way} HTTP/1.1\r\n{credential}\r\n",
        });
        if (way is not ("refused" or "backend"))
            await Eventually.IsAsync(() => Task.FromResult(gateway.Bad.Accepted), count => count > 0);
        if (way is "ws" or "stream")
            Assert.NotEqual(0, await client.Stream.ReadAsync(new byte[1024]));

        switch (fault)
        {
            case "chunk broken":
                await client.SendAsync("zz\r\nhello\r\n");
                await client.UntilClosedAsync();
                break;
            case "ws frame cut":
                await client.SendAsync(Sockets.ClientFrame(0x81, "hello").AsMemory(0, 8));
                client.Reset();
                break;
            case "upload too large":
                await TryAsync(async () => await client.SendAsync(new byte[1_000_000 - 5]));
                Assert.Equal(413, (await WireAnswer.ReadAsync(client.Stream))?.Status);
                break;
            case "upload half-closed":
                client.HalfClose();
                await TryAsync(client.UntilClosedAsync);
                break;
            case "upload stalled" or "upload late" or "refused" or "backend reset" or "backend cut" or "backend late" or "backend unfinished":
                await TryAsync(async () => await WireAnswer.ReadAsync(client.Stream));
                break;
            case var _ when fault.EndsWith("reset", StringComparison.Ordinal):
                client.Reset();
                break;
        }
    }

    private async Task CommitOverHttpTwoAsync(string fault, string path, string token)
    {
        var way = fault.Split(' ')[0];
        if (way == "ws")
        {
            var opening = Sockets.OpenAsync(gateway.HttpTwoUrl, $"{path}/{(fault == "ws refused h2" ? "no-ws" : "ws")}", WebSocketTests.Over(2), ("Authorization", "Bearer " + token));
            if (fault == "ws refused h2")
                await Assert.ThrowsAsync<WebSocketException>(() => opening);
            else
                (await opening).Abort();
            return;
        }

        using var left = new CancellationTokenSource();
        var holding = HoldAsync(2, $"{path}/{way}", token, left.Token);
        await Task.Delay(50);
        await left.CancelAsync();
        await holding;
    }

    /// <summary>Opens one and keeps it until it ends, however.</summary>
    private async Task HoldAsync(int version, string path, string token, CancellationToken ct)
    {
        if (path.EndsWith("/ws", StringComparison.Ordinal))
        {
            using var socket = await Sockets.OpenAsync(gateway.UrlFor(version), path, WebSocketTests.Over(version), ("Authorization", "Bearer " + token));
            await TryAsync(async () => await socket.ReceiveTextAsync().WaitAsync(ct));
            return;
        }

        using var client = ProtocolGateway.Client(gateway.UrlFor(version), new(version, version == 2 ? 0 : 1), token);
        using var request = new HttpRequestMessage(HttpMethod.Get, path) { Version = client.DefaultRequestVersion, VersionPolicy = client.DefaultVersionPolicy };
        if (path.EndsWith("/upload", StringComparison.Ordinal))
            (request.Method, request.Content) = (HttpMethod.Post, new StreamContent(new Endless()));
        await TryAsync(async () =>
        {
            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct);
            await response.Content.CopyToAsync(Stream.Null, ct);
        });
    }

    private static async Task TryAsync(Func<Task> act)
    {
        try
        {
            await act();
        }
        catch (Exception e) when (e is IOException or HttpRequestException or WebSocketException or OperationCanceledException) { } // that is the point
    }
}
