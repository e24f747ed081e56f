namespace Gateway.IntegrationTests.Platform;

/// <summary>Another configuration comes into force while serving, as a whole or not at all.</summary>
public sealed class ReloadTests
{
    [Fact]
    public async Task Another_policy_counts_for_the_next_request()
    {
        await using var gateway = await ReloadingGateway.StartAsync();
        using var bob = await gateway.SignInAsync("bob");
        var hash = gateway.StateOf().Current.Hash;
        Assert.Equal(HttpStatusCode.OK, (await bob.GetAsync("/orders/1")).StatusCode);

        await gateway.ChangeAsync(settings => settings.Set("Gateway:Policies:staff", new JsonObject { ["Roles"] = new JsonArray("staff") }).Set("ReverseProxy:Routes:orders:AuthorizationPolicy", "staff"));

        await (await bob.GetAsync("/orders/1")).AssertRefusedAsync(403, "policy_denied");
        Assert.Equal(2, gateway.StateOf().Current.Version);
        Assert.NotEqual(hash, gateway.StateOf().Current.Hash);
    }

    [Fact]
    public async Task Another_meaning_of_the_same_policy_counts_though_no_route_has_changed()
    {
        await using var gateway = await ReloadingGateway.StartAsync(settings => settings
            .Set("Gateway:Policies:staff", new JsonObject { ["Roles"] = new JsonArray("staff") }).Set("ReverseProxy:Routes:orders:AuthorizationPolicy", "staff"));
        using var bob = await gateway.SignInAsync("bob");
        await (await bob.GetAsync("/orders/1")).AssertRefusedAsync(403, "policy_denied");

        await gateway.ChangeAsync(settings => settings.Set("Gateway:Policies:staff:Roles", new JsonArray("user")));

        Assert.Equal(HttpStatusCode.OK, (await bob.GetAsync("/orders/1")).StatusCode);
    }

    [Fact]
    public async Task Routes_come_and_go()
    {
        await using var gateway = await ReloadingGateway.StartAsync();
        using var anybody = gateway.Anonymous();
        await (await anybody.GetAsync("/new/1")).AssertRefusedAsync(404, "route_not_found");

        await gateway.ChangeAsync(settings => settings.Route("new", "/new/{**rest}", "anonymous").Remove("ReverseProxy:Routes:open"));

        Assert.Equal(HttpStatusCode.OK, (await anybody.GetAsync("/new/1")).StatusCode);
        await (await anybody.GetAsync("/open/1")).AssertRefusedAsync(404, "route_not_found");
    }

    [Fact]
    public async Task Who_is_under_way_finishes_by_the_configuration_that_it_began_with()
    {
        await using var gateway = await ReloadingGateway.StartAsync();
        await using var other = new RecordingBackend();
        using var anybody = gateway.Anonymous();
        var (arrived, goOn) = (new TaskCompletionSource(), new TaskCompletionSource());
        gateway.Backend.Answer("/open/slow", async (_, stream) =>
        {
            arrived.SetResult();
            await goOn.Task;
            await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nold"u8.ToArray());
        });

        var underWay = anybody.GetStringAsync("/open/slow");
        await arrived.Task;
        await gateway.ChangeAsync(settings => settings.Destination("backend", other.Url).Set("ReverseProxy:Routes:open:AuthorizationPolicy", "authenticated"));
        await (await anybody.GetAsync("/open/1")).AssertRefusedAsync(401, "token_missing");
        goOn.SetResult();

        Assert.Equal("old", await underWay);
        Assert.Empty(other.Requests);
    }

    [Fact]
    public async Task A_cluster_moves_to_another_address()
    {
        await using var gateway = await ReloadingGateway.StartAsync();
        await using var other = new RecordingBackend();
        using var anybody = gateway.Anonymous();

        await gateway.ChangeAsync(settings => settings.Destination("backend", other.Url));
        await anybody.GetAsync("/open/1");

        Assert.Single(other.Requests);
        Assert.Empty(gateway.Backend.Requests);
    }

    [Fact]
    public async Task Another_header_is_told_of_who_is_known_already()
    {
        await using var gateway = await ReloadingGateway.StartAsync();
        using var bob = await gateway.SignInAsync("bob");
        await bob.GetAsync("/orders/1");

        await gateway.ChangeAsync(settings => settings.Set("Gateway:Identity", new JsonObject { ["Headers"] = new JsonObject { ["X-Login-Time"] = "auth_time" } }));
        gateway.Backend.Forget();
        await bob.GetAsync("/orders/2");
        Assert.True(gateway.Backend.Request.Headers.Has("X-Login-Time"));

        await gateway.ChangeAsync(settings => settings.Set("Gateway:Identity", new JsonObject { ["Dialect"] = "remote-user" }));
        gateway.Backend.Forget();
        await bob.GetAsync("/orders/3");
        Assert.False(gateway.Backend.Request.Headers.Has("X-Login-Time"));
        Assert.Equal("bob", gateway.Backend.Request.Headers["Remote-User"]);
    }

    [Fact]
    public async Task Another_issuer_is_trusted_told_apart_and_trusted_no_longer()
    {
        var issuer = new TestIssuer("https://login.example.com/");
        await using var gateway = await ReloadingGateway.StartAsync();
        var entry = issuer.Entry();
        (entry["JwksFile"], entry["RolesClaim"]) = (gateway.Folder.Write("keys.jwks", TestIssuer.Jwks(issuer)), "groups");
        using var eve = gateway.Bearing(issuer.Token(new() { ["groups"] = new JsonArray("staff"), ["teams"] = new JsonArray("sales") }));
        await (await eve.GetAsync("/orders/1")).AssertRefusedAsync(401, "token_invalid");

        await gateway.ChangeAsync(settings => settings.Trust(entry));
        await eve.GetAsync("/orders/1");
        Assert.Equal("staff", gateway.Backend.Request.Headers["X-User-Roles"]);

        await gateway.ChangeAsync(_ => entry["RolesClaim"] = "teams");
        gateway.Backend.Forget();
        await eve.GetAsync("/orders/1");
        Assert.Equal("sales", gateway.Backend.Request.Headers["X-User-Roles"]);

        await gateway.ChangeAsync(settings => settings.Set("Gateway:Tokens:TrustedIssuers", new JsonArray()));
        await (await eve.GetAsync("/orders/1")).AssertRefusedAsync(401, "token_invalid");
    }

    [Fact]
    public async Task Keys_of_an_issuer_that_stays_are_not_asked_for_again()
    {
        var (issuer, asked) = (new TestIssuer("https://login.example.com/"), 0);
        await using var keys = new RecordingBackend();
        keys.Answer("/jwks", async (_, stream) =>
        {
            Interlocked.Increment(ref asked);
            var jwks = TestIssuer.Jwks(issuer);
            await stream.WriteAsync(Encoding.Latin1.GetBytes($"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {jwks.Length}\r\n\r\n{jwks}"));
        });
        var entry = issuer.Entry();
        entry.Remove("JwksFile");
        entry["JwksUri"] = new Uri(keys.Url, "/jwks").AbsoluteUri;
        await using var gateway = await ReloadingGateway.StartAsync(settings => settings.Trust(entry));
        using var eve = gateway.Bearing(issuer.Token());
        Assert.Equal(HttpStatusCode.OK, (await eve.GetAsync("/orders/1")).StatusCode);

        await gateway.ChangeAsync(settings => settings.Set("Gateway:Identity:Headers", new JsonObject { ["X-Team"] = "teams" }));

        Assert.Equal(HttpStatusCode.OK, (await eve.GetAsync("/orders/2")).StatusCode);
        Assert.Equal(1, asked);
    }

    // Its endpoints were made at the start: a test that holds only from the next one on does not hold.
    [Fact]
    public async Task What_was_ours_at_the_start_stays_ours_for_tests_too()
    {
        await using var gateway = await ReloadingGateway.StartAsync();
        JsonNode test = new JsonArray(new JsonObject { ["Request"] = "GET /.well-known/openid-configuration", ["Expect"] = 200, ["Route"] = "claimed" });

        var errors = await gateway.RefusedAsync(() => gateway.WriteWhole(gateway.Settings.Route("claimed", "/.well-known/openid-configuration", "anonymous").Set("Gateway:PolicyTests", test).ToString()));

        Assert.Contains("PolicyTests:0", Assert.Single(errors));
    }

    [Fact]
    public async Task Opt_ins_are_said_of_each_configuration()
    {
        await using var gateway = await ReloadingGateway.StartAsync();
        Assert.DoesNotContain(gateway.Log.All, entry => entry.Contains("[9106]"));

        await gateway.ChangeAsync(settings => settings.Route("cached", "/cached/{**rest}", metadata: new() { ["CacheControl"] = "backend" }));

        Assert.Contains(gateway.Log.All, entry => entry.Contains("[9106]") && entry.Contains("cached (CacheControl: backend)"));
    }

    [Fact]
    public async Task Keys_that_come_later_than_the_configuration_that_names_them_are_noticed()
    {
        var issuer = new TestIssuer("https://login.example.com/");
        await using var gateway = await ReloadingGateway.StartAsync();
        var entry = issuer.Entry();
        entry["JwksFile"] = gateway.Folder.File("keys.jwks");
        await gateway.RefusedAsync(() => gateway.WriteWhole(gateway.Settings.Trust(entry).ToString()));

        gateway.Folder.Write("keys.jwks", TestIssuer.Jwks(issuer));

        Assert.Null((await gateway.NextAsync(now => now.Version == 2)).Refused);
        gateway.Log.Forget();
    }

    [Fact]
    public async Task File_that_is_no_Unicode_is_refused_and_the_next_one_taken()
    {
        await using var gateway = await ReloadingGateway.StartAsync();
        var latin = Encoding.Latin1.GetBytes(gateway.Settings.ToString().Insert(1, "\"caf\u00e9\": {},"));
        File.WriteAllBytes(gateway.Folder.File("next"), latin);

        var errors = await gateway.RefusedAsync(() => File.Move(gateway.Folder.File("next"), gateway.FileOf(), overwrite: true));

        Assert.Contains("UTF-8", Assert.Single(errors));
        await gateway.ChangeAsync(settings => settings.Route("new", "/new", "anonymous"));
        Assert.Equal(HttpStatusCode.OK, (await gateway.Anonymous().GetAsync("/new")).StatusCode);
    }

    [Fact]
    public async Task What_is_wrong_is_refused_in_full_and_said_with_its_line()
    {
        await using var gateway = await ReloadingGateway.StartAsync();
        await gateway.SignUpAsync("root");
        (await gateway.RunAsync(["users", "set", "root", "--role", "admin"])).AssertSucceeded();
        using var admin = await gateway.LogInAsync("root");
        using var anybody = gateway.Anonymous();

        var errors = await gateway.RefusedAsync(() => gateway.WriteWhole(gateway.Settings
            .Route("good", "/good", "anonymous").Set("ReverseProxy:Routes:orders:AuthorizationPolicy", "anonymos").Set("Gateway:Policis", new JsonObject()).ToString()));

        var line = File.ReadAllLines(gateway.FileOf()).Index().Single(l => l.Item.Contains("\"orders\"")).Index + 1;
        Assert.Contains(errors, error => error.StartsWith("ReverseProxy:Routes:orders: AuthorizationPolicy 'anonymos' is not defined.", StringComparison.Ordinal) && error.Contains("did you mean 'anonymous'") && error.EndsWith($"gateway.json, line {line})", StringComparison.Ordinal));
        Assert.Contains(errors, error => error.StartsWith("Gateway:Policis: this key does not exist.", StringComparison.Ordinal));
        await (await anybody.GetAsync("/good")).AssertRefusedAsync(404, "route_not_found");
        await (await anybody.GetAsync("/orders/1")).AssertRefusedAsync(401, "token_missing");
        var shown = await (await admin.GetAsync(new Uri(gateway.ManagementUrl, "/admin/config"))).ReadJsonAsync();
        Assert.Equal(1, (int)shown["version"]!);
        Assert.Equal(errors, shown["refused"]!["errors"]!.AsArray().Select(error => (string)error!));
        Assert.Equal((1, 0, 1), await MetricsAsync(gateway));

        await gateway.ChangeAsync(settings => settings.Set("ReverseProxy:Routes:orders:AuthorizationPolicy", "anonymous").Set("Gateway:Policies", new JsonObject()).Remove("Gateway:Policis"));

        Assert.Equal(HttpStatusCode.OK, (await anybody.GetAsync("/good")).StatusCode);
        Assert.Null(gateway.StateOf().Current.Refused);
        Assert.Equal((0, 1, 1), await MetricsAsync(gateway));
    }

    [Theory]
    [InlineData("", "is not valid JSON")]
    [InlineData("{}\n{", "is not valid JSON")]
    [InlineData("[]", "must be one JSON object")]
    [InlineData("{ \"ReverseProxy\": { \"Routes\": { \"orders\": {", "is not valid JSON")]
    [InlineData("{ \"ReverseProxy\": null }", "ReverseProxy:Routes: is empty")]
    [InlineData("{}", "ReverseProxy:Routes: is empty")]
    [InlineData(null, "cannot be read")]
    public async Task File_that_is_half_written_empty_or_gone_changes_nothing(string? content, string error)
    {
        await using var gateway = await ReloadingGateway.StartAsync();
        using var anybody = gateway.Anonymous();
        var errors = await gateway.RefusedAsync(() =>
        {
            if (content is null)
                File.Delete(gateway.FileOf());
            else
                gateway.WriteWhole(content);
        });

        Assert.Contains(error, Assert.Single(errors));
        Assert.Equal(HttpStatusCode.OK, (await anybody.GetAsync("/open/1")).StatusCode);
        gateway.WriteWhole(gateway.Settings.ToString());
        await gateway.NextAsync(now => now.Refused is null);
        Assert.Equal(1, gateway.StateOf().Current.Version);
    }

    // As when a certificate is just being renewed: nobody writes the file once more for that.
    [Fact]
    public async Task What_was_refused_for_a_reason_that_passes_comes_into_force_by_itself()
    {
        await using var gateway = await ReloadingGateway.StartAsync();
        var certificate = gateway.Folder.File("renewed.pem");
        await gateway.RefusedAsync(() => gateway.WriteWhole(gateway.Settings
            .Set("Kestrel:Certificates:Default:Path", certificate).Set("Kestrel:Certificates:Default:KeyPath", certificate)
            .Set("Kestrel:Endpoints:Tls:Url", "https://127.0.0.1:0").Route("new", "/new/{**rest}", "anonymous").ToString()));

        using var key = System.Security.Cryptography.ECDsa.Create();
        using var issued = new System.Security.Cryptography.X509Certificates.CertificateRequest("CN=a.example", key, System.Security.Cryptography.HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        File.WriteAllText(certificate, issued.ExportCertificatePem() + "\n" + key.ExportECPrivateKeyPem());

        Assert.Null((await gateway.NextAsync(now => now.Version == 2)).Refused);
        Assert.Equal(HttpStatusCode.OK, (await gateway.Anonymous().GetAsync("/new/1")).StatusCode);
        gateway.Log.Forget();
    }

    [Fact]
    public async Task Link_that_leads_elsewhere_is_another_configuration()
    {
        await using var gateway = await ReloadingGateway.StartAsync();
        using var anybody = gateway.Anonymous();
        Directory.CreateDirectory(gateway.Folder.File("v2"));
        File.WriteAllText(gateway.Folder.File("v2/gateway.json"), gateway.Settings.Route("new", "/new", "anonymous").ToString());

        // As Kubernetes does it: another link is made, and takes the place of the first.
        await gateway.AcceptedAsync(() =>
        {
            File.CreateSymbolicLink(gateway.Folder.File("next"), "v2/gateway.json");
            File.Move(gateway.Folder.File("next"), gateway.FileOf(), overwrite: true);
        });

        Assert.Equal(HttpStatusCode.OK, (await anybody.GetAsync("/new")).StatusCode);
    }

    [Fact]
    public async Task What_is_written_while_the_gateway_starts_is_not_missed()
    {
        await using var gateway = await ReloadingGateway.StartAsync(settings => settings.Set("Gateway:Accounts:Signup", "Open"), started => started.WriteWhole(started.Settings.Route("new", "/new", "anonymous").ToString()));

        await gateway.NextAsync(now => now.Version == 2);

        Assert.Equal(HttpStatusCode.OK, (await gateway.Anonymous().GetAsync("/new")).StatusCode);
    }

    [Fact]
    public async Task What_is_worth_a_look_is_said_at_the_start_and_of_each_configuration()
    {
        await using var gateway = await ReloadingGateway.StartAsync(settings => settings.Set("Gateway:Policies:old", "role:a"));
        const string First = "Gateway:Policies:old: nobody uses it.", Second = "Gateway:Policies:older: nobody uses it.";
        Assert.Contains(gateway.Log.All, entry => entry.Contains(First));
        Assert.Contains(gateway.Log.All, entry => entry.Contains("[9108] Routes that ask nobody who they are: open"));
        Assert.StartsWith(First, Assert.Single(gateway.StateOf().Current.Warnings));

        await gateway.ChangeAsync(settings => settings.Set("Gateway:Policies:older", "role:a").Remove("Gateway:Policies:old"));

        Assert.StartsWith(Second, Assert.Single(gateway.StateOf().Current.Warnings));
        await Eventually.IsAsync(() => Task.FromResult(gateway.Log.All.Any(entry => entry.Contains(Second))), said => said);
        var check = (await gateway.RunAsync(["check"])).AssertSucceeded();
        Assert.Contains(Second, check.Output);
    }

    [Fact]
    public async Task What_cannot_change_while_serving_says_so_and_the_rest_is_in_force()
    {
        await using var gateway = await ReloadingGateway.StartAsync();
        using var anybody = gateway.Anonymous();

        await gateway.ChangeAsync(settings => settings.Set("Gateway:Path", "/account").Set("Gateway:Passwords:WorkFactor", 11).Route("new", "/new", "anonymous"));

        Assert.Equal(HttpStatusCode.OK, (await anybody.GetAsync("/new")).StatusCode);
        Assert.Equal(["Gateway:Passwords:WorkFactor", "Gateway:Path"], gateway.StateOf().Current.NeedsRestart);
        await (await anybody.GetAsync("/auth/me")).AssertRefusedAsync(401, "token_missing");
    }

    [Fact]
    public async Task Schema_for_editors_may_be_named_while_serving_and_needs_no_restart()
    {
        await using var gateway = await ReloadingGateway.StartAsync();

        await gateway.ChangeAsync(settings => settings.Set("$schema", "./gateway.schema.json").Route("new", "/new", "anonymous"));

        Assert.Empty(gateway.StateOf().Current.NeedsRestart);
    }

    [Fact]
    public async Task Route_may_not_come_where_the_gateway_itself_is_until_the_restart()
    {
        await using var gateway = await ReloadingGateway.StartAsync();

        var errors = await gateway.RefusedAsync(() => gateway.WriteWhole(gateway.Settings
            .Set("Gateway:Path", "/account").Route("thief", "/auth/{**rest}", "anonymous").ToString()));

        Assert.Contains("lies under /auth", Assert.Single(errors));
    }

    private static async Task<(int Refused, int Accepted, int Refusals)> MetricsAsync(TestGateway gateway)
    {
        var metrics = await Scrape.NowAsync(gateway.ManagementUrl);
        return ((int)metrics["gateway_configuration_refused"], (int)metrics["gateway_configuration_reloads_total", ("outcome", "accepted")], (int)metrics["gateway_configuration_reloads_total", ("outcome", "refused")]);
    }
}
