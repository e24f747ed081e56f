namespace Gateway.Bench;

/// <summary>What gateways stand on: a PostgreSQL, a Redis, and a backend.</summary>
internal sealed class Stores : IAsyncDisposable
{
    private readonly TempFolder folder = new();
    private readonly PostgresServer postgres;
    private int files;

    private Stores(PostgresServer postgres, RedisServer redis, StayingBackend backend) => (this.postgres, Redis, Backend) = (postgres, redis, backend);

    public StayingBackend Backend { get; }

    public RedisServer Redis { get; }

    public string Folder => folder.Path;

    public static async Task<Stores> StartAsync() =>
        new(await PostgresServer.StartNewAsync(), await RedisServer.StartAsync(), await StayingBackend.StartAsync());

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
        .Destination("backend", Backend.Url)
        .Route("orders", "/orders/{**rest}")
        .Route("stay", "/stay/{**rest}")
        .ToString());

    public async ValueTask DisposeAsync()
    {
        await Backend.DisposeAsync();
        await Redis.DisposeAsync();
        await postgres.DisposeAsync();
        folder.Dispose();
    }
}
