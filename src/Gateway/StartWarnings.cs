using Gateway.Accounts;
using Gateway.Platform;
using Gateway.Routes;

namespace Gateway;

/// <summary>What should an operator know about this configuration, though it is allowed?</summary>
internal static partial class StartWarnings
{
    public static void Log(IServiceProvider services, Uri url)
    {
        var logger = services.GetRequiredService<ILogger<GatewayHost>>();
        var accounts = services.GetRequiredService<AccountOptions>();
        Started(logger, url);

        if (accounts.Signup is SignupMode.Open && !(url.IsLoopback && services.GetRequiredService<GatewayOptions>().PublicUrl.IsLoopback))
            OpenSignup(logger, string.Join(", ", services.GetRequiredService<RoutePolicies>().OpenToNewcomers(accounts.DefaultRoles)));
        if (accounts.ForwardUnverifiedEmail)
            UnverifiedEmail(logger);
    }

    [LoggerMessage(9100, LogLevel.Information, "Listening on {Url}")]
    private static partial void Started(ILogger logger, Uri url);

    [LoggerMessage(9101, LogLevel.Warning, "Sign-up is open: anybody can make an account and reach the routes: {Routes}. Set Gateway:Accounts:Signup to Closed, or give these routes a policy")]
    private static partial void OpenSignup(ILogger logger, string routes);

    [LoggerMessage(9102, LogLevel.Warning, "Gateway:Accounts:ForwardUnverifiedEmail is on: whoever signs up with another's address is that person to a backend that matches by e-mail")]
    private static partial void UnverifiedEmail(ILogger logger);
}
