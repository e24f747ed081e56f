namespace Gateway.IntegrationTests.Platform;

/// <summary>A broken configuration ends the start with the fact, the rule and the remedy, before anything was touched.</summary>
public sealed class ConfigurationErrorTests
{
    [Theory]
    [InlineData("Gateway:Tokens:AccesLifetime", "00:05:00", "did you mean 'AccessLifetime'")]
    [InlineData("Gateway:Tokns:Audience", "x", "did you mean 'Tokens'")]
    [InlineData("Gateway:Colour", "blue")]
    [InlineData("Gateway:Database:File", "gateway.db")]
    [InlineData("Gateway:Sessions:Cookie:Name", "sid")]
    [InlineData("Gateway:Tokens:TrustedIssuers:0:Issuers", "https://id.example.com", "did you mean 'Issuer'")]
    [InlineData("Gateway:Policies:staff:Rolls", "staff", "did you mean 'Roles'")]
    [InlineData("ReverseProxy:Routs:x:ClusterId", "backend", "did you mean 'Routes'")]
    [InlineData("ReverseProxy:Routes:orders:Match:Pth", "/x", "did you mean 'Path'")]
    [InlineData("ReverseProxy:Routes:orders:Match:Headers:0:Nam", "x", "did you mean 'Name'")]
    [InlineData("ReverseProxy:Clusters:backend:Destinations:one:Adress", "http://127.0.0.1:1/", "did you mean 'Address'")]
    [InlineData("ReverseProxy:Clusters:backend:HealthCheck:Activ:Enabled", "true", "did you mean 'Active'")]
    public async Task Unknown_key_is_refused_at_any_depth(string key, string value, string hint = "")
    {
        var unknown = key.Split(':').First(name => name is "AccesLifetime" or "Tokns" or "Colour" or "File" or "Cookie" or "Issuers" or "Rolls" or "Routs" or "Pth" or "Nam" or "Adress" or "Activ");

        var refusal = await TestGateway.RefusedStartAsync(settings => Put(settings, key, value));

        refusal.AssertSays(key[..(key.IndexOf(unknown, StringComparison.Ordinal) + unknown.Length)], hint);
    }

    [Theory]
    [InlineData("Gateway:Tokens:AccessLifetime", "banana")]
    [InlineData("Gateway:Tokens:AccessLifetime", "-00:05:00")]
    [InlineData("Gateway:Tokens:AccessLifetime", "00:00:00")]
    [InlineData("Gateway:Tokens:AccessLifetime", "")]
    [InlineData("Gateway:Tokens:ClockSkew", "00:00:31")]
    [InlineData("Gateway:Tokens:Algorithm", "none")]
    [InlineData("Gateway:Tokens:Algorithm", "es256")]
    [InlineData("Gateway:Tokens:Audience", "")]
    [InlineData("Gateway:Passwords:WorkFactor", "9")]
    [InlineData("Gateway:Passwords:WorkFactor", "ten")]
    [InlineData("Gateway:Passwords:MinimumLength", "-1")]
    [InlineData("Gateway:Passwords:Threads", "0")]
    [InlineData("Gateway:Sessions:RefreshGrace", "00:01:01")]
    [InlineData("Gateway:Sessions:IdleLifetime", "0")]
    [InlineData("Gateway:Sessions:MaxPerUser", "0")]
    [InlineData("Gateway:Cache:Identities", "-1")]
    [InlineData("Gateway:Accounts:Signup", "Maybe")]
    [InlineData("Gateway:Database:Provider", "Oracle")]
    [InlineData("Gateway:Database:Migrate", "perhaps")]
    [InlineData("Gateway:Database:ConnectionString", "Data Source=file:gateway.db?mode=memory")]
    [InlineData("Gateway:Database:ConnectionString", "Data Source=gateway.db;Mode=ReadOnly")]
    [InlineData("Gateway:PublicUrl", "not a url")]
    [InlineData("Gateway:PublicUrl", "ftp://example.com")]
    [InlineData("Gateway:Path", "auth")]
    [InlineData("Gateway:Path", "/")]
    [InlineData("Gateway:Secret", "too short")]
    [InlineData("Gateway:Management:Url", "nowhere")]
    [InlineData("Gateway:Edge:AccessTokenHeader", "2")]
    [InlineData("Gateway:Identity:Dialect", "klingon")]
    [InlineData("ReverseProxy:Clusters:backend:Destinations:one:Address", "not a url")]
    public async Task Value_outside_the_rule_is_refused_by_the_name_of_its_key(string key, string value)
    {
        var refusal = await TestGateway.RefusedStartAsync(settings => settings.Set(key, value));

        refusal.AssertSays(key);
    }

    [Theory]
    [InlineData("Host")]
    [InlineData("Content-Length")]
    [InlineData("Transfer-Encoding")]
    [InlineData("Connection")]
    [InlineData("Cookie")]
    [InlineData("Authorization")]
    [InlineData("Bad Name")]
    [InlineData("Ünïcode")]
    public async Task Identity_header_that_is_none_or_the_protocols_is_refused(string name)
    {
        var refusal = await TestGateway.RefusedStartAsync(settings => settings.Set($"Gateway:Identity:Headers:{name}", "tenant"));

        refusal.AssertSays("Gateway:Identity:Headers", name);
    }

    [Fact]
    public async Task Identity_header_without_a_claim_is_refused()
    {
        var refusal = await TestGateway.RefusedStartAsync(settings => settings.Set("Gateway:Identity:Headers:X-Tenant", ""));

        refusal.AssertSays("Gateway:Identity:Headers", "X-Tenant");
    }

    [Fact]
    public async Task All_errors_are_said_at_once()
    {
        var refusal = await TestGateway.RefusedStartAsync(settings => settings
            .Set("Gateway:Tokens:AccesLifetime", "00:05:00")
            .Set("Gateway:Tokens:ClockSkew", "later")
            .Set("Gateway:Passwords:WorkFactor", 4)
            .Set("Gateway:Policies:staff", new JsonObject())
            .Set("ReverseProxy:Routes:orders:AuthorizationPolicy", "ordres")
            .Set("ReverseProxy:Routes:open:AuthorisationPolicy", "staff"));

        refusal.AssertSays("Gateway:Tokens:AccesLifetime");
        refusal.AssertSays("Gateway:Tokens:ClockSkew");
        refusal.AssertSays("Gateway:Passwords:WorkFactor");
        refusal.AssertSays("Gateway:Policies:staff");
        refusal.AssertSays("ReverseProxy:Routes:orders", "ordres");
        refusal.AssertSays("ReverseProxy:Routes:open:AuthorisationPolicy");
    }

    [Fact]
    public async Task Refused_configuration_touches_neither_database_nor_secret()
    {
        var refusal = await TestGateway.RefusedStartAsync(settings => settings.Set("Gateway:Passwords:WorkFactor", 4));

        Assert.Equal(["gateway.json"], refusal.Files);
    }

    [Fact]
    public async Task Free_form_sections_take_any_key()
    {
        await using var gateway = await TestGateway.StartAsync(settings => settings
            .Set("Logging:LogLevel:Default", "Warning")
            .Set("Something:Of:Our:Own", true)
            .Route("tagged", "/tagged/{**rest}", "anonymous", new() { ["team"] = "blue" })
            .Set("ReverseProxy:Routes:tagged:Transforms", new JsonArray(new JsonObject { ["PathRemovePrefix"] = "/tagged" }, new JsonObject { ["RequestHeader"] = "X-Added", ["Set"] = "yes" }))
            .Set("ReverseProxy:Clusters:backend:HttpClient:MaxConnectionsPerServer", 10)
            .Set("ReverseProxy:Clusters:backend:Metadata:anything", "goes"));

        await gateway.Anonymous().GetAsync("/tagged/x");

        Assert.Equal("/x", gateway.Backend.Request.Target);
        Assert.Equal("yes", gateway.Backend.Request.Headers["X-Added"]);
    }

    private static void Put(SettingsFile settings, string key, string value)
    {
        if (key.Contains("TrustedIssuers"))
            settings.Trust(new() { ["Issuers"] = value });
        else if (key.Contains("Headers:0"))
            settings.Set("ReverseProxy:Routes:orders:Match:Headers", new JsonArray(new JsonObject { ["Nam"] = value }));
        else
            settings.Set(key, value);
    }
}
