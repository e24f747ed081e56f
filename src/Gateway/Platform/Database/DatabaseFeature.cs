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
        .AddSingleton<SqliteFile>()
        .AddSingleton<Store>(provider => provider.GetRequiredService<SqliteFile>())
        .AddSingleton<Durable>()
        .AddSingleton<DatabaseOpening>()
        .AddSingleton<Transactions>()
        .AddDbContextFactory<GatewayDatabase>((provider, builder) => builder
            .UseSqlite(provider.GetRequiredService<SqliteFile>().ConnectionString)
            .AddInterceptors(provider.GetRequiredService<Durable>()));
}
