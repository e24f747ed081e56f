using Gateway.Platform.Configuration;

namespace Gateway.Platform.Database;

/// <summary>Is there a Secret, where the gateway cannot make one by itself?</summary>
internal sealed class SecretRule : ISettingsRule
{
    public Task<IReadOnlyList<string>> CheckAsync(Settings settings) => Task.FromResult<IReadOnlyList<string>>(
        settings.Get<DatabaseOptions>().Provider is DatabaseProvider.Postgres && settings.Get<GatewayOptions>() is { Secret: null, SecretFile: null }
            ? ["Gateway:Secret: is not set, and Gateway:SecretFile is not either. With PostgreSQL it must be the same for every replica, so the gateway makes none by itself: set one that you made with: openssl rand -base64 32"]
            : []);
}
