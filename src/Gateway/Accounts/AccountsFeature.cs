using Gateway.Platform.Configuration;
using Gateway.Platform.Database;
using Gateway.Platform.Telemetry;
using Gateway.Sessions;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Identity.EntityFrameworkCore;

namespace Gateway.Accounts;

/// <summary>The door of Accounts: who are you?</summary>
internal static class AccountsFeature
{
    public static IServiceCollection AddAccounts(this IServiceCollection services)
    {
        services
            .AddSettings<AccountOptions>(AccountOptions.Section)
            .AddSettings<PasswordOptions>(PasswordOptions.Section)
            .AddSingleton<ISettingsRule, PasswordSpelling>()
            .AddSingleton<PasswordHasher>()
            .AddSingleton<IPasswordHasher<User>>(provider => provider.GetRequiredService<PasswordHasher>())
            .AddSingleton<ILookupNormalizer, CanonicalNames>()
            .AddSingleton<HashingThreads>()
            .AddInstruments<AccountInstruments>()
            .AddSingleton<Passwords>()
            .AddScoped<PasswordTries>()
            .AddScoped<SignUp>()
            .AddScoped<SignIn>()
            .AddScoped<PasswordChange>()
            .AddScoped<UserAdministration>()
            .AddSingleton<ReadSubject>(_ => Subjects.ReadAsync)
            .AddSingleton<RaiseVersion>(_ => Subjects.RaiseVersionAsync);

        services
            .AddIdentityCore<User>(options => options.Stores.SchemaVersion = IdentitySchemaVersions.Version3)
            .AddUserStore<UserOnlyStore<User, GatewayDatabase, string>>();
        return services;
    }
}
