using Gateway.Accounts;
using Gateway.Platform;
using Gateway.Platform.Database;
using Gateway.Platform.Redis;
using Gateway.Routes;
using Gateway.Tokens;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway;

/// <summary>What should an operator know about this configuration, though it is allowed?</summary>
internal static partial class StartWarnings
{
    private const int MostRemarks = 20;

    public static void Log(IServiceProvider services, Uri url)
    {
        var logger = services.GetRequiredService<ILogger<GatewayHost>>();
        var rulebook = services.GetRequiredService<Rulebooks>().Current;
        var accounts = services.GetRequiredService<AccountOptions>();
        Started(logger, url);

        if (accounts.Signup is SignupMode.Open && !(IsLocal(services) && services.GetRequiredService<GatewayOptions>().PublicUrl.IsLoopback))
            OpenSignup(logger, string.Join(", ", rulebook.Policies.OpenToNewcomers(accounts.DefaultRoles)));
        if (services.GetRequiredService<IConfiguration>()["Gateway:PublicUrl"] is null && new GatewayOptions().PublicUrl is var assumed && Addresses(services).All(address => address?.Port != assumed.Port))
            PublicUrlAssumed(logger, assumed);
        if (services.GetRequiredService<Store>().IsShared && !services.GetRequiredService<RedisLink>().IsConfigured)
            WithoutRedis(logger);
        if (accounts.ForwardUnverifiedEmail)
            UnverifiedEmail(logger);
        if (services.GetRequiredService<GatewayOptions>().TrustedProxies is { Length: > 0 } proxies)
            Proxies(logger, string.Join(", ", proxies));
    }

    /// <summary>Of a configuration that comes into force, at the start or later.</summary>
    public static void LogRemarks(ILogger logger, Rulebook rulebook, IReadOnlyList<string> remarks)
    {
        foreach (var remark in remarks.Take(MostRemarks))
            Remark(logger, remark);
        if (remarks.Count > MostRemarks)
            Remark(logger, $"and {remarks.Count - MostRemarks} more; gateway check prints all of them.");
        foreach (var issuer in rulebook.Issuers.Trusted.Where(issuer => issuer.Trusted!.SubjectPrefix is null))
            SharedSubjects(logger, issuer.Name);
        if (RouteRules.RoutesWithOptIns(rulebook.Settings.Get<ReverseProxyOptions>()).ToArray() is { Length: > 0 } optIns)
            OptIns(logger, string.Join(", ", optIns));
        if (RouteRemarks.Anonymous(rulebook).ToArray() is { Length: > 0 } anonymous)
            OpenRoutes(logger, string.Join(", ", anonymous.Take(MostRemarks)) + (anonymous.Length > MostRemarks ? $" and {anonymous.Length - MostRemarks} more" : ""));
    }

    private static bool IsLocal(IServiceProvider services) => Addresses(services).All(address => address?.IsLocal is true);

    private static IEnumerable<ListenAddress?> Addresses(IServiceProvider services) =>
        services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.Select(ListenAddress.TryParse);

    [LoggerMessage(9100, LogLevel.Information, "Listening on {Url}")]
    private static partial void Started(ILogger logger, Uri url);

    [LoggerMessage(9108, LogLevel.Information, "Routes that ask nobody who they are: {Routes}")]
    private static partial void OpenRoutes(ILogger logger, string routes);

    [LoggerMessage(9109, LogLevel.Warning, "{Remark}")]
    private static partial void Remark(ILogger logger, string remark);

    [LoggerMessage(9101, LogLevel.Warning, "Sign-up is open: anybody can make an account and reach the routes: {Routes}. Set Gateway:Accounts:Signup to Closed, or give these routes a policy")]
    private static partial void OpenSignup(ILogger logger, string routes);

    [LoggerMessage(9107, LogLevel.Information, "Gateway:TrustedProxies: whoever connects from {Networks} says who the client is. It must set X-Forwarded-For, -Proto and -Host, not add to what a client sends")]
    private static partial void Proxies(ILogger logger, string networks);

    [LoggerMessage(9102, LogLevel.Warning, "Gateway:Accounts:ForwardUnverifiedEmail is on: whoever signs up with another's address is that person to a backend that matches by e-mail")]
    private static partial void UnverifiedEmail(ILogger logger);

    [LoggerMessage(9103, LogLevel.Warning, "Gateway:Tokens:TrustedIssuers: {Issuer} has no SubjectPrefix, and its tokens open the same routes as ours: a subject of its that equals the id of a user of another issuer is that user to a backend")]
    private static partial void SharedSubjects(ILogger logger, string issuer);

    [LoggerMessage(9105, LogLevel.Information, "Gateway:Redis is not set: what one replica revokes reaches the others from the database, within about a second instead of milliseconds, and each throttles logins by itself")]
    private static partial void WithoutRedis(ILogger logger);

    [LoggerMessage(9106, LogLevel.Warning, "Routes give up a part of what protects them, as their metadata asks: {Routes}")]
    private static partial void OptIns(ILogger logger, string routes);

    [LoggerMessage(9104, LogLevel.Warning, "Gateway:PublicUrl is not set, so tokens and links say {PublicUrl}, where this gateway does not listen. Set it to the address that clients use")]
    private static partial void PublicUrlAssumed(ILogger logger, Uri publicUrl);
}
