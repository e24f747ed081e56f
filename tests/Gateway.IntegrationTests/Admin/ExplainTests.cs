using Gateway.Accounts;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.IntegrationTests.Admin;

/// <summary>An operator asks a running gateway why somebody was refused.</summary>
public sealed class AskedGateway : TestGateway
{
    private Caller? operatorAtWork;

    protected override void Configure(SettingsFile settings) => settings
        .Set("Gateway:Policies:staff", new JsonObject { ["Roles"] = new JsonArray("staff") })
        .Route("staff", "/staff/{**rest}", "staff");

    public async Task<Caller> OperatorAsync()
    {
        if (operatorAtWork is not null)
            return operatorAtWork;

        using var _ = await SignUpAsync("root");
        await GiveAsync("root", "admin");
        return operatorAtWork = Caller.Bearing(ManagementUrl, (await LogInAsync("root")).Session.AccessToken);
    }

    public Task GiveAsync(string name, params string[] roles) => AdministerAsync(name, (users, user) => users.SetAsync(user, new(roles, [], null, null, false), default));

    public Task DisableAsync(string name) => AdministerAsync(name, (users, user) => users.DisableAsync(user, default));

    private async Task AdministerAsync(string name, Func<UserAdministration, User, Task> act)
    {
        await using var scope = Services.CreateAsyncScope();
        var users = scope.ServiceProvider.GetRequiredService<UserAdministration>();
        await act(users, (await users.FindAsync(name, default))!);
    }
}

public sealed class ExplainTests(AskedGateway gateway) : GatewayTests<AskedGateway>(gateway)
{
    [Fact]
    public async Task A_token_is_judged_as_the_gate_judges_it_and_never_shown()
    {
        var anna = await gateway.SignUpAsync("anna");
        var token = anna.Session.AccessToken;

        Assert.Equal("refused 403 policy_denied staff", await AskAsync(new() { ["request"] = "GET /staff/1", ["token"] = token }));
        Assert.Equal("passes 200 orders", await AskAsync(new() { ["request"] = "GET /orders/1", ["token"] = token }));

        await anna.PostAsync("/auth/logout", null);

        Assert.Equal("refused 401 token_revoked orders", await AskAsync(new() { ["request"] = "GET /orders/1", ["token"] = token }));
        Assert.Equal("refused 401 token_invalid orders", await AskAsync(new() { ["request"] = "GET /orders/1", ["token"] = token[..^8] + "AAAAAAAA" }));
    }

    [Fact]
    public async Task A_user_is_judged_by_what_the_database_says()
    {
        await gateway.SignUpAsync("berta");
        Assert.Equal("refused 403 policy_denied staff", await AskAsync(new() { ["request"] = "GET /staff/1", ["user"] = "Berta" }));

        await gateway.GiveAsync("berta", "staff");
        Assert.Equal("passes 200 staff", await AskAsync(new() { ["request"] = "GET /staff/1", ["user"] = "berta" }));

        await gateway.DisableAsync("berta");
        Assert.Equal("refused 403 account_disabled staff", await AskAsync(new() { ["request"] = "GET /staff/1", ["user"] = "berta" }));
        Assert.Equal("passes 200 open", await AskAsync(new() { ["request"] = "GET /open/1", ["user"] = "berta" }));
    }

    [Fact]
    public async Task Claims_may_be_made_up_in_the_body_or_in_the_query()
    {
        Assert.Equal("passes 200 staff", await AskAsync(new() { ["request"] = "GET /staff/1", ["as"] = new JsonObject { ["roles"] = new JsonArray("staff") } }));

        var answer = await (await gateway.OperatorAsync()).GetAsync("/admin/explain?request=GET%20/staff/1&as=roles%3Dguest&as=user%3Danna");

        var told = await answer.ReadJsonAsync();
        Assert.Equal("refused 403 policy_denied staff", Sum(told));
        Assert.Equal(("roles=guest user=anna", "role: staff"), ((string?)told["as"], (string?)told["requirement"]));
        Assert.Contains("no-store", answer.Headers.CacheControl!.ToString());
    }

    [Fact]
    public async Task Who_was_made_up_is_known_to_no_gate()
    {
        var told = await (await gateway.OperatorAsync()).PostAsJsonAsync("/admin/explain", new JsonObject { ["request"] = "GET /staff/1", ["as"] = new JsonObject { ["roles"] = "staff", ["user"] = "mallory" } });
        Assert.Equal("mallory", (string?)(await told.ReadJsonAsync())["backend"]!["headers"]!["X-User-Name"]);

        foreach (var token in (string[])["", "a-token-id", "a-session-id", "mallory"])
            Assert.StartsWith("HTTP/1.1 401", (await gateway.RawAsync("GET /staff/1", "Authorization: Bearer " + token)).StatusLine);
        Assert.Empty(gateway.Backend.Requests);
    }

    [Theory]
    [InlineData("""{}""")]
    [InlineData("""{"request":"orders"}""")]
    [InlineData("""{"request":"GET /x","token":"x","user":"y"}""")]
    [InlineData("""{"request":"GET /x","as":{"issuer":"https://nobody.example"}}""")]
    [InlineData("""{"request":"GET /x","as":{"email":1}}""")]
    [InlineData("""{"request":"GET /x","as":"roles=a"}""")]
    [InlineData("""{"request":"GET /x","user":"nobody-of-that-name"}""")]
    [InlineData("""{"request":"GET /x","from":"here"}""")]
    [InlineData("""{"request":"GET /x","headers":{"Authorization":"Bearer x"}}""")]
    [InlineData("""{"request":"GET /x","who":"me"}""")]
    public async Task A_wrong_question_is_refused_with_the_rule(string body)
    {
        var answer = await (await gateway.OperatorAsync()).PostJsonAsync("/admin/explain", body);

        await answer.AssertRefusedAsync(400, "invalid_request");
    }

    [Theory]
    [InlineData("")]
    [InlineData("?request=GET%20/x&token=x")]
    [InlineData("?request=GET%20/x&request=GET%20/y")]
    [InlineData("?request=GET%20/x&as=role%3Da")]
    [InlineData("?request=GET%20/x&header=a")]
    public async Task A_wrong_query_is_refused_with_the_rule(string query) =>
        await (await (await gateway.OperatorAsync()).GetAsync("/admin/explain" + query)).AssertRefusedAsync(400, "invalid_request");

    [Fact]
    public async Task Only_administrators_may_ask()
    {
        var somebody = Caller.Bearing(gateway.ManagementUrl, (await gateway.KeptAsync("clara")).Session.AccessToken);

        await (await somebody.GetAsync("/admin/explain?request=GET%20/staff/1")).AssertRefusedAsync(403, "policy_denied");
        await (await Caller.Anonymous(gateway.ManagementUrl).GetAsync("/admin/explain?request=GET%20/staff/1")).AssertRefusedAsync(401, "token_missing");
    }

    private async Task<string> AskAsync(JsonObject question)
    {
        var answer = await (await gateway.OperatorAsync()).PostAsJsonAsync("/admin/explain", question);
        var text = await answer.Content.ReadAsStringAsync();
        if ((string?)question["token"] is { } token)
            Assert.DoesNotContain(token, text);
        return Sum(await answer.ReadJsonAsync());
    }

    private static string Sum(JsonObject told) => string.Join(' ', new[] { told["outcome"], told["status"], told["code"], told["route"] }.OfType<JsonNode>().Select(part => part.ToString()));
}
