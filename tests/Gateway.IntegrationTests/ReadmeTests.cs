using System.Text.RegularExpressions;
using Gateway.Admin;

namespace Gateway.IntegrationTests;

/// <summary>The README is followed, not believed: what it shows is taken from it and done.</summary>
public sealed partial class ReadmeTests(Newcomer newcomer) : IClassFixture<Newcomer>, IDisposable
{
    private const string Password = TestGateway.Password;

    private readonly Caller nobody = Caller.Anonymous(newcomer.Url);

    public void Dispose()
    {
        nobody.Dispose();
        newcomer.Service.Forget();
    }

    [Fact]
    public async Task First_administrator_comes_from_the_command_line_and_reaches_what_staff_may()
    {
        var command = Newcomer.Chapter.Commands.Single(c => c.Contains("users add"));
        var (name, path) = (UserAdded().Match(command).Groups[1].Value, PathOf("staff"));

        (await newcomer.TypeAsync(command, ("PASSWORD", Password))).AssertSucceeded();

        var admin = await LogInAsync(name);
        Assert.Equal(HttpStatusCode.OK, (await admin.GetAsync(path)).StatusCode);
        await (await (await SignUpAsync("not-" + name)).GetAsync(path)).AssertRefusedAsync(403, "policy_denied");
    }

    [Fact]
    public async Task Routes_of_the_example_mean_what_the_text_says()
    {
        var anna = await SignUpAsync("anna");
        newcomer.Service.Forget();

        Assert.Equal(HttpStatusCode.OK, (await nobody.GetAsync(PathOf("anonymous"))).StatusCode);
        await (await nobody.GetAsync(PathOf(null))).AssertRefusedAsync(401, "token_missing");
        Assert.Equal(HttpStatusCode.OK, (await anna.GetAsync(PathOf(null))).StatusCode);

        Assert.Equal([PathOf("anonymous"), PathOf(null)], newcomer.Service.Requests.Select(r => r.Target));
    }

    [Fact]
    public async Task Service_gets_the_headers_of_the_table_and_no_others_of_ours()
    {
        var named = Newcomer.Chapter.Table.SelectMany(row => Document.Code(row[0])).ToArray();
        await SignUpAsync("berta");
        (await newcomer.TypeAsync("dotnet Gateway.dll users set berta --role user --email berta@example.com --config gateway.json")).AssertSucceeded();
        var berta = await LogInAsync("berta");
        var spoofed = named.Select(header => (header.Replace('-', '_'), "spoofed")).ToArray();
        newcomer.Service.Forget();

        await SendAsync(berta, new(HttpMethod.Get, PathOf(null)), spoofed);

        var headers = newcomer.Service.Request.Headers;
        var claims = Jwt.Payload(berta.Session.AccessToken);
        Assert.Equal(
            [berta.Session.User.Id, "berta", "user", "berta@example.com", berta.Session.SessionId, (string)claims["jti"]!],
            ((string[])["X-User-Id", "X-User-Name", "X-User-Roles", "X-User-Email", "X-Session-Id", "X-Token-Id"]).Select(name => headers[name]));
        Assert.Equal(named.Order(), headers.All.Select(h => h.Name).Where(name => name.StartsWith("X-", StringComparison.Ordinal) && !name.StartsWith("X-Forwarded-", StringComparison.Ordinal)).Order());
    }

    [Fact]
    public async Task Email_is_told_once_it_is_verified()
    {
        var header = Document.Code(Newcomer.Chapter.Table.Single(row => row[1].Contains("e-mail"))[0]).Single();
        var clara = await SignUpAsync("clara", "clara@example.com");

        await clara.GetAsync(PathOf(null));

        Assert.False(newcomer.Service.Requests[^1].Headers.Has(header));
    }

    [Fact]
    public async Task Addresses_that_clients_call_answer_as_the_table_says()
    {
        var addresses = new Addresses(nobody);

        var dora = await addresses.SessionAsync("POST /auth/signup", HttpStatusCode.Created);
        await addresses.SessionAsync("POST /auth/login", HttpStatusCode.OK);
        await addresses.CookieAsync("POST /auth/login");
        var next = await addresses.SessionAsync("POST /auth/refresh", HttpStatusCode.OK, dora.RefreshToken);
        await addresses.SessionAsync("POST /auth/refresh", HttpStatusCode.OK, next.RefreshToken);
        await (await addresses.SendAsync("POST /auth/refresh", dora.RefreshToken)).AssertRefusedAsync(401, "refresh_token_reused");
        foreach (var scope in addresses.ScopesOf("POST /auth/logout"))
        {
            var caller = Bearing(await addresses.SessionAsync("POST /auth/login", HttpStatusCode.OK));
            Assert.Equal(HttpStatusCode.NoContent, (await caller.PostAsync($"/auth/logout?scope={scope}", null)).StatusCode);
            Assert.Equal(scope == "others" ? HttpStatusCode.OK : HttpStatusCode.Unauthorized, (await caller.GetAsync("/auth/me")).StatusCode);
        }

        var (here, there) = (Bearing(await addresses.SessionAsync("POST /auth/login", HttpStatusCode.OK)), await addresses.SessionAsync("POST /auth/login", HttpStatusCode.OK));
        Assert.Equal("dora", (string)(await (await addresses.SendAsync("GET /auth/me", here)).ReadJsonAsync())["user"]!["username"]!);
        Assert.Contains(there.SessionId, await (await addresses.SendAsync("GET /auth/sessions", here)).Content.ReadAsStringAsync());
        Assert.Equal(HttpStatusCode.NoContent, (await addresses.SendAsync("DELETE /auth/sessions/{id}", here, there.SessionId)).StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, (await addresses.SendAsync("POST /auth/password", here, """{"current_password":"correct horse battery","new_password":"another good password"}""")).StatusCode);
        Assert.NotEmpty((await (await addresses.SendAsync("GET /.well-known/jwks.json", nobody)).ReadJsonAsync())["keys"]!.AsArray());
        Assert.EndsWith("/.well-known/jwks.json", (string)(await (await addresses.SendAsync("GET /.well-known/oauth-authorization-server", nobody)).ReadJsonAsync())["jwks_uri"]!);

        Assert.Empty(addresses.NotCalled);
        Assert.DoesNotContain(newcomer.Service.Requests, r => r.Target.StartsWith("/auth", StringComparison.Ordinal) || r.Target.StartsWith("/.well-known", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Operators_commands_run_beside_the_gateway_and_reach_it()
    {
        var emil = await SignUpAsync("emil");
        Dictionary<string, string> arguments = new()
        {
            ["users add"] = " frida --password-stdin <<< '" + Password + "'",
            ["users set"] = " frida --role staff",
            ["users disable"] = " emil",
        };

        foreach (var command in Document.Readme.Section("For operators").Commands.SelectMany(Alternatives))
            (await newcomer.TypeAsync(command + arguments.GetValueOrDefault(command.Replace("dotnet Gateway.dll ", "")))).AssertSucceeded();

        Assert.Equal(["staff"], (await LogInAsync("frida")).Session.User.Roles);
        await Eventually.IsAsync(() => emil.GetAsync(PathOf(null)), answer => answer.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden);
        await Eventually.IsAsync(async () => (await (await nobody.GetAsync("/.well-known/jwks.json")).ReadJsonAsync())["keys"]!.AsArray().Count, keys => keys == 2);
    }

    [Fact]
    public void Backup_finds_the_database_and_its_secret_where_the_text_says()
    {
        var suffix = Document.Code(Document.Readme.Section("For operators").Text).Single(code => code.StartsWith("<database>", StringComparison.Ordinal)).Replace("<database>", "");

        Assert.Single(newcomer.Files, file => newcomer.Files.Contains(file + suffix));
    }

    [Fact]
    public void Management_address_is_the_default_that_the_text_gives() =>
        Assert.Contains(new ManagementOptions().Url, Document.Code(Document.Readme.Section("For operators").Text));

    /// <summary>A path that the example's route with this policy answers.</summary>
    private static string PathOf(string? policy)
    {
        var routes = JsonNode.Parse(Newcomer.Chapter.Json)!["ReverseProxy"]!["Routes"]!.AsObject();
        return ((string)routes.Single(r => (string?)r.Value!["AuthorizationPolicy"] == policy).Value!["Match"]!["Path"]!).Replace("{**rest}", "some/page");
    }

    private async Task<Caller> SignUpAsync(string name, string? email = null) =>
        Bearing(await (await nobody.PostAsJsonAsync("/auth/signup", new { username = name, password = Password, email })).ReadAsync<Session>(HttpStatusCode.Created));

    private async Task<Caller> LogInAsync(string name) =>
        Bearing(await (await nobody.PostAsJsonAsync("/auth/login", new { username = name, password = Password })).ReadAsync<Session>(HttpStatusCode.OK));

    private Caller Bearing(Session session) => Caller.Bearing(newcomer.Url, session.AccessToken, session);

    private static Task<HttpResponseMessage> SendAsync(Caller caller, HttpRequestMessage request, IEnumerable<(string Name, string Value)> headers)
    {
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        return caller.SendAsync(request);
    }

    /// <summary>"keys list|rotate" are two commands.</summary>
    private static IEnumerable<string> Alternatives(string command) =>
        Choice().Match(command) is { Success: true } choice ? choice.Value.Split('|').Select(word => command.Replace(choice.Value, word)) : [command];

    [GeneratedRegex(@"users add (\S+)")]
    private static partial Regex UserAdded();

    [GeneratedRegex(@"\w+(\|\w+)+")]
    private static partial Regex Choice();
}
