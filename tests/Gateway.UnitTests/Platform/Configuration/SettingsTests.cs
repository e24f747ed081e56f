using Gateway.Platform;
using Gateway.Platform.Configuration;
using Gateway.Routes;
using Gateway.Routes.Policies;
using Gateway.Sessions;
using Gateway.Tokens;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.UnitTests.Platform.Configuration;

/// <summary>Every wrong setting is found, and said with fact, rule and remedy.</summary>
public sealed class SettingsTests
{
    [Fact]
    public void Nothing_configured_is_no_error() => Assert.Empty(Errors());

    [Theory]
    // Scalars
    [InlineData("Gateway:Edge:AccessTokenHeader", "yes", "Gateway:Edge:AccessTokenHeader: 'yes' is not true or false.")]
    [InlineData("Gateway:Edge:AccessTokenHeader", null, "Gateway:Edge:AccessTokenHeader: is null. It must be true or false.")]
    [InlineData("Gateway:Edge:MaxTokenBytes", "8k", "Gateway:Edge:MaxTokenBytes: '8k' is not a whole number.")]
    [InlineData("Gateway:Edge:MaxTokenBytes", "8192.0", "Gateway:Edge:MaxTokenBytes: '8192.0' is not a whole number.")]
    [InlineData("Gateway:Edge:MaxTokenBytes", "99999999999", "Gateway:Edge:MaxTokenBytes: '99999999999' is not a whole number.")]
    [InlineData("Gateway:Edge:MaxTokenBytes", "", "Gateway:Edge:MaxTokenBytes: '' is not a whole number.")]
    [InlineData("Gateway:Edge:MaxTokenBytes", "511", "Gateway:Edge:MaxTokenBytes: '511' is not allowed. It must be between 512 and 65536.")]
    [InlineData("Gateway:Tokens:AccessLifetime", "00:05:00.5", "Gateway:Tokens:AccessLifetime: '00:05:00.5000000' has a fraction of a second, and tokens know none. It must be whole seconds.")]
    [InlineData("Gateway:Tokens:AccessLifetime", "5", "Gateway:Tokens:AccessLifetime: '5' is not a duration such as 00:05:00 or 7.00:00:00.")]
    [InlineData("Gateway:Tokens:AccessLifetime", "5 minutes", "Gateway:Tokens:AccessLifetime: '5 minutes' is not a duration such as 00:05:00 or 7.00:00:00.")]
    [InlineData("Gateway:Tokens:AccessLifetime", "0:00:05:00", "Gateway:Tokens:AccessLifetime: '0:00:05:00' is not a duration such as 00:05:00 or 7.00:00:00.")]
    [InlineData("Gateway:Tokens:AccessLifetime", "02:00:00", "Gateway:Tokens:AccessLifetime: '02:00:00' is not allowed. It must be between 00:00:01 and 01:00:00.")]
    [InlineData("Gateway:Tokens:AccessLifetime", "-00:05:00", "Gateway:Tokens:AccessLifetime: '-00:05:00' is not allowed. It must be between 00:00:01 and 01:00:00.")]
    [InlineData("Gateway:Tokens:ClockSkew", "00:00:31", "Gateway:Tokens:ClockSkew: '00:00:31' is not allowed. It must be between 00:00:00 and 00:00:30.")]
    [InlineData("Gateway:Tokens:Algorithm", "none", "Gateway:Tokens:Algorithm: 'none' is not allowed. It must be ES256, RS256, PS256 or HS256.")]
    [InlineData("Gateway:Tokens:Audience", "", "Gateway:Tokens:Audience: is empty. It must be the aud that backends expect of our tokens, such as gateway.")]
    [InlineData("Gateway:Tokens:Audience", " ", "Gateway:Tokens:Audience: is empty. It must be the aud that backends expect of our tokens, such as gateway.")]
    [InlineData("Gateway:Tokens:Issuer", "", "Gateway:Tokens:Issuer: '' is not an issuer. It must be an http or https URL without query and fragment, or null for the origin of PublicUrl.")]
    [InlineData("Gateway:Tokens:Issuer", "/login", "Gateway:Tokens:Issuer: '/login' is not an issuer. It must be an http or https URL without query and fragment, or null for the origin of PublicUrl.")]
    [InlineData("Gateway:Tokens:Issuer", "urn:gateway", "Gateway:Tokens:Issuer: 'urn:gateway' is not an issuer. It must be an http or https URL without query and fragment, or null for the origin of PublicUrl.")]
    [InlineData("Gateway:Tokens:Issuer", "https://id.example.com/?a=b", "Gateway:Tokens:Issuer: 'https://id.example.com/?a=b' is not an issuer. It must be an http or https URL without query and fragment, or null for the origin of PublicUrl.")]
    [InlineData("Gateway:Tokens:Issuer", "https://id.example.com/ ", "Gateway:Tokens:Issuer: 'https://id.example.com/ ' is not an issuer. It must be an http or https URL without query and fragment, or null for the origin of PublicUrl.")]
    [InlineData("Gateway:Passwords:WorkFactor", "9", "Gateway:Passwords:WorkFactor: '9' is not allowed. It must be between 10 and 15.")]
    [InlineData("Gateway:Passwords:WorkFactor", "16", "Gateway:Passwords:WorkFactor: '16' is not allowed. It must be between 10 and 15.")]
    [InlineData("Gateway:Passwords:MinimumLength", "4", "Gateway:Passwords:MinimumLength: '4' is not allowed. It must be between 8 and 128.")]
    [InlineData("Gateway:Sessions:RefreshGrace", "00:01:01", "Gateway:Sessions:RefreshGrace: '00:01:01' is not allowed. It must be between 00:00:00 and 00:01:00.")]
    [InlineData("Gateway:Sessions:IdleLifetime", "00:00:00", "Gateway:Sessions:IdleLifetime: '00:00:00' is not allowed. It must be a positive duration.")]
    [InlineData("Gateway:Revocation:MaxStaleness", "00:00:01", "Gateway:Revocation:MaxStaleness: '00:00:01' is not allowed. It must be 00:00:02 or more.")]
    [InlineData("Gateway:Revocation:OnStale", "Maybe", "Gateway:Revocation:OnStale: 'Maybe' is not one of Deny, Allow.")]
    [InlineData("Gateway:Policies:payments:MaxStaleness", "00:00:01.9", "Gateway:Policies:payments:MaxStaleness: '00:00:01.9' is not allowed. It must be 00:00:02 or more.")]
    [InlineData("Gateway:Policies:payments:MaxStaleness", "2", "Gateway:Policies:payments:MaxStaleness: '2' is not a duration such as 00:05:00 or 7.00:00:00.")]
    [InlineData("Gateway:Policies:payments:MaxStaleness", "00:00:02", "Gateway:Policies:payments: demands nothing, so it would let everybody or nobody pass. Write at least one of Roles, Scopes, Claims, Users, Networks, Issuers, Mfa, MaxAuthAge, AnyOf, AllOf, Not; for 'any signed-in user' use the policy authenticated.")]
    [InlineData("Gateway:Policies:payments:OnStale", "Refuse", "Gateway:Policies:payments:OnStale: 'Refuse' is not one of Deny, Allow.")]
    [InlineData("Gateway:Accounts:Signup", "Opne", "Gateway:Accounts:Signup: 'Opne' is not one of Open, Closed (did you mean 'Open'?).")]
    [InlineData("Gateway:Accounts:Signup", "1", "Gateway:Accounts:Signup: '1' is not one of Open, Closed.")]
    [InlineData("Gateway:Accounts:Signup", "Open, Closed", "Gateway:Accounts:Signup: 'Open, Closed' is not one of Open, Closed.")]
    [InlineData("Gateway:Accounts:DefaultRoles:0", "power user", "Gateway:Accounts:DefaultRoles: 'power user' is not a role. A role is 1 to 64 of the letters A-Z and a-z, digits, '.', '_', ':', '/' and '-'.")]
    [InlineData("Gateway:Path", "auth", "Gateway:Path: 'auth' is not allowed. It must be a path such as /auth: segments of letters, digits, '-', '.', '_', '~', no slash at the end.")]
    [InlineData("Gateway:Path", "/auth/", "Gateway:Path: '/auth/' is not allowed. It must be a path such as /auth: segments of letters, digits, '-', '.', '_', '~', no slash at the end.")]
    [InlineData("Gateway:Path", "/", "Gateway:Path: '/' is not allowed. It must be a path such as /auth: segments of letters, digits, '-', '.', '_', '~', no slash at the end.")]
    [InlineData("Gateway:Path", "/..", "Gateway:Path: '/..' is not allowed. It must be a path such as /auth: segments of letters, digits, '-', '.', '_', '~', no slash at the end.")]
    [InlineData("Gateway:Path", "/{x}", "Gateway:Path: '/{x}' is not allowed. It must be a path such as /auth: segments of letters, digits, '-', '.', '_', '~', no slash at the end.")]
    [InlineData("Gateway:PublicUrl", "app.example.com", "Gateway:PublicUrl: 'app.example.com' is not an absolute URL.")]
    [InlineData("Gateway:PublicUrl", "/sub", "Gateway:PublicUrl: '/sub' is not an absolute URL.")]
    [InlineData("Gateway:PublicUrl", "https://app.example.com/sub", "Gateway:PublicUrl: 'https://app.example.com/sub' is not an origin. It must be http or https with a host and no path, such as https://app.example.com.")]
    [InlineData("Gateway:PublicUrl", "ftp://app.example.com", "Gateway:PublicUrl: 'ftp://app.example.com/' is not an origin. It must be http or https with a host and no path, such as https://app.example.com.")]
    [InlineData("Gateway:Secret", "short", "Gateway:Secret: is too short. It must be 32 bytes or more; make one with: openssl rand -base64 32")]
    [InlineData("Gateway:SecretFile", "", "Gateway:SecretFile: is empty. Name the file, or leave the key out for the one beside the database.")]
    [InlineData("Gateway:PreviousSecrets:0", "short", "Gateway:PreviousSecrets: holds one that is too short. Each must be 32 bytes or more.")]
    [InlineData("Gateway:Management:Url", "8090", "Gateway:Management:Url: '8090' is not an address. It must be http:// with host and port, such as http://127.0.0.1:8090.")]
    [InlineData("Gateway:Management:Url", "https://127.0.0.1:8090", "Gateway:Management:Url: 'https://127.0.0.1:8090' is not an address. It must be http:// with host and port, such as http://127.0.0.1:8090.")]
    [InlineData("Gateway:Management:Hosts:0", "https://admin.internal", "Gateway:Management:Hosts: this value is not allowed. It must be host names without scheme and port, international ones as people write them, such as app.example.com.")]
    [InlineData("Gateway:Edge:AllowedHosts:0", "fd00::5", "Gateway:Edge:AllowedHosts: this value is not allowed. It must be host names without scheme and port, international ones as people write them, such as app.example.com.")]
    [InlineData("Gateway:Edge:AllowedHosts:0", "app.example.com:443", "Gateway:Edge:AllowedHosts: this value is not allowed. It must be host names without scheme and port, international ones as people write them, such as app.example.com.")]
    [InlineData("Gateway:Edge:AllowedHosts:0", "xn--bcher-kva.example", "Gateway:Edge:AllowedHosts: this value is not allowed. It must be host names without scheme and port, international ones as people write them, such as app.example.com.")]
    [InlineData("Gateway:Database:Provider", "Postgres", "Gateway:Database:ConnectionString: is not a PostgreSQL connection string, which Provider Postgres needs. Write Host=db.example.com;Database=gateway;Username=gateway;Password=..., and a value that holds ; or = or a quotation mark in double quotes.")]
    [InlineData("Gateway:Database:ConnectionString", "Data Source=:memory:", "Gateway:Database:ConnectionString: names no file. Accounts and sessions must outlive the process: write Data Source=path/to/gateway.db.")]
    // Shapes
    [InlineData("Gateway:Edge", "on", "Gateway:Edge: is a value. It must be a group of keys (AccessTokenHeader, MaxTokenBytes, MaxConnections, AllowedHosts).")]
    [InlineData("Gateway:Edge:AllowedHosts", "app.example.com", "Gateway:Edge:AllowedHosts: must be a list: write [ ... ].")]
    [InlineData("Gateway:Edge:AllowedHosts:first", "app.example.com", "Gateway:Edge:AllowedHosts: must be a list: write [ ... ].")]
    [InlineData("Gateway:Edge:MaxTokenBytes:0", "512", "Gateway:Edge:MaxTokenBytes: is a group or a list. It must be a whole number.")]
    [InlineData("Gateway:Redis", "redis:6379,password=hunter2", "Gateway:Redis: is a value. It must be a group of keys (Configuration).")]
    [InlineData("Gateway:Policies", "staff", "Gateway:Policies: is a value. It must be an object of named entries.")]
    [InlineData("Gateway:Identity:Headers", "X-Tenant", "Gateway:Identity:Headers: is a value. It must be an object of named entries.")]
    // Keys
    [InlineData("Gateway:Edge:AllowedHost", "x", "Gateway:Edge:AllowedHost: this key does not exist. It must be one of AccessTokenHeader, AllowedHosts, MaxConnections, MaxTokenBytes (did you mean 'AllowedHosts'?).")]
    [InlineData("Gateway:Tokens:TrustedIssuers:0:Audience", "x", "Gateway:Tokens:TrustedIssuers:0:Audience: this key does not exist. It must be one of Algorithms, Audiences, Issuer, JwksFile, JwksUri, MaxLifetime, Roles, RolesClaim, SubjectPrefix, Types (did you mean 'Audiences'?).")]
    [InlineData("Gateway:Policies:staff:Role", "admin", "Gateway:Policies:staff:Role: this key does not exist. It must be one of AllOf, Anonymous, AnyOf, Claims, Issuers, MaxAuthAge, MaxStaleness, Mfa, Networks, Not, OnStale, Roles, Scopes, Shadow, Users (did you mean 'Roles'?).")]
    [InlineData("ReversProxy:Routes:a:ClusterId", "b", "ReversProxy: this section does not exist (did you mean 'ReverseProxy'?).")]
    [InlineData("Gatway:Path", "/auth", "Gatway: this section does not exist (did you mean 'Gateway'?).")]
    [InlineData("Kestrl:Endpoints:a:Url", "http://127.0.0.1:0", "Kestrl: this section does not exist (did you mean 'Kestrel'?).")]
    // What YARP reads by itself
    [InlineData("ReverseProxy:Clusters:c:HttpClient:MaxConnectionsPerServer", "many", "ReverseProxy:Clusters:c:HttpClient:MaxConnectionsPerServer: 'many' is not a whole number.")]
    [InlineData("ReverseProxy:Clusters:c:HttpClient:DangerousAcceptAnyServerCertificate", "1", "ReverseProxy:Clusters:c:HttpClient:DangerousAcceptAnyServerCertificate: '1' is not true or false.")]
    [InlineData("ReverseProxy:Clusters:c:HttpClient:SslProtocols", "Tls12", "ReverseProxy:Clusters:c:HttpClient:SslProtocols: must be a list: write [ ... ].")]
    [InlineData("ReverseProxy:Clusters:c:HttpClient:SslProtocols:0", "Tls14", "ReverseProxy:Clusters:c:HttpClient:SslProtocols:0: 'Tls14' is not one of None, Ssl2, Ssl3, Tls, Default, Tls11, Tls12, Tls13 (did you mean 'Tls11'?).")]
    [InlineData("ReverseProxy:Clusters:c:HttpClient:WebProxy:Address", "proxy", "ReverseProxy:Clusters:c:HttpClient:WebProxy:Address: 'proxy' is not an absolute URL.")]
    [InlineData("ReverseProxy:Clusters:c:HttpRequest:ActivityTimeout", "1:00:00:00", "ReverseProxy:Clusters:c:HttpRequest:ActivityTimeout: '1:00:00:00' is not a duration such as 00:05:00 or 7.00:00:00.")]
    [InlineData("ReverseProxy:Clusters:c:HttpRequest:Version", "two", "ReverseProxy:Clusters:c:HttpRequest:Version: 'two' is not a version such as 2.")]
    [InlineData("ReverseProxy:Clusters:c:HttpRequest:VersionPolicy", "Exact", "ReverseProxy:Clusters:c:HttpRequest:VersionPolicy: 'Exact' is not one of RequestVersionOrLower, RequestVersionOrHigher, RequestVersionExact.")]
    // Later
    [InlineData("Gateway:Redis:Configuration", "localhost:6379,nonsense=1", "Gateway:Redis:Configuration: is not a Redis configuration. Write host:port, more of them separated by commas, such as localhost:6379; or leave it out.")]
    // Policies
    [InlineData("Gateway:Policies:empty", null, "Gateway:Policies:empty: demands nothing, so it would let everybody or nobody pass. Write at least one of Roles, Scopes, Claims, Users, Networks, Issuers, Mfa, MaxAuthAge, AnyOf, AllOf, Not; for 'any signed-in user' use the policy authenticated.")]
    [InlineData("Gateway:Policies:staff:Roles", "", "Gateway:Policies:staff:Roles: must name at least one role.")]
    [InlineData("Gateway:Policies:staff:Roles", null, "Gateway:Policies:staff:Roles: is null. Leave the key out, or give it a value.")]
    [InlineData("Gateway:Policies:staff:Roles:0", " ", "Gateway:Policies:staff:Roles: must name at least one role.")]
    [InlineData("Gateway:Policies:staff:Scopes", "", "Gateway:Policies:staff:Scopes: must name at least one scope.")]
    [InlineData("Gateway:Policies:staff:Claims", null, "Gateway:Policies:staff:Claims: is null. Leave the key out, or give it a value.")]
    [InlineData("Gateway:Policies:staff:Claims:tenant", "", "Gateway:Policies:staff:Claims: must name at least one claim, and for each at least one value.")]
    // Identity headers
    [InlineData("Gateway:Identity:Dialect", "grafanna", "Gateway:Identity:Dialect: 'grafanna' is not a dialect. It must be one of gateway, forwarded, remote-user, x-remote-user, grafana, jenkins, userinfo (did you mean 'grafana'?).")]
    [InlineData("Gateway:Identity:Assertion", "maybe", "Gateway:Identity:Assertion: 'maybe' is not true or false.")]
    [InlineData("Gateway:Identity:Headers:X Tenant", "tenant", "Gateway:Identity:Headers: 'X Tenant' cannot be an identity header. It must be a header name (RFC 9110) that neither frames, routes nor proves the request, such as X-Tenant.")]
    [InlineData("Gateway:Identity:Headers:content_length", "tenant", "Gateway:Identity:Headers: 'content_length' cannot be an identity header. It must be a header name (RFC 9110) that neither frames, routes nor proves the request, such as X-Tenant.")]
    [InlineData("Gateway:Identity:Headers:X-Tenant", " ", "Gateway:Identity:Headers: ' ' is no claim. It must be the name of the claim that X-Tenant gets.")]
    public void A_wrong_setting_is_refused_with_fact_rule_and_remedy(string key, string? value, string error) =>
        Assert.Equal([error], Errors((key, value)));

    [Theory]
    [InlineData("Issuer", "login", "Gateway:Tokens:TrustedIssuers:0:Issuer: 'login' is not an issuer. It must be the exact text of the iss claim, an absolute URL.")]
    [InlineData("Audiences:0", "", "Gateway:Tokens:TrustedIssuers:0:Audiences: is empty. Name the aud values that are meant for this gateway, so that tokens for others are refused.")]
    [InlineData("Algorithms:0", "none", "Gateway:Tokens:TrustedIssuers:0:Algorithms: must be a list of ES256, ES384, ES512, RS256, RS384, RS512, PS256, PS384, PS512, HS256, HS384, HS512.")]
    [InlineData("Types", "", "Gateway:Tokens:TrustedIssuers:0:Types: is empty. Name at least one typ, such as at+jwt.")]
    [InlineData("MaxLifetime", "00:00:00", "Gateway:Tokens:TrustedIssuers:0:MaxLifetime: must be a positive duration, or null for no limit.")]
    [InlineData("JwksUri", "http://login.example.com/keys", "Gateway:Tokens:TrustedIssuers:0:JwksUri: must be fetched by https (http only from this machine): whoever can change the keys can sign in as anybody.")]
    [InlineData("Issuer", "/login", "Gateway:Tokens:TrustedIssuers:0:Issuer: '/login' is not an issuer. It must be the exact text of the iss claim, an absolute URL.")]
    [InlineData("Issuer", "https://login.example.com/ ", "Gateway:Tokens:TrustedIssuers:0:Issuer: 'https://login.example.com/ ' is not an issuer. It must be the exact text of the iss claim, an absolute URL.")]
    [InlineData("RolesClaim", "", "Gateway:Tokens:TrustedIssuers:0:RolesClaim: is empty. Name the claim that holds the roles, or leave the key out for roles.")]
    [InlineData("SubjectPrefix", "", "Gateway:Tokens:TrustedIssuers:0:SubjectPrefix: is empty. Write a prefix such as partner:, or leave the key out.")]
    [InlineData("Issuer", "http://login.example.com/", "Gateway:Tokens:TrustedIssuers:0:Issuer: must be fetched by https (http only from this machine): whoever can change the keys can sign in as anybody.")]
    public void A_wrong_trusted_issuer_is_refused(string key, string value, string error)
    {
        var settings = new Dictionary<string, string?> { ["Issuer"] = "https://login.example.com/", ["Audiences:0"] = "orders" };
        settings[key] = value;

        Assert.Contains(error, Errors([.. settings.Select(s => ("Gateway:Tokens:TrustedIssuers:0:" + s.Key, s.Value))]));
    }

    [Fact]
    public void Two_things_of_which_one_may_stand_are_refused()
    {
        Assert.Equal(
            ["Gateway:Secret: stands beside SecretFile. Only one of the two may be set; remove the other."],
            Errors(("Gateway:Secret", new('s', 32)), ("Gateway:SecretFile", "gateway.secret")));
        Assert.Equal(
            ["Gateway:Policies:p:Anonymous: stands beside other rules, which it would make pointless. Remove it, or them."],
            Errors(("Gateway:Policies:p:Anonymous", "true"), ("Gateway:Policies:p:Roles:0", "staff")));
        Assert.Equal(
            ["Gateway:Identity:Headers: X-Tenant and x_tenant are one header to many backends. Keep one of them."],
            Errors(("Gateway:Identity:Headers:X-Tenant", "tenant"), ("Gateway:Identity:Headers:x_tenant", "org")));
    }

    [Theory]
    [InlineData("ReverseProxy:Routes:orders:AuthorisationPolicy", "AuthorizationPolicy")]
    [InlineData("ReverseProxy:Routes:orders:AutorizationPolicy", "AuthorizationPolicy")]
    [InlineData("ReverseProxy:Routes:orders:Match:Paths", "Path")]
    [InlineData("ReverseProxy:Cluster", "Clusters")]
    [InlineData("ReverseProxy:Clusters:orders:Destination", "Destinations")]
    [InlineData("ReverseProxy:Clusters:orders:Destinations:one:Adress", "Address")]
    public void A_misspelt_key_of_yarp_is_refused_and_the_right_one_named(string key, string meant)
    {
        var error = Assert.Single(Errors((key, "x")));

        Assert.StartsWith($"{key}: this key does not exist. It must be one of ", error);
        Assert.EndsWith($" (did you mean '{meant}'?).", error);
    }

    [Fact]
    public void What_is_free_form_is_left_to_who_reads_it() =>
        Assert.Empty(Errors(
            ("ReverseProxy:Routes:orders:Metadata:Anything", "x"),
            ("ReverseProxy:Routes:orders:Transforms:0:PathRemovePrefix", "/x"),
            ("ReverseProxy:Clusters:orders:HttpClient:SslProtocols:0", "Tls13"), ("ReverseProxy:Clusters:orders:HttpClient:SslProtocols:1", "tls12"),
            ("ReverseProxy:Clusters:orders:HttpClient:SomethingOfALaterYarp", "x")));

    [Fact]
    public void Unrelated_variables_of_the_environment_are_no_misspelt_sections() =>
        Assert.Empty(Errors(("GATEWAY_IP", "10.0.0.1"), ("GATEWAYS", "2"), ("PATHWAY", "x")));

    [Fact]
    public void All_errors_come_at_once() =>
        Assert.Equal(3, Errors(("Gateway:Path", "auth"), ("Gateway:Edge:MaxTokenBytes", "x"), ("Gateway:Passwords:WorkFactor", "1")).Count);

    [Fact]
    public void Right_values_are_read()
    {
        var settings = Read(
            ("gateway:path", "/login"), ("Gateway:Tokens:AccessLifetime", "00:10:00"), ("Gateway:Edge:AccessTokenHeader", "False"),
            ("Gateway:Revocation:OnStale", "allow"), ("Gateway:Secret", null), ("Gateway:PublicUrl", "https://app.example.com:8443"),
            ("Gateway:Policies:orders:Claims:tenant:0", "acme"), ("Gateway:Policies:orders:Claims:tenant:1", "initech"));

        Assert.Empty(settings.Errors);
        Assert.Equal("/login", settings.Get<GatewayOptions>().Path);
        Assert.Equal("https://app.example.com:8443", settings.Get<GatewayOptions>().Origin);
        Assert.Null(settings.Get<GatewayOptions>().Secret);
        Assert.Equal(TimeSpan.FromMinutes(10), settings.Get<TokenOptions>().AccessLifetime);
        Assert.Equal(OnStale.Allow, settings.Get<RevocationOptions>().OnStale);
        Assert.Equal(["acme", "initech"], settings.Get<PoliciesOptions>()["orders"].Claims!["tenant"]);
    }

    [Theory]
    [InlineData("https://app.example.com", "https://app.example.com")]
    [InlineData("https://App.Example.com:443/", "https://app.example.com")]
    [InlineData("http://localhost:8080", "http://localhost:8080")]
    [InlineData("http://app.example.com:80", "http://app.example.com")]
    [InlineData("https://bücher.example", "https://xn--bcher-kva.example")]
    [InlineData("https://xn--bcher-kva.example:8443", "https://xn--bcher-kva.example:8443")]
    [InlineData("http://[::1]:8080", "http://[::1]:8080")]
    [InlineData("http://127.0.0.1:8080", "http://127.0.0.1:8080")]
    public void The_origin_is_what_a_browser_sends(string url, string origin) =>
        Assert.Equal(origin, Read(("Gateway:PublicUrl", url)).Get<GatewayOptions>().Origin);

    [Fact]
    public void A_list_replaces_the_default_whole()
    {
        var issuer = Read(
            ("Gateway:Tokens:TrustedIssuers:0:Issuer", "https://a.example/"), ("Gateway:Tokens:TrustedIssuers:0:Audiences:0", "x"),
            ("Gateway:Tokens:TrustedIssuers:0:Algorithms:0", "ES256")).Get<TrustedIssuerOptions[]>()[0];

        Assert.Equal(["ES256"], issuer.Algorithms);
        Assert.Equal(["at+jwt", "JWT"], issuer.Types);
    }

    [Fact]
    public void Empty_sections_are_allowed() =>
        Assert.Empty(Errors(("Gateway:Cors", null), ("Gateway:Clients", ""), ("Gateway:PolicyTests", ""), ("Gateway:RateLimits", null), ("Gateway:Timeouts", null)));

    [Theory]
    [InlineData("RateLimits:x:Kind", "Bucket", "Gateway:RateLimits:x:Kind: 'Bucket' is not one of TokenBucket, FixedWindow, SlidingWindow, Concurrency.")]
    [InlineData("RateLimits:x:Permits", "0", "Gateway:RateLimits:x:Permits: is missing, or 0, so nobody would get through. It must be between 1 and 1000000.")]
    [InlineData("RateLimits:x:Permits", "1000001", "Gateway:RateLimits:x:Permits: '1000001' is not allowed. It must be between 1 and 1000000.")]
    [InlineData("RateLimits:x:Permits", "many", "Gateway:RateLimits:x:Permits: 'many' is not a whole number.")]
    [InlineData("RateLimits:x:Window", null, "Gateway:RateLimits:x:Window: is missing. It must be between 00:00:00.1000000 and 1.00:00:00, such as 00:00:10.")]
    [InlineData("RateLimits:x:Window", "00:00:00.05", "Gateway:RateLimits:x:Window: '00:00:00.0500000' is not allowed. It must be between 00:00:00.1000000 and 1.00:00:00, such as 00:00:10.")]
    [InlineData("RateLimits:x:Window", "10", "Gateway:RateLimits:x:Window: '10' is not a duration such as 00:05:00 or 7.00:00:00.")]
    [InlineData("RateLimits:x:Kind", "Concurrency", "Gateway:RateLimits:x:Window: means nothing to Concurrency, which counts what is under way. Remove it, or choose another Kind.")]
    [InlineData("RateLimits:x:Queue", "-1", "Gateway:RateLimits:x:Queue: '-1' is not allowed. It must be between 0 and 100000.")]
    [InlineData("RateLimits:x:By", "Tenant", "Gateway:RateLimits:x:By: 'Tenant' is not one of User, Address, Route.")]
    [InlineData("RateLimits:x:Permit", "1", "Gateway:RateLimits:x:Permit: this key does not exist. It must be one of By, Kind, Permits, Queue, Window (did you mean 'Permits'?).")]
    [InlineData("Timeouts:quick", "soon", "Gateway:Timeouts:quick: 'soon' is not a duration such as 00:05:00 or 7.00:00:00.")]
    [InlineData("Timeouts:quick", null, "Gateway:Timeouts:quick: is null. It must be a duration such as 00:05:00 or 7.00:00:00.")]
    public void Limit_or_timeout_that_means_nothing_is_refused(string key, string? value, string error)
    {
        var settings = new Dictionary<string, string?> { ["Gateway:RateLimits:x:Permits"] = "10", ["Gateway:RateLimits:x:Window"] = "00:00:10", ["Gateway:" + key] = value };

        Assert.Equal([error], Errors([.. settings.Select(setting => (setting.Key, setting.Value))]));
    }

    private static List<string> Errors(params (string Key, string? Value)[] settings) => Read(settings).Errors;

    private static Settings Read(params (string Key, string? Value)[] settings)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(settings.Select(s => KeyValuePair.Create(s.Key, s.Value))).Build();
        return new ServiceCollection().AddGateway().AddSingleton<IConfiguration>(configuration)
            .BuildServiceProvider().GetRequiredService<Settings>();
    }
}
