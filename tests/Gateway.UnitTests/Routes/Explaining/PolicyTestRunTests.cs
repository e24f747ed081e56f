using Gateway.Routes.Explaining;

namespace Gateway.UnitTests.Routes.Explaining;

/// <summary>Tests in the configuration: what is wrong with one, what one says that does not hold, and what none touches.</summary>
public sealed class PolicyTestRunTests
{
    private const string Policies = """
        "staff": { "Roles": ["clerk", "admin"] }, "money": { "AllOf": ["staff", { "MaxAuthAge": "00:15:00" }] },
        "watched": { "Roles": ["admin"], "Shadow": true }, "unused": "role:x"
        """;

    private const string Routes = """
        "open":    { "ClusterId": "shop", "Match": { "Path": "/open" }, "AuthorizationPolicy": "anonymous" },
        "orders":  { "ClusterId": "shop", "Match": { "Path": "/orders/{**rest}" }, "AuthorizationPolicy": "staff" },
        "rest":    { "ClusterId": "shop", "Match": { "Path": "/rest" } },
        "money":   { "ClusterId": "shop", "Match": { "Path": "/money" }, "AuthorizationPolicy": "money" },
        "watched": { "ClusterId": "shop", "Match": { "Path": "/watched" }, "AuthorizationPolicy": "watched" }
        """;

    [Theory]
    [InlineData("""{ "Request": "GET /orders/1", "Expect": 401 }""")]
    [InlineData("""{ "Request": "GET /orders/1", "As": null, "Expect": 401, "Code": "token_missing", "Route": "Orders" }""")]
    [InlineData("""{ "Request": "GET /orders/1", "As": { "roles": ["clerk"] }, "Expect": 200 }""")]
    [InlineData("""{ "Request": "GET /orders/1", "As": { "roles": "guest admin" }, "Expect": 200 }""")]
    [InlineData("""{ "Request": "GET /orders/1", "As": { "roles": [] }, "Expect": 403 }""")]
    [InlineData("""{ "Request": "GET /money", "As": { "roles": ["clerk"], "auth_time": "-00:20:00" }, "Expect": 401, "Code": "insufficient_user_authentication" }""")]
    [InlineData("""{ "Request": "GET /money", "As": { "roles": ["clerk"], "auth_time": 1772366400 }, "Expect": 200 }""")]
    [InlineData("""{ "Request": "GET /watched", "Expect": 200 }""")]
    [InlineData("""{ "Request": "GET /nowhere", "Expect": 404 }""")]
    public async Task One_that_holds_says_nothing(string test)
    {
        await using var gateway = Gateway(test);

        Assert.Empty(await gateway.ErrorsAsync());
        Assert.Null(Assert.Single(await gateway.TestAsync()).Failure);
    }

    [Theory]
    [InlineData("""{ "Request": "GET /orders/1", "As": { "roles": ["clerk"] }, "Expect": 403 }""", "GET /orders/1 as roles=clerk: expected 403, got 200 (passes) by route orders, policy staff: role: clerk or admin is met.")]
    [InlineData("""{ "Request": "GET /orders/1", "As": { "roles": ["guest"], "tenant": "acme" }, "Expect": 200 }""", "GET /orders/1 as roles=guest claim.tenant=acme: expected 200, got 403 policy_denied by route orders, policy staff: role: clerk or admin is not met.")]
    [InlineData("""{ "Request": "GET /orders/1", "Expect": 200 }""", "GET /orders/1 as nobody: expected 200, got 401 token_missing by route orders, policy staff: Nobody is signed in.")]
    [InlineData("""{ "Request": "GET /orders/1", "Expect": 401, "Code": "token_invalid" }""", "GET /orders/1 as nobody: expected 401 token_invalid, got 401 token_missing by route orders, policy staff: Nobody is signed in.")]
    [InlineData("""{ "Request": "GET /rest", "As": { "user": "anna" }, "Expect": 200, "Route": "orders" }""", "GET /rest as user=anna: expected 200 by route orders, got 200 (passes) by route rest, policy authenticated: Whoever is signed in may pass.")]
    [InlineData("""{ "Request": "GET /open", "Expect": 401 }""", "GET /open as nobody: expected 401, got 200 (passes) by route open, policy anonymous: The route is for everybody; who asks is neither looked at nor told.")]
    [InlineData("""{ "Request": "GET /watched", "Expect": 401 }""", "GET /watched as nobody: expected 401, got 200 (passes) by route watched, policy watched: The policy only watches. It would refuse this: a signed-in user is not met.")]
    [InlineData("""{ "Request": "GET /nowhere", "Expect": 200 }""", "GET /nowhere as nobody: expected 200, got 404 route_not_found: No route matches this address.")]
    [InlineData("""{ "Request": "GET /open%2Fx", "Expect": 200 }""", "GET /open%2Fx as nobody: expected 200, got 400 request_refused: The path hides a slash in a percent escape.")]
    [InlineData("""{ "Request": "POST /auth/login", "Expect": 401 }""", "POST /auth/login as nobody: expected 401, got an answer of the gateway's own: The address is the gateway's own: an endpoint of its answers, and nothing is ever forwarded from there.")]
    public async Task One_that_does_not_hold_says_what_was_expected_what_came_and_what_decided(string test, string expected)
    {
        await using var gateway = Gateway($$"""{ "Request": "GET /open", "Expect": 200 }, {{test}}""");

        var results = await gateway.TestAsync();

        Assert.Equal([null, $"Gateway:PolicyTests:1: {expected} Correct the policy, the route or the test."], results.Select(result => result.Failure));
    }

    [Theory]
    [InlineData("""{ "Request": "GET /", "Expect": 200, "Expct": 1 }""", "Gateway:PolicyTests:0:Expct: this key does not exist. It must be one of As, Code, Expect, From, Headers, Host, Request, Route (did you mean 'Expect'?).")]
    [InlineData("""{ "Request": "/orders/1", "Expect": 200 }""", "Gateway:PolicyTests:0:Request: '/orders/1' is not a request. It must be a method, one space, and a path or URL as it is sent, such as GET /orders/1.")]
    [InlineData("""{ "Request": "GET /" }""", "Gateway:PolicyTests:0:Expect: is missing. It must be the status that the gateway decides on: 200, 204, 400, 401, 403, 404, 405, 431, where 200 means that it passes to the backend.")]
    [InlineData("""{ "Request": "GET /", "Expect": 302 }""", "Gateway:PolicyTests:0:Expect: 302 is nothing that a test can expect. It must be the status that the gateway decides on: 200, 204, 400, 401, 403, 404, 405, 431, where 200 means that it passes to the backend.")]
    [InlineData("""{ "Request": "GET /", "Expect": "all" }""", "Gateway:PolicyTests:0:Expect: 'all' is not a whole number.")]
    [InlineData("""{ "Request": "GET /", "Expect": 403, "Code": "denied" }""", "Gateway:PolicyTests:0:Code: 'denied' is no code that a test can expect. It must be one of invalid_request, request_refused, token_missing, token_invalid, insufficient_user_authentication, policy_denied, insufficient_scope, route_not_found.")]
    [InlineData("""{ "Request": "GET /", "Expect": 200, "Code": "policy_denied" }""", "Gateway:PolicyTests:0:Code: stands beside 200, which is no refusal and has none. Remove it.")]
    [InlineData("""{ "Request": "GET /", "Expect": 200, "Route": "order" }""", "Gateway:PolicyTests:0:Route: 'order' is not defined. It must be a name under ReverseProxy:Routes (did you mean 'orders'?).")]
    [InlineData("""{ "Request": "GET /", "Expect": 200, "Host": "a b" }""", "Gateway:PolicyTests:0:Host: 'a b' is not a host. It must be as clients send it, such as app.example.com or localhost:8080.")]
    [InlineData("""{ "Request": "GET /", "Expect": 200, "From": "1" }""", "Gateway:PolicyTests:0:From: '1' is not an address. It must be one of IPv4 or IPv6, such as 10.0.0.1.")]
    [InlineData("""{ "Request": "GET /", "Expect": 200, "Headers": { "a b": "c" } }""", "Gateway:PolicyTests:0:Headers: 'a b: c' is not a header. It must be a name and a value, such as X-Tenant: acme.")]
    [InlineData("""{ "Request": "GET /", "Expect": 200, "Headers": { "Authorization": "Bearer x" } }""", "Gateway:PolicyTests:0:Headers: the header Authorization holds a credential, which is not looked at here. Say who asks instead.")]
    [InlineData("""{ "Request": "GET /", "Expect": 200, "As": "clerk" }""", "Gateway:PolicyTests:0:As: 'clerk' is a text. It must be an object of claims, such as { \"roles\": [\"clerk\"] }, or null for nobody.")]
    [InlineData("""{ "Request": "GET /", "Expect": 200, "As": { "Roles": ["a"] } }""", "Gateway:PolicyTests:0:As:Roles: this claim is no word that is known, and looks like one (did you mean 'roles'?).")]
    [InlineData("""{ "Request": "GET /", "Expect": 200, "As": { "issuer": "https://a.example" } }""", "Gateway:PolicyTests:0:As:issuer: 'https://a.example' is no issuer whose tokens are believed. It must be one of https://app.example.com.")]
    [InlineData("""{ "Request": "GET /", "Expect": 200, "As": { "auth_time": "20 minutes" } }""", "Gateway:PolicyTests:0:As:auth_time: '20 minutes' is no time of a login. It must be seconds since 1970, now, or a duration relative to now such as -00:20:00.")]
    public async Task A_wrong_value_of_every_key_is_said_with_fact_rule_and_remedy(string test, string expected)
    {
        await using var gateway = Gateway(test);

        Assert.Equal(expected, Assert.Single(await gateway.ErrorsAsync()));
    }

    [Fact]
    public async Task Claims_that_no_token_could_have_fail_the_test()
    {
        await using var gateway = Gateway("""{ "Request": "GET /rest", "As": { "email": ["a@example.com"] }, "Expect": 200 }""");

        Assert.StartsWith("Gateway:PolicyTests:0:As: a token with these claims would not be read", Assert.Single(await gateway.TestAsync()).Failure);
    }

    [Fact]
    public async Task What_no_test_touches_is_named()
    {
        await using var gateway = Gateway("""{ "Request": "GET /money", "Expect": 401 }, { "Request": "GET /open", "Expect": 200 }, { "Request": "GET /nowhere", "Expect": 404 }""");

        var coverage = new Coverage(gateway.Rulebook, await gateway.TestAsync());

        Assert.Equal(["orders", "rest", "watched"], coverage.UntouchedRoutes);
        Assert.Equal(["unused", "watched"], coverage.UntouchedPolicies);
        Assert.Equal(
            """
            Policy tests touch 2 of 5 routes (40 %).
            No test touches the routes: orders, rest, watched
            Policy tests touch 2 of 4 policies (50 %).
            No test touches the policies: unused, watched
            """, coverage.ToString());
    }

    private static ExplainedGateway Gateway(string tests) => new($$""" "Policies": { {{Policies}} }, "PolicyTests": [ {{tests}} ] """, Routes);
}
