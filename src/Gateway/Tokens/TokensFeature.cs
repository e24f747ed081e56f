using Gateway.Platform.Configuration;

namespace Gateway.Tokens;

/// <summary>The door of Tokens: what proves it?</summary>
internal static class TokensFeature
{
    public static IServiceCollection AddTokens(this IServiceCollection services) => services
        .AddSettings<TokenOptions>(TokenOptions.Section)
        .AddLiveSettings<TrustedIssuerOptions[]>(TrustedIssuerOptions.Section)
        .AddSingleton<ISettingsRule, Issuers.Rule>()
        .AddSingleton<TokenLifetimes>()
        .AddSingleton<SigningKeys>()
        .AddSingleton<Issuers>()
        .AddSingleton<TokenVerifier>()
        .AddSingleton<AccessTokenIssuer>()
        .AddSingleton<AssertionIssuer>();
}
