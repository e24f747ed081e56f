using Gateway.Platform.Configuration;
using Microsoft.EntityFrameworkCore;

namespace Gateway.Platform.Database;

/// <summary>The door of the database.</summary>
internal static class DatabaseFeature
{
    public static IServiceCollection AddDatabase(this IServiceCollection services) => services
        .AddSettings<DatabaseOptions>(DatabaseOptions.Section)
        .AddSingleton<Secrets>()
        .AddSingleton<Installation>()
        .AddSingleton<ISettingsRule, SecretRule>()
        .AddSingleton<Store>(provider => provider.GetRequiredService<DatabaseOptions>() is { Provider: DatabaseProvider.Postgres } postgres ? new PostgresServer(postgres) : new SqliteFile(provider.GetRequiredService<DatabaseOptions>()))
        .AddSingleton<DatabaseOpening>()
        .AddSingleton<Transactions>()
        .AddScoped(provider => provider.GetRequiredService<IDbContextFactory<GatewayDatabase>>().CreateDbContext())      // EF would make the abstract one
        .AddDbContextFactory<GatewayDatabase, Databases>((provider, builder) => provider.GetRequiredService<Store>().Configure(builder));
}
