using Gateway.Platform.Database;

namespace Gateway.Cli;

/// <summary>A verb's way to the database, beside a running gateway or without one.</summary>
internal static class Opened
{
    public static async Task<int> RunAsync(string[] args, bool? migrate, Func<IServiceProvider, Task<int>> verb, CancellationToken ct)
    {
        await using var app = await GatewayHost.BuildAsync(args, services => services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Warning)));
        await app.Services.GetRequiredService<DatabaseOpening>().OpenAsync(serve: false, migrate, ct);
        await using var scope = app.Services.CreateAsyncScope();
        return await verb(scope.ServiceProvider);
    }
}
