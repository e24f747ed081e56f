using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Gateway.IntegrationTests.Routes;

/// <summary>A gateway in which some library has registered an authentication scheme, even as the default one.</summary>
public sealed class WatchedGateway : TestGateway
{
    public static int HandlerRuns => Handler.Runs;

    protected override void Replace(IServiceCollection services) =>
        services.AddAuthentication(Handler.Name).AddScheme<AuthenticationSchemeOptions, Handler>(Handler.Name, null);

    private sealed class Handler(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
        : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder), IAuthenticationRequestHandler
    {
        public const string Name = "watched";

        public static int Runs;

        public Task<bool> HandleRequestAsync()
        {
            Interlocked.Increment(ref Runs);
            return Task.FromResult(false);
        }

        protected override Task<AuthenticateResult> HandleAuthenticateAsync()
        {
            Interlocked.Increment(ref Runs);
            return Task.FromResult(AuthenticateResult.NoResult());
        }
    }
}

public sealed class OneGateTests(WatchedGateway gateway) : GatewayTests<WatchedGateway>(gateway)
{
    // WebApplication adds UseAuthentication by itself as soon as a scheme is registered: two to five times the cost of a whole request.
    [Fact]
    public async Task No_authentication_handler_runs_on_any_request()
    {
        var anna = await gateway.SignInAsync("anna");
        var browser = await gateway.SignInWithCookieAsync("anna");

        await anna.GetAsync("/orders/1");
        await anna.GetAsync("/auth/me");
        await browser.GetAsync("/orders/1");
        await gateway.Anonymous().GetAsync("/orders/1");
        await gateway.Anonymous().GetAsync("/open/1");
        await gateway.Bearing("broken").GetAsync("/orders/1");

        Assert.Equal(3, gateway.Backend.Requests.Count);
        Assert.Equal(0, WatchedGateway.HandlerRuns);
    }

    [Fact]
    public async Task Every_request_is_a_miss_without_a_cache_and_answers_the_same()
    {
        await using var other = await TestGateway.StartAsync(settings => settings.Set("Gateway:Cache:Identities", 0));
        var anna = await other.SignInAsync("anna");
        var browser = await other.SignInWithCookieAsync("anna");

        Assert.Equal(HttpStatusCode.OK, (await anna.GetAsync("/orders/1")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await browser.GetAsync("/orders/1")).StatusCode);
        await anna.PostAsync("/auth/logout?scope=all", null);

        await anna.AssertEndedAsync();
        await browser.AssertEndedAsync();
    }

    [Fact]
    public async Task Token_is_told_apart_from_one_that_only_begins_like_it()
    {
        var anna = await gateway.SignInAsync("anna");
        await anna.GetAsync("/orders/1"); // remembered by now
        gateway.Backend.Forget();

        foreach (var token in (string[])[anna.Session.AccessToken[..^1], anna.Session.AccessToken + "A", anna.Session.AccessToken + "."])
            await (await gateway.Bearing(token).GetAsync("/orders/1")).AssertRefusedAsync(401, "token_invalid");

        Assert.Empty(gateway.Backend.Requests);
    }

    [Fact]
    public async Task Parallel_first_requests_of_one_credential_all_pass()
    {
        var anna = await gateway.SignInAsync("anna");
        var browser = await gateway.SignInWithCookieAsync("anna");

        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => (i % 2 == 0 ? anna : browser).GetAsync("/orders/1")));

        Assert.All(answers, answer => Assert.Equal(HttpStatusCode.OK, answer.StatusCode));
    }
}
