using Gateway.Edge;
using Gateway.Platform;
using Gateway.Platform.Configuration;
using Gateway.Routes.Policies;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Model;

namespace Gateway.Routes.Explaining;

/// <summary>What would become of this request under that rulebook, and why? Nothing is forwarded, counted or remembered.</summary>
/// <remarks>The guard, routing, policies, headers and transforms are the gateway's own. Freshness, limits and the backend's health are not asked.</remarks>
internal sealed class Explainer(Rulebook rulebook, bool ownsOpenIdMetadata, GatewayOptions gateway, EdgeOptions edge, TimeProvider clock) : IDisposable
{
    public const string SignedIn = "a signed-in user";
    private const string Backend = "http://backend";

    // Ten thousand routes take a second or two: not for who never asks.
    private readonly Lazy<TrialRouting> routing = new(() => new(gateway, ownsOpenIdMetadata, edge, rulebook.Routes, rulebook.PolicyOf));

    public Rulebook Rulebook => rulebook;

    /// <param name="question">Which request.</param>
    /// <param name="asker">Who asks.</param>
    /// <param name="alsoAlmost">Look for routes that almost matched.</param>
    public async Task<Explanation> ExplainAsync(Question question, Asker asker, bool alsoAlmost = true)
    {
        var http = await routing.Value.LeadAsync(question.Target, http =>
        {
            (http.Request.Scheme, http.Request.Host) = (gateway.PublicUrl.Scheme, new(DefaultHost));
            question.WriteTo(http);
        });
        var host = question.Host ?? http.Request.Host.Value;
        var blank = new Explanation($"{question.Method} {question.Target}", host!, question.From?.ToString(), asker.Name, Outcome.Refused) { Reason = "" };

        var problem = http.Features.Get<Problem>();
        if (alsoAlmost && problem is (null or { Status: StatusCodes.Status404NotFound or StatusCodes.Status405MethodNotAllowed }))
            blank = blank with { Almost = NearMisses.Of(routing.Value, http) };      // before its headers become those for the backend

        return problem is not null ? Refused(blank, problem, problem.Requirement)
            : TrialRouting.IsOwn(http.GetEndpoint()) ? blank with { Outcome = Outcome.Own, Reason = "The address is the gateway's own: an endpoint of its answers, and nothing is ever forwarded from there." }
            : await JudgeAsync(blank, http, asker);
    }

    public void Dispose()
    {
        if (routing.IsValueCreated)
            routing.Value.Dispose();
    }

    // As people address the gateway; and where only other names are answered, by the first of them.
    private string DefaultHost => edge.AllowedHosts.Length == 0 || edge.AllowedHosts.Contains(gateway.PublicUrl.Host, StringComparer.OrdinalIgnoreCase) ? gateway.PublicUrl.Authority : edge.AllowedHosts[0];

    private async Task<Explanation> JudgeAsync(Explanation blank, HttpContext http, Asker asker)
    {
        var (route, policy) = (http.GetEndpoint()!.Metadata.GetRequiredMetadata<RouteModel>().Config, http.GetEndpoint()!.Metadata.GetRequiredMetadata<RoutePolicy>());
        var written = rulebook.Settings.Get<ReverseProxyOptions>().Routes[route.RouteId];
        var counts = (policy.Accepts & asker.Kinds) != 0;
        var circumstances = asker.Identity is { } identity && counts ? new Circumstances(identity, http.Connection.RemoteIpAddress, clock.GetUtcNow()) : (Circumstances?)null;
        var explanation = blank with
        {
            Route = route.RouteId,
            Path = written.Match.Path,
            Policy = policy.Name,
            Requirements = DemandsOf(policy, circumstances),
            CorsPolicy = written.CorsPolicy,
            RateLimiterPolicy = written.RateLimiterPolicy,
            TimeoutPolicy = written.TimeoutPolicy,
            Notes = [.. new[] { asker.Note, counts || asker == Asker.Nobody || policy.IsPublic ? null : "The route takes no credential of this kind, so it is as if nobody were signed in." }.OfType<string>()],
        };

        if (CrossOrigin.IsPreflight(http.Request, policy))
            return explanation with { Outcome = Outcome.Preflight, Status = StatusCodes.Status204NoContent, Reason = "It is a preflight of a browser's, which carries no credential; the gateway answers it by the route's CorsPolicy." };

        var verdict = policy.IsPublic ? Verdict.Anonymous
            : !counts ? policy.WithoutIdentity
            : asker.Refusal is { } refusal ? Verdict.Refused(refusal)
            : circumstances is { } known ? policy.Judge(in known) : policy.WithoutIdentity;
        if (verdict.Refusal is not null)
            return Refused(explanation, verdict.Refusal, verdict.Refusal == Problems.TokenMissing ? SignedIn : verdict.Refusal.Requirement);

        var (forwarded, trouble) = await ForwardAsync(http, written, policy, verdict);
        return forwarded is null ? Refused(explanation, trouble!, trouble!.Requirement) : explanation with
        {
            Outcome = Outcome.Passes,
            Status = StatusCodes.Status200OK,
            Shadow = Spared.Of(verdict.ShadowRefusal),
            Reason = WhyItPasses(policy, verdict),
            Backend = forwarded,
        };
    }

    private static Explanation Refused(Explanation explanation, Problem problem, string? requirement) => explanation with
    {
        Outcome = Outcome.Refused,
        Status = problem.Status,
        Code = problem.Code,
        Requirement = requirement,
        Reason = requirement is null || explanation.Route is null ? problem.Detail : requirement == SignedIn ? "Nobody is signed in." : $"{requirement} is not met.",
    };

    private static Demand[] DemandsOf(RoutePolicy policy, Circumstances? circumstances) =>
        policy.IsPublic || policy.AllowsAnonymous ? []
        : [new(SignedIn, circumstances is not null, []), .. policy.Requirements.Select(requirement => Demand.Of(requirement, circumstances))];

    private static string WhyItPasses(RoutePolicy policy, Verdict verdict) =>
        policy.IsPublic ? "The route is for everybody; who asks is neither looked at nor told."
        : verdict.ShadowRefusal is { } spared ? $"The policy only watches. It would refuse this: {spared.Requirement ?? SignedIn} is not met."
        : policy.AllowsAnonymous ? "Nobody has to be signed in here."
        : policy.Requirements.Count == 0 ? "Whoever is signed in may pass."
        : $"{new AllOf([.. policy.Requirements]).Text} {(policy.Requirements.Count == 1 ? "is" : "are")} met.";

    /// <summary>By the very code that writes and transforms what is sent. An assertion is not signed: it would be a credential.</summary>
    private static async Task<(Forwarded? Forwarded, Problem? Trouble)> ForwardAsync(HttpContext http, RouteConfig written, RoutePolicy policy, Verdict verdict)
    {
        var audience = verdict.Identity is null ? null : policy.Speech.Audience;
        if (policy.Headers!.Write(http.Request, policy, verdict.Identity, policy.Speech with { Audience = null }) is { } tooLong && audience is null)
            return (null, tooLong);

        using var request = new HttpRequestMessage();
        await http.GetEndpoint()!.Metadata.GetRequiredMetadata<RouteModel>().Transformer.TransformRequestAsync(http, request, Backend, http.RequestAborted);
        if (http.Features.Get<Problem>() is { } trouble)
            return (null, trouble);

        var headers = request.Headers.NonValidated.Where(header => header.Value.Any(value => value.Length > 0)).ToDictionary(header => header.Key, header => string.Join(", ", header.Value), StringComparer.OrdinalIgnoreCase);
        if (audience is not null)
            headers[IdentityHeaders.AssertionHeader] = $"(a signed assertion for {audience})";
        return (new(written.ClusterId!, request.RequestUri!.OriginalString[Backend.Length..], headers), null);
    }
}
