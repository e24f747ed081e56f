using System.Data.Common;
using Gateway.Platform.Configuration;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace Gateway.Platform.Database;

/// <summary>The door of the database.</summary>
internal static class DatabaseFeature
{
    public static IServiceCollection AddDatabase(this IServiceCollection services) => services
        .AddSettings<DatabaseOptions>(DatabaseOptions.Section)
        .AddSingleton<Secrets>()
        .AddSingleton<DatabaseOpening>()
        .AddSingleton<Transactions>()
        .AddDbContextFactory<GatewayDatabase>((provider, builder) => builder
            .UseSqlite(provider.GetRequiredService<DatabaseOptions>().ConnectionString)
            .AddInterceptors(Durable.Instance));

    /// <summary>What is acknowledged is on the disk: FULL also syncs each commit of the write-ahead log.</summary>
    private sealed class Durable : DbConnectionInterceptor
    {
        public static readonly Durable Instance = new();

        public override void ConnectionOpened(DbConnection connection, ConnectionEndEventData eventData) => Prepare(connection);

        public override Task ConnectionOpenedAsync(DbConnection connection, ConnectionEndEventData eventData, CancellationToken cancellationToken = default)
        {
            Prepare(connection);
            return Task.CompletedTask;
        }

        private static void Prepare(DbConnection connection)
        {
            using var command = connection.CreateCommand();
            command.CommandText = "PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;";
            command.ExecuteNonQuery();
        }
    }
}
