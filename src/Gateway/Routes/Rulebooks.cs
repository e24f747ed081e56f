using Gateway.Platform.Configuration;
using Gateway.Platform.Telemetry;
using Gateway.Routes.Limits;
using Gateway.Sessions;
using Gateway.Tokens;
using Microsoft.Extensions.Primitives;
using Yarp.ReverseProxy.Configuration;

namespace Gateway.Routes;

/// <summary>Which rulebook is in force? YARP gets its routes and clusters here, and says when it has made them its own.</summary>
internal sealed class Rulebooks : IProxyConfigProvider, IConfigChangeListener, IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly Issuers issuers;
    private readonly AssertionIssuer assertions;
    private readonly CredentialRules rules;
    private readonly Decisions decisions;
    private readonly TimeProvider clock;
    private readonly ILogger<IdentityHeaders> logger;
    private volatile Offer offered;
    private int failedOffers;
    private volatile Rulebook current;

    public Rulebooks(Settings settings, Issuers issuers, AssertionIssuer assertions, CredentialRules rules, Decisions decisions, TimeProvider clock, ILogger<IdentityHeaders> logger)
    {
        (this.issuers, this.assertions, this.rules, this.decisions, this.clock, this.logger) = (issuers, assertions, rules, decisions, clock, logger);
        OwnsOpenIdMetadata = !RouteRules.ClaimsOpenIdMetadata(settings.Get<ReverseProxyOptions>());
        current = Compile(settings, null);
        offered = new(current);
        issuers.Trust(current.Issuers);
    }

    /// <summary>Is the OpenID metadata's address ours? Settled at the start, as our own endpoints are.</summary>
    public bool OwnsOpenIdMetadata { get; }

    /// <summary>By which new requests are judged.</summary>
    public Rulebook Current => current;

    /// <summary>Compiled, and in force for nobody yet.</summary>
    /// <param name="settings">Without errors.</param>
    public Rulebook Compile(Settings settings) => Compile(settings, current);

    private Rulebook Compile(Settings settings, Rulebook? before)
    {
        var identity = settings.Get<IdentityHeaderOptions>();
        var trusted = issuers.Trusting(settings.Get<TrustedIssuerOptions[]>(), new([.. identity.Headers.Values]));
        var headers = before?.Headers is { } same && same.Says(identity) ? same : new IdentityHeaders(identity, assertions, logger);
        var number = (before?.Number ?? 0) + 1 + failedOffers;      // names of clusters hold it: none may come twice
        var limits = new RateLimits(settings.Get<RateLimitsOptions>(), before?.Limits);
        return new(number, settings, new RoutePolicies(number, settings, limits, trusted, headers, rules, decisions), limits, trusted, headers, before);
    }

    /// <summary>In force as soon as this returns, for every new request; those under way finish by the one that they began with. One at a time.</summary>
    /// <exception cref="Exception">YARP would not have it; what was in force before is again.</exception>
    public async Task PublishAsync(Rulebook next)
    {
        if (await OfferAsync(next) is { } failure)
        {
            failedOffers++;
            await OfferAsync(current);
            _ = next.Limits.RetireAsync(current.Limits, clock);
            throw new InvalidOperationException(failure.GetBaseException().Message, failure);
        }

        issuers.Trust(next.Issuers);
        _ = current.Limits.RetireAsync(next.Limits, clock);
        current = next;
    }

    public RoutePolicy PolicyOf(RouteConfig route) => offered.Rulebook.PolicyOf(route);

    public IProxyConfig GetConfig() => offered;

    public void Dispose()
    {
        offered.Dispose();
        foreach (var limit in current.Limits.All)
            limit.Dispose();
    }

    public void ConfigurationLoaded(IReadOnlyList<IProxyConfig> proxyConfigs)
    {
    }

    public void ConfigurationApplied(IReadOnlyList<IProxyConfig> proxyConfigs) => Answer(proxyConfigs, null);

    public void ConfigurationApplyingFailed(IReadOnlyList<IProxyConfig> proxyConfigs, Exception exception) => Answer(proxyConfigs, exception);

    public void ConfigurationLoadingFailed(IProxyConfigProvider configProvider, Exception exception) => offered.Outcome.TrySetResult(exception);

    private static void Answer(IReadOnlyList<IProxyConfig> configs, Exception? failure)
    {
        foreach (var config in configs)
            (config as Offer)?.Outcome.TrySetResult(failure);
    }

    /// <returns>Null: it is in force.</returns>
    private async Task<Exception?> OfferAsync(Rulebook rulebook)
    {
        var before = offered;
        var offer = offered = new(rulebook);
        await Task.Run(before.Withdraw);      // YARP reads and applies the new one meanwhile
        try
        {
            return await offer.Outcome.Task.WaitAsync(Patience);
        }
        catch (TimeoutException e)
        {
            return e;
        }
    }

    /// <summary>A rulebook as YARP wants it: with a token that says when it has gone. One is offered once.</summary>
    private sealed class Offer : IProxyConfig, IDisposable
    {
        private readonly CancellationTokenSource withdrawn = new();

        public Offer(Rulebook rulebook) => (Rulebook, ChangeToken) = (rulebook, new CancellationChangeToken(withdrawn.Token));

        public Rulebook Rulebook { get; }

        public IReadOnlyList<RouteConfig> Routes => Rulebook.Routes;

        public IReadOnlyList<ClusterConfig> Clusters => Rulebook.Clusters;

        public IChangeToken ChangeToken { get; }

        public TaskCompletionSource<Exception?> Outcome { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Withdraw()
        {
            withdrawn.Cancel();
            Dispose();
        }

        public void Dispose() => withdrawn.Dispose();
    }
}
