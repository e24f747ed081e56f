[assembly: AssemblyFixture(typeof(Gateway.IntegrationTests.Support.SharedPostgres))]

namespace Gateway.IntegrationTests.Support;

public enum TestStore
{
    Sqlite,
    Postgres,
}

/// <summary>The PostgreSQL server of all tests that do not break theirs; started by the first who asks.</summary>
public sealed class SharedPostgres : IAsyncDisposable
{
    private static readonly Lazy<Task<PostgresServer>> Server = new(PostgresServer.StartNewAsync);

    public static Task<PostgresServer> GetAsync() => Server.Value;

    public async ValueTask DisposeAsync()
    {
        if (Server.IsValueCreated)
            await (await Server.Value).DisposeAsync();
    }
}
