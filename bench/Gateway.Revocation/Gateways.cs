using System.Diagnostics;
using Gateway.Platform.Database;
using Gateway.Tokens;

namespace Gateway.Bench;

/// <summary>Three gateways, each in a process of its own, that share a database and a Redis and nothing else.</summary>
internal sealed class Gateways : IAsyncDisposable
{
    public const int Count = 3;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly LoopbackPort[] ports = [.. Enumerable.Range(0, 2 * Count).Select(_ => new LoopbackPort())];
    private readonly HttpClient client = new(new SocketsHttpHandler { UseCookies = false });
    private readonly List<ServerProcess> processes = [];
    private WebApplication? mint;

    /// <summary>Tokens of sessions that were begun as by a login, but without a password each.</summary>
    public Task<string[]> TokensAsync(int count) => Mint.TokensAsync(mint!.Services, count);

    public static async Task<Gateways> StartAsync(Stores stores)
    {
        var gateways = new Gateways();
        try
        {
            var database = await stores.CreateDatabaseAsync();
            string[] files = [.. Enumerable.Range(0, Count).Select(i => stores.Configure(database, gateways.Url(i), $"http://127.0.0.1:{gateways.ports[Count + i]}"))];
            gateways.processes.AddRange(await Task.WhenAll(files.Select(file => ServerProcess.StartAsync(Serve(file, stores.Folder)))));

            // Beside them, as a verb of the command line is.
            gateways.mint = await GatewayHost.BuildAsync(["--config", files[0]], services => services.AddLogging(logging => logging.ClearProviders()));
            await gateways.mint.Services.GetRequiredService<DatabaseOpening>().OpenAsync(serve: false, migrate: null, default);
            await gateways.mint.Services.GetRequiredService<SigningKeys>().LoadAsync(default);
            return gateways;
        }
        catch
        {
            await gateways.DisposeAsync();
            throw;
        }
    }

    public static ProcessStartInfo Serve(string file, string folder) =>
        new("dotnet", [Path.Combine(AppContext.BaseDirectory, "Gateway.dll"), "--config", file])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder,
        };

    /// <summary>What that gateway says to a proxied request.</summary>
    public async Task<HttpStatusCode> AskAsync(int gateway, string token)
    {
        using var answer = await SendAsync(gateway, HttpMethod.Get, "/orders/1", token);
        return answer.StatusCode;
    }

    public Task<HttpStatusCode[]> AskAllAsync(string token) => Task.WhenAll(Enumerable.Range(0, Count).Select(gateway => AskAsync(gateway, token)));

    /// <summary>Asks again and again. Until it is refused it is let in: there is no third answer.</summary>
    /// <param name="gateway">Whom.</param>
    /// <param name="token">Of a session that was ended.</param>
    /// <param name="since">From when on it is measured.</param>
    /// <param name="pause">Between an answer and the next question.</param>
    public async Task<(TimeSpan Took, int Questions)> UntilRefusedAsync(int gateway, string token, long since, TimeSpan pause)
    {
        for (var questions = 1; Stopwatch.GetElapsedTime(since) < Patience; questions++)
        {
            var answer = await AskAsync(gateway, token);
            if (answer is HttpStatusCode.Unauthorized)
                return (Stopwatch.GetElapsedTime(since), questions);

            Expect(HttpStatusCode.OK, answer);
            if (pause > TimeSpan.Zero)
                await Task.Delay(pause);
        }

        throw new InvalidOperationException($"What was revoked is still let in after {Patience}.");
    }

    /// <summary>Every gateway verified it and remembers it: from here on only news can make one refuse it.</summary>
    public async Task RememberAsync(string token) => Expect(HttpStatusCode.OK, await AskAllAsync(token));

    public async Task LogOutAsync(int gateway, string token)
    {
        using var answer = await SendAsync(gateway, HttpMethod.Post, "/auth/logout", token);
        Expect(HttpStatusCode.NoContent, answer.StatusCode);
    }

    /// <summary>The same; answered when every gateway has applied it.</summary>
    public async Task<Applied> ProveAsync(int gateway, string token)
    {
        using var answer = await SendAsync(gateway, HttpMethod.Post, "/auth/logout", token, "wait=5");
        Expect(HttpStatusCode.OK, answer.StatusCode);
        return (await answer.Content.ReadFromJsonAsync<Applied>(JsonSerializerOptions.Web))!;
    }

    private Task<HttpResponseMessage> SendAsync(int gateway, HttpMethod method, string path, string token, string? prefer = null)
    {
        var request = new HttpRequestMessage(method, Url(gateway) + path);
        request.Headers.Authorization = new("Bearer", token);
        if (prefer is not null)
            request.Headers.Add("Prefer", prefer);
        return client.SendAsync(request);
    }

    public int ProcessId(int gateway) => processes[gateway].Id;

    public string Url(int gateway) => $"http://127.0.0.1:{ports[gateway]}";

    private static void Expect(HttpStatusCode expected, params HttpStatusCode[] answers)
    {
        if (Array.Find(answers, answer => answer != expected) is var other and not 0)
            throw new InvalidOperationException($"A gateway answered {(int)other} instead of {(int)expected}.");
    }

    public async ValueTask DisposeAsync()
    {
        client.Dispose();
        if (mint is not null)
            await mint.DisposeAsync();
        foreach (var process in processes)
            await process.DisposeAsync();
        Array.ForEach(ports, port => port.Dispose());
    }
}

/// <summary>What <c>Prefer: wait</c> is answered with.</summary>
internal sealed record Applied([property: System.Text.Json.Serialization.JsonPropertyName("applied")] string To, int? Replicas, double Milliseconds);
