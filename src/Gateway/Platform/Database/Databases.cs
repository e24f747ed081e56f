using Microsoft.EntityFrameworkCore;

namespace Gateway.Platform.Database;

/// <summary>A context of the store that is configured.</summary>
internal sealed class Databases(Store store, DbContextOptions<GatewayDatabase> options) : IDbContextFactory<GatewayDatabase>
{
    public GatewayDatabase CreateDbContext() => store.Connect(options);
}
