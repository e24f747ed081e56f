using Microsoft.EntityFrameworkCore;

namespace Gateway.Platform.Database;

/// <summary>A context of the store that is configured.</summary>
/// <remarks>The options when they are asked for first: nothing of EF is part of a start where everything is as it should be.</remarks>
internal sealed class Databases(Store store, IServiceProvider services) : IDbContextFactory<GatewayDatabase>
{
    private readonly Lazy<DbContextOptions<GatewayDatabase>> options = new(services.GetRequiredService<DbContextOptions<GatewayDatabase>>);

    public GatewayDatabase CreateDbContext() => store.Connect(options.Value);
}
