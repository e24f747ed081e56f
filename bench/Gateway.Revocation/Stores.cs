using System.Net.WebSockets;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway.Bench;

/// <summary>What gateways stand on: a PostgreSQL, a Redis, and a backend that answers 200 with the user that it was told of, and WebSockets with what they say.</summary>
internal sealed class Stores : IAsyncDisposable
{
    private readonly TempFolder folder = new();
    private readonly PostgresServer postgres;
    private readonly WebApplication backend;
    private int files;

    private Stores(PostgresServer postgres, RedisServer redis, WebApplication backend) => (this.postgres, Redis, this.backend) = (postgres, redis, backend);

    public RedisServer Redis { get; }

    public string Folder => folder.Path;

    public static async Task<Stores> StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        var backend = builder.Build();
        backend.UseWebSockets();
        backend.Run(http => http.WebSockets.IsWebSocketRequest ? EchoAsync(http) : http.Response.WriteAsync(http.Request.Headers["X-User-Id"].ToString()));
        await backend.StartAsync();
        return new(await PostgresServer.StartNewAsync(), await RedisServer.StartAsync(), backend);
    }

    private static async Task EchoAsync(HttpContext http)
    {
        using var socket = await http.WebSockets.AcceptWebSocketAsync();
        var buffer = new byte[1024];
        try
        {
            while (await socket.ReceiveAsync(buffer, http.RequestAborted) is { MessageType: not WebSocketMessageType.Close } message)
                await socket.SendAsync(buffer.AsMemory(0, message.Count), message.MessageType, message.EndOfMessage, http.RequestAborted);
            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, http.RequestAborted);
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException) { } // the gateway hung up
    }

    public Uri BackendUrl => new(backend.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.First());

    public Task<string> CreateDatabaseAsync() => postgres.CreateDatabaseAsync();

    public Task ExecuteAsync(string sql, string database) => postgres.ExecuteAsync(sql, database + ";Command Timeout=600");

    /// <summary>A gateway's configuration file. Tokens live an hour, so that none expires meanwhile.</summary>
    public string Configure(string database, string url, string managementUrl) => folder.Write($"gateway{files++}.json", new SettingsFile()
        .Set("Urls", url)
        .Set("Gateway:Management:Url", managementUrl)
        .Set("Gateway:PublicUrl", "http://localhost:8080")
        .Set("Gateway:Secret", "of gateways that are measured and thrown away")
        .Set("Gateway:Database:Provider", "Postgres")
        .Set("Gateway:Database:ConnectionString", database)
        .Set("Gateway:Redis:Configuration", Redis.Configuration)
        .Set("Gateway:Passwords:WorkFactor", 10)
        .Set("Gateway:Sessions:MaxPerUser", 10_000)
        .Set("Gateway:Tokens:AccessLifetime", "01:00:00")
        .Set("Gateway:Drain:Delay", "00:00:00")
        .Destination("backend", BackendUrl)
        .Route("orders", "/orders/{**rest}")
        .ToString());

    public async ValueTask DisposeAsync()
    {
        await backend.DisposeAsync();
        await Redis.DisposeAsync();
        await postgres.DisposeAsync();
        folder.Dispose();
    }
}
