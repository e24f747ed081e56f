using System.Reflection;
using System.Text.Json;
using Gateway.Platform;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.UnitTests.Platform;

public sealed class ProblemTests
{
    /// <summary>The table of the HTTP contract. What may still come is in it too.</summary>
    private static readonly Dictionary<int, string[]> Contract = new()
    {
        [400] = ["invalid_request", "request_refused", "weak_password"],
        [401] = ["token_missing", "token_invalid", "token_expired", "token_revoked", "session_ended", "refresh_token_reused", "invalid_credentials", "insufficient_user_authentication"],
        [403] = ["policy_denied", "insufficient_scope", "csrf_failed", "account_disabled"],
        [404] = ["route_not_found"],
        [405] = ["request_refused"],
        [409] = ["username_taken"],
        [413] = ["request_refused"],
        [415] = ["request_refused"],
        [431] = ["request_refused"],
        [429] = ["rate_limited"],
        [502] = ["backend_unreachable"],
        [504] = ["backend_timeout"],
        [503] = ["busy", "revocation_stale", "store_unavailable"],
    };

    public static TheoryData<string> Catalogue => [.. All.Keys];

    [Theory]
    [MemberData(nameof(Catalogue))]
    public void Every_refusal_is_in_the_contract(string name) =>
        Assert.Contains(All[name].Code, Contract[All[name].Status]);

    [Fact]
    public void Every_code_of_the_contract_can_be_answered() =>
        Assert.Empty(Contract.Values.SelectMany(codes => codes).Except(All.Values.Select(p => p.Code)));

    [Theory]
    [MemberData(nameof(Catalogue))]
    public void Who_you_are_brings_a_challenge_and_our_own_trouble_a_time_to_return(string name)
    {
        var problem = All[name];

        Assert.Equal(problem.Status is 401 || problem.Code == "insufficient_scope", problem.Challenge is not null);
        Assert.Equal(problem.Status is 503 or 429, problem.RetryAfter > 0);
    }

    [Theory]
    [MemberData(nameof(Catalogue))]
    public void A_refusal_is_written_for_people(string name)
    {
        var problem = All[name];

        Assert.NotEmpty(problem.Title);
        Assert.EndsWith(".", problem.Detail);
        Assert.DoesNotContain('\n', problem.Detail);
    }

    [Theory]
    [InlineData("token_missing", "Bearer")]
    [InlineData("token_invalid", "Bearer error=\"invalid_token\"")]
    [InlineData("token_expired", "Bearer error=\"invalid_token\"")]
    [InlineData("token_revoked", "Bearer error=\"invalid_token\"")]
    [InlineData("session_ended", "Bearer error=\"invalid_token\"")]
    public void Challenge_names_an_error_only_where_a_credential_was_sent(string code, string challenge) =>
        Assert.Equal(challenge, All.Values.First(p => p.Code == code).Challenge);

    [Fact]
    public void Insufficient_scope_says_which_is_needed() =>
        Assert.Equal("Bearer error=\"insufficient_scope\", scope=\"orders:read orders:write\"", Problems.InsufficientScope("orders:read orders:write").Challenge);

    [Theory]
    [InlineData(900L, "Bearer error=\"insufficient_user_authentication\", error_description=\"A more recent login is required\", max_age=\"900\"")]
    [InlineData(null, "Bearer error=\"insufficient_user_authentication\", error_description=\"More than one factor is required\"")]
    public void A_login_that_does_not_do_is_said_as_standardized(long? maxAge, string challenge) =>
        Assert.Equal(challenge, Problems.InsufficientAuthentication("Log in again.", "requirement", maxAge).Challenge);

    [Fact]
    public async Task A_refusal_is_problem_json_that_nobody_stores()
    {
        var http = Http("GET");

        await Problems.TokenMissing.ExecuteAsync(http);

        Assert.Equal(401, http.Response.StatusCode);
        Assert.Equal("application/problem+json", http.Response.ContentType);
        Assert.Equal("no-store", http.Response.Headers.CacheControl);
        Assert.Equal("Bearer", http.Response.Headers.WWWAuthenticate);
        Assert.False(http.Response.Headers.ContainsKey("Retry-After"));
        var body = Body(http);
        Assert.Equal(["type", "title", "status", "code", "detail", "decision"], body.EnumerateObject().Select(m => m.Name));
        Assert.Equal("token_missing", body.GetProperty("code").GetString());
        Assert.Equal(401, body.GetProperty("status").GetInt32());
        Assert.Equal(http.Response.ContentLength, http.Response.Body.Length);
    }

    [Fact]
    public async Task Each_refusal_has_a_decision_id_of_its_own()
    {
        var (one, other) = (Http("GET"), Http("GET"));

        await Problems.Busy.ExecuteAsync(one);
        await Problems.Busy.ExecuteAsync(other);

        Assert.Matches("^[0-9a-f]{16}$", Body(one).GetProperty("decision").GetString());
        Assert.NotEqual(Body(one).GetProperty("decision").GetString(), Body(other).GetProperty("decision").GetString());
        Assert.Equal("1", one.Response.Headers.RetryAfter);
    }

    [Fact]
    public async Task Requirement_is_for_the_log_alone()
    {
        var http = Http("GET");

        await Problems.PolicyDenied("role: secret-society").ExecuteAsync(http);

        Assert.DoesNotContain("secret-society", Body(http).GetRawText());
    }

    [Fact]
    public async Task Head_gets_the_headers_alone()
    {
        var http = Http("HEAD");

        await Problems.RouteNotFound.ExecuteAsync(http);

        Assert.Equal(404, http.Response.StatusCode);
        Assert.True(http.Response.ContentLength > 0);
        Assert.Equal(0, http.Response.Body.Length);
    }

    private static Dictionary<string, Problem> All { get; } = Collect();

    private static Dictionary<string, Problem> Collect()
    {
        const BindingFlags Static = BindingFlags.Static | BindingFlags.Public;
        var all = typeof(Problems).GetFields(Static).Where(f => f.FieldType == typeof(Problem)).ToDictionary(f => f.Name, f => (Problem)f.GetValue(null)!);
        foreach (var method in typeof(Problems).GetMethods(Static).Where(m => m.ReturnType == typeof(Problem)))
            all.Add(method.Name, (Problem)method.Invoke(null, [.. method.GetParameters().Select(p => p.HasDefaultValue ? p.DefaultValue : p.ParameterType == typeof(int) ? 7 : "A sentence.")])!);
        return all;
    }

    private static DefaultHttpContext Http(string method)
    {
        var http = new DefaultHttpContext { RequestServices = new ServiceCollection().AddLogging().BuildServiceProvider() };
        http.Request.Method = method;
        http.Response.Body = new MemoryStream();
        return http;
    }

    private static JsonElement Body(HttpContext http)
    {
        http.Response.Body.Position = 0;
        return JsonDocument.Parse(http.Response.Body).RootElement;
    }
}
