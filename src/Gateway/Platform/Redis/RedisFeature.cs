using Gateway.Platform.Configuration;

namespace Gateway.Platform.Redis;

/// <summary>The door of Redis: what replicas tell each other quickly.</summary>
internal static class RedisFeature
{
    public static IServiceCollection AddRedis(this IServiceCollection services) => services
        .AddSettings<RedisOptions>(RedisOptions.Section)
        .AddSingleton<RedisLink>();
}
