using Gateway.Platform.Configuration;

namespace Gateway.Platform.Database;

/// <summary>Is there a Secret, where the gateway cannot make one by itself?</summary>
internal sealed class SecretRule(DatabaseOptions database, GatewayOptions gateway) : ISettingsRule
{
    public Task<IReadOnlyList<string>> CheckAsync() => Task.FromResult<IReadOnlyList<string>>(
        database.Provider is DatabaseProvider.Postgres && gateway is { Secret: null, SecretFile: null }
            ? ["Gateway:Secret: is not set, and Gateway:SecretFile is not either. With PostgreSQL it must be the same for every replica, so the gateway makes none by itself: set one that you made with: openssl rand -base64 32"]
            : []);
}
