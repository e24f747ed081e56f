using Gateway.Routes.Explaining;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.IntegrationTests.Routes.Explaining;

/// <summary>A gateway with a route for each kind of rule, and another issuer whose tokens say whatever is wanted.</summary>
public sealed class ExplainedGateway : TestGateway
{
    public TestIssuer Issuer { get; } = new("https://login.example.com/");

    protected override void Configure(SettingsFile settings)
    {
        Folder.Write("keys.jwks", TestIssuer.Jwks(Issuer));
        var entry = Issuer.Entry();
        (entry["JwksFile"], entry["RolesClaim"], entry["Roles"], entry["SubjectPrefix"]) = ("keys.jwks", "realm.groups", new JsonArray("staff", "clerk"), "partner:");
        var rules = JsonNode.Parse("""
            {
              "staff": { "Roles": ["staff"] }, "scoped": { "Scopes": ["a", "b"] }, "strong": { "Mfa": true }, "recent": { "MaxAuthAge": "00:15:00" },
              "either": { "AnyOf": [ { "Roles": ["staff"] }, { "Scopes": ["a"], "Mfa": true } ] }, "others": { "Not": { "Roles": ["staff"] } },
              "inside": { "Networks": ["127.0.0.0/8"] }, "outside": { "Networks": ["10.0.0.0/8"] }, "tenant": { "Claims": { "org.tenant": ["acme"] } },
              "named": { "Users": ["partner:u-2"] }, "ours": { "Issuers": ["http://localhost:8080"] }, "visitors": { "Anonymous": true }, "watched": { "Roles": ["staff"], "Shadow": true }
            }
            """)!.AsObject();
        settings.Trust(entry).Set("Gateway:Policies", rules).Set("Gateway:Identity", new JsonObject { ["Headers"] = new JsonObject { ["X-Tenant"] = "org.tenant" } });
        foreach (var (rule, _) in rules)
            settings.Route(rule, $"/{rule}/{{**rest}}", rule);
        settings.Set("ReverseProxy:Routes:post", new JsonObject { ["ClusterId"] = "backend", ["Match"] = new JsonObject { ["Path"] = "/orders/{id:int}", ["Methods"] = new JsonArray("POST") }, ["AuthorizationPolicy"] = "staff" });
        settings.Set("ReverseProxy:Routes:moved", new JsonObject { ["ClusterId"] = "backend", ["Match"] = new JsonObject { ["Path"] = "/moved/{**rest}" }, ["Transforms"] = new JsonArray(new JsonObject { ["PathRemovePrefix"] = "/moved" }) });
    }

    internal async Task<Explanation> ExplainAsync(string request, JsonObject? said)
    {
        var question = Question.TryRead(request, Url.Authority, [], "127.0.0.1", out _)!;
        return (await Services.GetRequiredService<Explainers>().ExplainAsync(question, issuers => Task.FromResult(Services.GetRequiredService<Askers>().OfWords(said, issuers, out _)), TestContext.Current.CancellationToken))!;
    }
}

/// <summary>What an explanation says is what happens: the same question, asked and then sent.</summary>
public sealed class ExplainedTruthTests(ExplainedGateway gateway) : GatewayTests<ExplainedGateway>(gateway)
{
    private static readonly string[] Routes = ["staff", "scoped", "strong", "recent", "either", "others", "inside", "outside", "tenant", "named", "ours", "visitors", "watched", "orders", "open"];

    // In the words of TokenWords, beside issuer; and what a token of that issuer says for it.
    private static readonly (string? Said, string Signed)[] People =
    [
        (null, ""),
        ("{}", """{"auth_time":NOW}"""),
        ("""{"roles":["staff","root"],"sub":"u-2"}""", """{"realm":{"groups":["staff","root"]},"sub":"u-2","auth_time":NOW}"""),
        ("""{"roles":"clerk","scope":"a b","auth_time":"-00:20:00"}""", """{"realm":{"groups":"clerk"},"scope":"a b","auth_time":OLD}"""),
        ("""{"scope":"a","mfa":true,"user":"José"}""", """{"scope":"a","amr":["pwd","mfa"],"preferred_username":"José","auth_time":NOW}"""),
        ("""{"org":{"tenant":"acme"},"roles":["clerk"],"email":"a@example.com"}""", """{"org":{"tenant":"acme"},"realm":{"groups":["clerk"]},"email":"a@example.com","auth_time":NOW}"""),
        ("""{"user":"a\u0007b"}""", """{"preferred_username":"a\u0007b","auth_time":NOW}"""),
    ];

    [Fact]
    public async Task Every_route_treats_everybody_as_it_was_said()
    {
        foreach (var route in Routes)
        {
            foreach (var (said, signed) in People)
                await AssertAsync($"GET /{route}/1?a=%2f&b", said, signed);
        }
    }

    [Theory]
    [InlineData("POST /orders/1")]
    [InlineData("POST /orders/x")]
    [InlineData("GET /orders/1")]
    [InlineData("PUT /nowhere/1")]
    [InlineData("GET /moved/a/../b%20c?d=e")]
    [InlineData("GET /open/../staff/1")]
    [InlineData("GET /open/%2e%2e/staff/1")]
    [InlineData("GET /open/..;/staff/1")]
    [InlineData("GET /open/..%2fstaff/1")]
    [InlineData("GET /open/..%252fstaff")]
    [InlineData("GET /open/%41%7e%7E/%c3%a9")]
    [InlineData("GET /open//staff/1")]
    [InlineData("GET /open/\\staff")]
    [InlineData("GET /STAFF/1")]
    [InlineData("GET /staff;x=1/1")]
    [InlineData("GET /open/%00")]
    [InlineData("GET /open/%zz")]
    [InlineData("GET /open/#x")]
    [InlineData("TRACE /open/1")]
    [InlineData("track /open/1")]
    [InlineData("GET /auth/nothing")]
    [InlineData("GET /auth/%2e%2e/open/1")]
    public async Task Every_target_leads_where_it_was_said(string request)
    {
        foreach (var (said, signed) in People[..3])
            await AssertAsync(request, said, signed);
    }

    private async Task AssertAsync(string request, string? said, string signed)
    {
        var words = said is null ? null : JsonNode.Parse(said)!.AsObject();
        if (words is not null)
            words["issuer"] = gateway.Issuer.Issuer;
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        string[] headers = words is null ? [] : ["Authorization: Bearer " + gateway.Issuer.Token(JsonNode.Parse(signed.Replace("NOW", $"{now}").Replace("OLD", $"{now - 1200}"))!.AsObject())];

        var told = await gateway.ExplainAsync(request, words);
        gateway.Backend.Forget();
        var answer = await gateway.RawAsync(request, headers);

        var got = $"{request} as {said ?? "nobody"}: {answer.StatusLine} {answer.Body}; said was {told.Status} {told.Reason}";
        if (told.Outcome is Outcome.Own)
        {
            Assert.True(gateway.Backend.Requests.Count == 0, got);
            return;
        }

        Assert.True(told.Status == answer.Status, got);
        if (told.Code is not null && answer.Body.Length > 0)      // Kestrel says nothing about what it refuses itself
            Assert.True((string?)JsonNode.Parse(answer.Body)!["code"] == told.Code, got);
        Assert.True(told.Passes == (gateway.Backend.Requests.Count == 1), got);
        if (told.Backend is not { } backend)
            return;

        var sent = gateway.Backend.Request;
        Assert.Equal(backend.Path, sent.Target);
        string[] Identity(IEnumerable<(string Name, string Value)> all) => [.. all.Where(h => h.Name is "X-User-Id" or "X-User-Name" or "X-User-Email" or "X-User-Roles" or "X-Session-Id" or "X-Tenant").Select(h => $"{h.Name}: {h.Value}").Order().Where(h => words?["sub"] is not null || !h.StartsWith("X-User-Id", StringComparison.Ordinal) && (words?["user"] is not null || !h.StartsWith("X-User-Name", StringComparison.Ordinal)))];
        Assert.Equal(Identity(backend.Headers.Select(h => (h.Key, h.Value))), Identity(sent.Headers.All));
    }
}
