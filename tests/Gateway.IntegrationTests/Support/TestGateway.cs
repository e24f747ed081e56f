using Gateway.Platform.Configuration;
using Gateway.Sessions;
using Gateway.Tokens;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.Tokens;

namespace Gateway.IntegrationTests.Support;

/// <summary>A gateway in this process on real sockets, with a folder, a database and a recording backend of its own. Derive to configure one for a class of tests.</summary>
public class TestGateway : IAsyncLifetime
{
    public const string Password = "correct horse battery";

    private const string AnyPort = "http://127.0.0.1:0";

    private readonly TempFolder folder = new();
    private readonly TimeProvider? clock;
    private readonly TestStore store;
    private readonly HashSet<string> known = [];
    private readonly Dictionary<string, Caller> kept = [];
    private string urls = AnyPort;
    private GatewayHost? host;
    private PostgresServer? postgres;

    public TestGateway() : this(null) { }

    private protected TestGateway(TimeProvider? clock, TestStore store = TestStore.Sqlite)
    {
        (this.clock, this.store) = (clock, store);
        Settings = new SettingsFile()
            .Set("Gateway:PublicUrl", "http://localhost:8080")
            .Set("Gateway:Database:ConnectionString", "Data Source=gateway.db")
            .Set("Gateway:Management:Url", "http://127.0.0.1:0")
            .Set("Gateway:Passwords:WorkFactor", 10)
            .Set("Gateway:Passwords:QueueLimit", 1000)
            .Set("Gateway:Drain:Delay", "00:00:00")
            .Destination("backend", Backend.Url)
            .Route("orders", "/orders/{**rest}")
            .Route("open", "/open/{**rest}", "anonymous");
    }

    public SettingsFile Settings { get; }

    public RecordingBackend Backend { get; } = new();

    public ServerLog Log { get; private protected init; } = new();

    public Uri Url => Host.Url;

    public Uri ManagementUrl => Host.ManagementUrl;

    /// <summary>The server that its database is on, if that is a database of PostgreSQL.</summary>
    public PostgresServer Postgres => postgres ?? throw new InvalidOperationException("This gateway is on SQLite.");

    /// <summary>Of its own database on PostgreSQL.</summary>
    public string ConnectionString { get; private set; } = "";

    public string DatabaseFile => folder.File("gateway.db");

    public string SecretFile => folder.File("gateway.db.secret");

    internal TempFolder Folder => folder;

    internal GatewayHost Host => host ?? throw new InvalidOperationException("The gateway is not running.");

    internal IServiceProvider Services => Host.Services;

    /// <summary>A gateway for one test.</summary>
    public static async Task<TestGateway> StartAsync(Action<SettingsFile>? change = null, TimeProvider? clock = null, Action<TempFolder>? prepare = null, TestStore store = TestStore.Sqlite)
    {
        var gateway = new TestGateway(clock, store);
        prepare?.Invoke(gateway.folder);
        change?.Invoke(gateway.Settings);
        await gateway.InitializeAsync();
        return gateway;
    }

    /// <summary>What the gateway said when it would not start. Its folder is left as it was found.</summary>
    public static async Task<Refusal> RefusedStartAsync(Action<SettingsFile> change, string urls = AnyPort)
    {
        await using var gateway = new TestGateway(null) { urls = urls };
        change(gateway.Settings);
        return await gateway.AssertDoesNotStartAsync();
    }

    /// <summary>Beyond the two standard routes: "/orders" for who is signed in, "/open" for anyone.</summary>
    protected virtual void Configure(SettingsFile settings) { }

    /// <summary>Services that stand in for the gateway's own.</summary>
    protected virtual void Replace(IServiceCollection services) { }

    public async ValueTask InitializeAsync()
    {
        if (store is TestStore.Postgres)
            await UsePostgresAsync(await SharedPostgres.GetAsync());
        Configure(Settings);
        await StartAsync();
    }

    /// <summary>A new database on that server, and a Secret for it.</summary>
    public async Task UsePostgresAsync(PostgresServer server)
    {
        (postgres, ConnectionString) = (server, await server.CreateDatabaseAsync());
        Settings.Set("Gateway:Database:Provider", "Postgres").Set("Gateway:Database:ConnectionString", ConnectionString);
        if (!Settings.Has("Gateway:Secret") && !Settings.Has("Gateway:SecretFile"))
            Settings.Set("Gateway:SecretFile", "gateway.db.secret");
    }

    /// <summary>Everything that is in the database, a line for each row.</summary>
    public async Task<string[]> RowsAsync() =>
        postgres is null ? Database.Rows(DatabaseFile)
        : [.. (await Task.WhenAll(Database.Tables.Select(async table => (await postgres.RowsAsync($"SELECT * FROM {table} ORDER BY 1", ConnectionString)).Select(row => $"{table}: {row}")))).SelectMany(rows => rows)];

    /// <summary>How many rows that condition meets, with columns in quotation marks: sessions WHERE "EndedAt" IS NULL.</summary>
    public async Task<long> CountAsync(string rows) =>
        postgres is null ? Database.Count(DatabaseFile, rows) : await postgres.CountAsync(rows, ConnectionString);

    public Task ExecuteAsync(string sql)
    {
        if (postgres is not null)
            return postgres.ExecuteAsync(sql, ConnectionString);
        Database.Execute(DatabaseFile, sql);
        return Task.CompletedTask;
    }

    public async Task RestartAsync(Action<SettingsFile>? change = null)
    {
        await StopAsync();
        change?.Invoke(Settings);
        await StartAsync();
    }

    public async Task StopAsync()
    {
        if (host is not null)
            await host.DisposeAsync();
        host = null;
    }

    internal async Task<Refusal> AssertDoesNotStartAsync()
    {
        var refusal = await Assert.ThrowsAsync<StartRefusedException>(StartAsync);
        Assert.NotEmpty(refusal.Errors);
        return new(refusal.Errors, folder.Names());
    }

    private async Task StartAsync()
    {
        host = await GatewayHost.StartAsync(["--config", folder.Write("gateway.json", Settings.ToString()), "--urls", urls], services =>
        {
            services.AddLogging(logging => logging.ClearProviders().AddProvider(Log));
            if (clock is not null)
                services.Replace(ServiceDescriptor.Singleton(clock));
            Replace(services);
        });
        if (clock is TestClock test)
            test.Settle = HearAsync;
    }

    /// <summary>On a busy machine the feed needs a while for the second that has just gone by; if it cannot read at all, that is the test's business.</summary>
    private async Task HearAsync()
    {
        var freshness = host?.Services.GetRequiredService<Freshness>();
        for (var tries = 0; freshness?.Age > TimeSpan.Zero && tries < 100; tries++)
            await Task.Delay(TimeSpan.FromMilliseconds(20));
    }

    /// <summary>An issuer that has stolen this gateway's key, for tokens that are signed well and wrong all the same.</summary>
    public TestIssuer Impostor()
    {
        var key = Services.GetRequiredService<SigningKeys>().Current.Security;
        return new("http://localhost:8080", "gateway", ((ECDsaSecurityKey)key).ECDsa, key.KeyId);
    }

    public Caller Anonymous() => Caller.Anonymous(Url);

    public Caller Bearing(string token) => Caller.Bearing(Url, token);

    public async Task<Caller> SignUpAsync(string name, string? email = null)
    {
        using var caller = Anonymous();
        Log.Keep(Password, email);
        var session = await (await caller.PostAsJsonAsync("/auth/signup", new { username = name, password = Password, email })).ReadAsync<Session>(HttpStatusCode.Created);
        known.Add(name);
        return Caller.Bearing(Url, session.AccessToken, session, Log);
    }

    public async Task<Caller> LogInAsync(string name, string password = Password)
    {
        using var caller = Anonymous();
        Log.Keep(password);
        var session = await (await caller.PostAsJsonAsync("/auth/login", new { username = name, password })).ReadAsync<Session>(HttpStatusCode.OK);
        return Caller.Bearing(Url, session.AccessToken, session, Log);
    }

    /// <summary>A new session of that user, who signs up at the first time.</summary>
    public Task<Caller> SignInAsync(string name) => known.Contains(name) ? LogInAsync(name) : SignUpAsync(name);

    /// <summary>A session of that user that this gateway's tests share, for those that end nothing: a login costs a password hash.</summary>
    public async Task<Caller> KeptAsync(string name) => kept.TryGetValue(name, out var caller) ? caller : kept[name] = await SignInAsync(name);

    /// <summary>The same in a browser.</summary>
    public async Task<Caller> KeptWithCookieAsync(string name) =>
        kept.TryGetValue("cookie of " + name, out var caller) ? caller : kept["cookie of " + name] = await SignInWithCookieAsync(name);

    /// <summary>A new session of that user in a browser.</summary>
    public async Task<Caller> SignInWithCookieAsync(string name)
    {
        using var caller = known.Contains(name) ? Anonymous() : await SignUpAsync(name);
        var response = await caller.PostAsJsonAsync("/auth/login", new { username = name, password = Password, cookie = true });
        var session = await response.ReadAsync<Session>(HttpStatusCode.OK);
        var cookie = Assert.Single(response.Headers.GetValues("Set-Cookie")).Split(';')[0];
        Log.Keep(cookie.Split('=')[1]);
        return Caller.WithCookie(Url, cookie, session);
    }

    /// <summary>A request by hand: its first line without the version, then header lines as they are. Host and Connection are added.</summary>
    internal Task<RawAnswer> RawAsync(string line, params string[] headers) =>
        RawHttp.SendAsync(Url, string.Concat([$"{line} HTTP/1.1\r\nHost: {Url.Authority}\r\n", .. headers.Select(header => header + "\r\n"), "Connection: close\r\n\r\n"]));

    /// <summary>A verb of the command line on this gateway's configuration, as another process.</summary>
    internal Task<CliResult> RunAsync(string[] verb, string stdin = "") => CommandLine.RunAsync([.. verb, "--config", folder.File("gateway.json")], stdin);

    public virtual async ValueTask DisposeAsync()
    {
        await StopAsync();
        if (postgres is not null)
            await postgres.DropDatabaseAsync(ConnectionString);
        await Backend.DisposeAsync();
        folder.Dispose();
        GC.SuppressFinalize(this);
        Log.AssertNoErrors();
    }
}

/// <summary>The same on PostgreSQL.</summary>
public sealed class PostgresGateway() : TestGateway(null, TestStore.Postgres);

/// <summary>Why the gateway would not start, and the files in its folder afterwards.</summary>
public sealed record Refusal(IReadOnlyList<string> Errors, string[] Files)
{
    /// <summary>One of the errors has all these words.</summary>
    public void AssertSays(params string[] words) =>
        Assert.True(Errors.Any(error => words.All(word => error.Contains(word, StringComparison.OrdinalIgnoreCase))), $"No error says {string.Join(" and ", words)}:\n{string.Join('\n', Errors)}");
}
