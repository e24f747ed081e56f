using Gateway.Routes.Explaining;
using Outcome = Gateway.Routes.Explaining.Outcome;

namespace Gateway.UnitTests.Routes.Explaining;

/// <summary>An explanation says what the gateway would do, and why.</summary>
public sealed class ExplanationTests
{
    private const string Settings = """
        "Policies": {
          "staff":   { "Roles": ["clerk", "admin"] },
          "both":    { "AnyOf": [ { "Roles": ["admin"] }, { "Scopes": ["support"], "Networks": ["10.0.0.0/8"] } ] },
          "money":   { "Roles": ["clerk"], "MaxAuthAge": "00:15:00" },
          "strong":  { "Mfa": true },
          "welcome": { "Anonymous": true },
          "watched": { "Roles": ["admin"], "Shadow": true },
          "tenant":  { "Claims": { "org.tenant": ["acme"], "beta": ["true"] } },
          "partner": { "Issuers": ["https://login.example.com/"], "Roles": ["buyer"] }
        },
        "Cors": { "app": { "Origins": ["https://pages.example.com"], "Methods": ["PUT"] } },
        "Tokens": { "TrustedIssuers": [ { "Issuer": "https://login.example.com/", "Audiences": ["shop"], "RolesClaim": "realm.groups", "Roles": ["buyer"], "SubjectPrefix": "partner:" } ] },
        "Identity": { "Headers": { "X-Tenant": "org.tenant" } }
        """;

    private const string Routes = """
        "open":    { "ClusterId": "shop", "Match": { "Path": "/open/{**rest}" }, "AuthorizationPolicy": "anonymous" },
        "orders":  { "ClusterId": "shop", "Match": { "Path": "/orders/{**rest}" } },
        "order":   { "ClusterId": "shop", "Match": { "Path": "/orders/{id:int}", "Methods": ["POST"] }, "AuthorizationPolicy": "staff" },
        "both":    { "ClusterId": "shop", "Match": { "Path": "/both" }, "AuthorizationPolicy": "both" },
        "money":   { "ClusterId": "shop", "Match": { "Path": "/money" }, "AuthorizationPolicy": "money" },
        "strong":  { "ClusterId": "shop", "Match": { "Path": "/strong" }, "AuthorizationPolicy": "strong" },
        "welcome": { "ClusterId": "shop", "Match": { "Path": "/welcome" }, "AuthorizationPolicy": "welcome" },
        "watched": { "ClusterId": "shop", "Match": { "Path": "/watched" }, "AuthorizationPolicy": "watched" },
        "tenant":  { "ClusterId": "shop", "Match": { "Path": "/tenant" }, "AuthorizationPolicy": "tenant" },
        "partner": { "ClusterId": "shop", "Match": { "Path": "/partner" }, "AuthorizationPolicy": "partner" },
        "inline":  { "ClusterId": "shop", "Match": { "Path": "/inline" }, "AuthorizationPolicy": "scope:orders:read user:anna" },
        "app":     { "ClusterId": "shop", "Match": { "Path": "/app/{**rest}", "Methods": ["PUT"] }, "CorsPolicy": "app", "Metadata": { "Assertion": "true" }, "Transforms": [ { "PathRemovePrefix": "/app" } ] },
        "odd":     { "ClusterId": "shop", "Match": { "Path": "/odd", "Hosts": ["odd.example.com"], "Headers": [ { "Name": "X-Kind", "Values": ["a", "b"] } ], "QueryParameters": [ { "Name": "q", "Mode": "Exists" } ] } },
        "token":   { "ClusterId": "shop", "Match": { "Path": "/token" }, "Metadata": { "Credentials": "api-key" } }
        """;

    [Theory]
    [InlineData("GET /open/x", null, "passes 200 open")]
    [InlineData("GET /orders/1", null, "refused 401 token_missing orders")]
    [InlineData("GET /orders/1", "user=anna", "passes 200 orders")]
    [InlineData("POST /orders/1", "roles=guest", "refused 403 policy_denied order")]
    [InlineData("POST /orders/1", "roles=guest,clerk", "passes 200 order")]
    [InlineData("POST /orders/a", "roles=guest", "passes 200 orders")]
    [InlineData("GET /both", "roles=admin", "passes 200 both")]
    [InlineData("GET /both", "scope=support", "refused 403 policy_denied both")]
    [InlineData("GET /both from 10.1.2.3", "scope=support", "passes 200 both")]
    [InlineData("GET /money", "roles=clerk", "passes 200 money")]
    [InlineData("GET /money", "roles=clerk auth_time=now", "passes 200 money")]
    [InlineData("GET /money", "roles=clerk auth_time=-00:14:59", "passes 200 money")]
    [InlineData("GET /money", "roles=clerk auth_time=-00:15:01", "refused 401 insufficient_user_authentication money")]
    [InlineData("GET /money", "auth_time=-00:20:00", "refused 403 policy_denied money")]
    [InlineData("GET /strong", "amr=pwd", "refused 401 insufficient_user_authentication strong")]
    [InlineData("GET /strong", "amr=pwd,mfa", "passes 200 strong")]
    [InlineData("GET /strong", "mfa=true", "passes 200 strong")]
    [InlineData("GET /welcome", null, "passes 200 welcome")]
    [InlineData("GET /watched", null, "passes 200 watched")]
    [InlineData("GET /watched", "roles=guest", "passes 200 watched")]
    [InlineData("GET /tenant", "claim.org.tenant=acme claim.beta=true", "passes 200 tenant")]
    [InlineData("GET /tenant", "claim.org.tenant=acme", "refused 403 policy_denied tenant")]
    [InlineData("GET /tenant", "claim.tenant=acme claim.beta=true", "refused 403 policy_denied tenant")]
    [InlineData("GET /partner", "issuer=https://login.example.com/ roles=buyer", "passes 200 partner")]
    [InlineData("GET /partner", "issuer=https://login.example.com/ claim.role=buyer", "refused 403 policy_denied partner")]
    [InlineData("GET /partner", "roles=buyer", "refused 403 policy_denied partner")]
    [InlineData("GET /inline", "scope=orders:read user=anna", "passes 200 inline")]
    [InlineData("GET /inline", "user=anna", "refused 403 insufficient_scope inline")]
    [InlineData("GET /token", "user=anna", "refused 401 token_missing token")]
    [InlineData("GET /nowhere", "user=anna", "refused 404 route_not_found")]
    [InlineData("GET /app/x", "user=anna", "refused 405 request_refused")]
    [InlineData("TRACE /orders/1", null, "refused 405 request_refused")]
    [InlineData("GET /orders/../open/x", null, "passes 200 open")]
    [InlineData("GET /orders/%2e%2e/open/x", null, "passes 200 open")]
    [InlineData("GET /open/%2Forders", null, "refused 400 request_refused")]
    [InlineData("GET /open//x", null, "refused 400 request_refused")]
    [InlineData("GET /open/#x", null, "refused 400 request_refused")]
    [InlineData("GET /auth/me", null, "own")]
    [InlineData("DELETE /auth", null, "own")]
    [InlineData("GET /.well-known/jwks.json", null, "own")]
    [InlineData("GET http://odd.example.com/odd?q=1", "user=anna", "refused 404 route_not_found")]
    public async Task It_says_what_would_become_of_a_request(string request, string? who, string expected)
    {
        await using var gateway = new ExplainedGateway(Settings, Routes);
        var parts = request.Split(" from ");

        var told = await gateway.ExplainAsync(parts[0], who, parts.ElementAtOrDefault(1));

        Assert.Equal(expected, string.Join(' ', new[] { told.Outcome.ToString().ToLowerInvariant(), told.Status?.ToString(System.Globalization.CultureInfo.InvariantCulture), told.Code, told.Route }.OfType<string>()));
    }

    [Fact]
    public async Task Every_requirement_is_judged_by_itself()
    {
        await using var gateway = new ExplainedGateway(Settings, Routes);

        var told = await gateway.ExplainAsync("GET /both", "scope=support", "192.0.2.1");

        Assert.Equal(
            """
            + a signed-in user
            - (role: admin) or ((scope: support) and (network: 10.0.0.0/8))
              - role: admin
              - (scope: support) and (network: 10.0.0.0/8)
                + scope: support
                - network: 10.0.0.0/8
            """, string.Join('\n', told.Requirements.SelectMany(demand => Lines(demand, ""))));
        Assert.Equal(("both", told.Requirements[1].Text), (told.Policy, told.Requirement));
    }

    [Fact]
    public async Task Of_nobody_nothing_but_the_login_is_asked()
    {
        await using var gateway = new ExplainedGateway(Settings, Routes);

        var told = await gateway.ExplainAsync("GET /both");

        Assert.Equal([false, null], told.Requirements.Select(demand => demand.Met));
    }

    [Fact]
    public async Task What_a_policy_that_only_watches_would_say_is_said()
    {
        await using var gateway = new ExplainedGateway(Settings, Routes);

        var told = await gateway.ExplainAsync("GET /watched", "roles=guest");

        Assert.Equal(new Spared(403, "policy_denied", "role: admin"), told.Shadow);
        Assert.Equal("The policy only watches. It would refuse this: role: admin is not met.", told.Reason);
    }

    [Fact]
    public async Task The_backend_gets_the_headers_of_the_identity_the_forwarded_path_and_nothing_that_claims_to_be_ours()
    {
        await using var gateway = new ExplainedGateway(Settings, Routes);

        var told = await gateway.ExplainAsync("GET /orders/%41?a=%2f&b", "user=José sub=7 roles=a,b claim.email=j@example.com claim.org.tenant=acme", null, "X-User-Id: root", "X_User_Roles: admin", "Accept: text/plain", "Cookie: a=b", "Authorization: Basic eA==");

        Assert.Equal(("shop", "/orders/A?a=%2f&b"), (told.Backend!.Cluster, told.Backend.Path));
        Assert.Equal(
            """
            Accept: text/plain
            Cookie: a=b
            X-Forwarded-Host: app.example.com
            X-Forwarded-Proto: https
            X-Session-Id: a-session-id
            X-Tenant: acme
            X-Token-Id: a-token-id
            X-User-Email: j@example.com
            X-User-Id: 7
            X-User-Name: Jos%C3%A9
            X-User-Roles: a,b
            """, string.Join('\n', told.Backend.Headers.OrderBy(header => header.Key, StringComparer.Ordinal).Select(header => $"{header.Key}: {header.Value}")));
    }

    [Fact]
    public async Task An_assertion_is_said_to_be_there_and_never_signed()
    {
        await using var gateway = new ExplainedGateway(Settings, Routes);      // which has no keys: to sign would throw

        var told = await gateway.ExplainAsync("PUT /app/a/b?c", "user=anna");

        Assert.Equal("/a/b?c", told.Backend!.Path);
        Assert.Equal("(a signed assertion for shop)", told.Backend.Headers["X-Gateway-Assertion"]);
    }

    [Fact]
    public async Task Roles_that_no_header_holds_are_refused_as_the_gateway_would()
    {
        await using var gateway = new ExplainedGateway(Settings, Routes);

        var told = await gateway.ExplainAsync("GET /orders/1", "roles=" + string.Join(',', Enumerable.Range(0, 1000).Select(i => "role" + i)));

        Assert.Equal((Outcome.Refused, 431), (told.Outcome, told.Status));
    }

    [Fact]
    public async Task A_preflight_is_answered_by_the_gateway()
    {
        await using var gateway = new ExplainedGateway(Settings, Routes);

        var told = await gateway.ExplainAsync("OPTIONS /app/x", null, null, "Origin: https://pages.example.com", "Access-Control-Request-Method: PUT");

        Assert.Equal((Outcome.Preflight, 204, "app", "app"), (told.Outcome, told.Status, told.Route, told.CorsPolicy));
    }

    [Theory]
    [InlineData("GET /orders/1", "order: it answers POST, and not GET")]
    [InlineData("POST /orders/1", "orders: its path matches too, but order goes before it")]
    [InlineData("POST /orders/x", "order: its {id} must be int, and 'x' is not")]
    [InlineData("GET /app/x", "app: it answers PUT, and not GET")]
    [InlineData("GET /odd", "odd: it answers the host odd.example.com, and not app.example.com; it wants the header X-Kind (ExactHeader: a, b); it wants the query's q")]
    [InlineData("GET http://odd.example.com/odd?q=1", "odd: it wants the header X-Kind (ExactHeader: a, b)")]
    [InlineData("GET /nowhere", "")]
    public async Task Routes_that_almost_matched_say_what_came_in_the_way(string request, string expected)
    {
        await using var gateway = new ExplainedGateway(Settings, Routes);

        var told = await gateway.ExplainAsync(request, "user=anna");

        Assert.Equal(expected, string.Join('\n', told.Almost.Select(miss => $"{miss.Route}: {miss.Reason}")));
    }

    [Fact]
    public async Task In_words_it_names_route_policy_and_what_is_missing()
    {
        await using var gateway = new ExplainedGateway(Settings, Routes);

        var text = ExplanationText.Of(await gateway.ExplainAsync("POST /orders/1", "roles=guest"));

        Assert.Equal(
            """
            POST /orders/1 at app.example.com, as roles=guest
            Refused: 403 policy_denied. role: clerk or admin is not met.

            Route    order (/orders/{id:int})
            Policy   staff
              met    a signed-in user
              MISSED role: clerk or admin

            Almost
              orders (/orders/{**rest}): its path matches too, but order goes before it

            """, text);
    }

    private static IEnumerable<string> Lines(Demand demand, string indent) =>
        demand.Parts.SelectMany(part => Lines(part, indent + "  ")).Prepend($"{indent}{(demand.Met is true ? "+" : "-")} {demand.Text}");
}
