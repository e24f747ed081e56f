using System.Globalization;
using Gateway.Sessions;

namespace Gateway.Bench;

/// <summary>Two databases that differ in one thing: the rows of so many revoked sessions, written before any gateway that is measured starts.</summary>
internal sealed class Million
{
    private readonly Stores stores;

    private Million(Stores stores, int count, string without, string with) => (this.stores, Count, Without, With) = (stores, count, Configure(stores, without), Configure(stores, with));

    public int Count { get; }

    /// <summary>A configuration file.</summary>
    public string Without { get; }

    public string With { get; }

    public string Folder => stores.Folder;

    public static async Task<Million> FillAsync(Stores stores, int count)
    {
        var (without, with) = (await stores.CreateDatabaseAsync(), await stores.CreateDatabaseAsync());
        var million = new Million(stores, count, without, with);

        // The first start makes the tables, and this process learns what it needs.
        await (await StartAsync(million.Without)).DisposeAsync();
        await (await StartAsync(million.With)).DisposeAsync();
        var expires = DateTimeOffset.UtcNow.AddHours(1).ToUnixTimeMilliseconds();
        await stores.ExecuteAsync(string.Create(CultureInfo.InvariantCulture, $"""
            INSERT INTO revocations ("Issuer", "Kind", "Value", "Version", "Disabled", "ExpiresAt")
            SELECT '{Revocation.OwnIssuer}', {(int)RevocationKind.Session}, md5(i::text), 0, false, {expires} FROM generate_series(1, {count}) AS i
            """), with);
        return million;
    }

    /// <summary>A gateway in this process.</summary>
    public static Task<GatewayHost> StartAsync(string file) => GatewayHost.StartAsync(["--config", file], services => services.AddLogging(logging => logging.ClearProviders()));

    private static string Configure(Stores stores, string database) => stores.Configure(database, "http://127.0.0.1:0", "http://127.0.0.1:0");
}
