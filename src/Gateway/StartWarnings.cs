using Gateway.Accounts;
using Gateway.Platform;
using Gateway.Routes;
using Gateway.Tokens;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway;

/// <summary>What should an operator know about this configuration, though it is allowed?</summary>
internal static partial class StartWarnings
{
    public static void Log(IServiceProvider services, Uri url)
    {
        var logger = services.GetRequiredService<ILogger<GatewayHost>>();
        var accounts = services.GetRequiredService<AccountOptions>();
        Started(logger, url);

        if (accounts.Signup is SignupMode.Open && !(IsLocal(services) && services.GetRequiredService<GatewayOptions>().PublicUrl.IsLoopback))
            OpenSignup(logger, string.Join(", ", services.GetRequiredService<RoutePolicies>().OpenToNewcomers(accounts.DefaultRoles)));
        if (accounts.ForwardUnverifiedEmail)
            UnverifiedEmail(logger);
        foreach (var issuer in services.GetRequiredService<TokenOptions>().TrustedIssuers.Where(issuer => issuer.SubjectPrefix is null))
            SharedSubjects(logger, issuer.Issuer);
    }

    private static bool IsLocal(IServiceProvider services) =>
        services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.All(address => ListenAddress.TryParse(address)?.IsLocal is true);

    [LoggerMessage(9100, LogLevel.Information, "Listening on {Url}")]
    private static partial void Started(ILogger logger, Uri url);

    [LoggerMessage(9101, LogLevel.Warning, "Sign-up is open: anybody can make an account and reach the routes: {Routes}. Set Gateway:Accounts:Signup to Closed, or give these routes a policy")]
    private static partial void OpenSignup(ILogger logger, string routes);

    [LoggerMessage(9102, LogLevel.Warning, "Gateway:Accounts:ForwardUnverifiedEmail is on: whoever signs up with another's address is that person to a backend that matches by e-mail")]
    private static partial void UnverifiedEmail(ILogger logger);

    [LoggerMessage(9103, LogLevel.Warning, "Gateway:Tokens:TrustedIssuers: {Issuer} has no SubjectPrefix, and its tokens open the same routes as ours: a subject of its that equals the id of a user of another issuer is that user to a backend")]
    private static partial void SharedSubjects(ILogger logger, string issuer);
}
