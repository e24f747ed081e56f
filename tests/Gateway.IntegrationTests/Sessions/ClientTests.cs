using System.Net.Http.Headers;

namespace Gateway.IntegrationTests.Sessions;

/// <summary>Who may ask about tokens, and how: a stranger learns nothing, not even what is wrong with his form.</summary>
public sealed class ClientTests(ClientGateway gateway) : GatewayTests<ClientGateway>(gateway)
{
    public static TheoryData<string, string> Strangers
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var path in (string[])["/auth/introspect", "/auth/revoke"])
            {
                foreach (var header in (string[])
                [
                    "Accept: */*",
                    "Authorization: Basic",
                    "Authorization: Basic ",
                    "Authorization: Basic !!!!",
                    $"Authorization: {ClientGateway.Basic(ClientGateway.Id, "wrong")}",
                    $"Authorization: {ClientGateway.Basic(ClientGateway.Id, "")}",
                    $"Authorization: {ClientGateway.Basic(ClientGateway.Id, ClientGateway.Secret.ToUpperInvariant())}",
                    $"Authorization: {ClientGateway.Basic(ClientGateway.Id, ClientGateway.Secret + " ")}",
                    $"Authorization: {ClientGateway.Basic(ClientGateway.Id, "sha256:" + Convert.ToHexStringLower(ClientGateway.Hash(ClientGateway.Secret)))}", // pass the hash
                    $"Authorization: {ClientGateway.Basic(ClientGateway.OddId, ClientGateway.Secret)}", // another client's secret
                    $"Authorization: {ClientGateway.Basic("nobody", ClientGateway.Secret)}",
                    $"Authorization: {ClientGateway.Basic("ORDERS-API", ClientGateway.Secret)}",
                    $"Authorization: {ClientGateway.Basic("", ClientGateway.Secret)}",
                    $"Authorization: Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes(ClientGateway.Id))}", // no colon
                    $"Authorization: {ClientGateway.Basic(ClientGateway.Id + "%", ClientGateway.Secret)}",
                    $"Authorization: Bearer {ClientGateway.Secret}",
                    $"Authorization: {ClientGateway.Basic(ClientGateway.Id, ClientGateway.Secret)}|Authorization: {ClientGateway.Basic(ClientGateway.Id, ClientGateway.Secret)}",
                ])
                    data.Add(path, header);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Strangers))]
    public async Task Stranger_is_refused_before_anybody_looks_at_the_form(string path, string headers)
    {
        var answer = await RawHttp.SendAsync(gateway.Url, string.Concat([
            $"POST {path} HTTP/1.1\r\nHost: {gateway.Url.Authority}\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n",
            .. headers.Split('|').Select(header => header + "\r\n"), "\r\ntoken"]));

        answer.AssertRefused(401, "invalid_credentials");
        Assert.Equal("Basic realm=\"gateway\"", answer.Headers["WWW-Authenticate"]);
    }

    [Fact]
    public async Task User_of_ours_is_no_client_and_where_none_is_configured_nobody_is()
    {
        var anna = await gateway.KeptAsync("anna");
        await using var bare = await TestGateway.StartAsync();

        var asUser = await anna.PostAsync("/auth/introspect", Form("token", anna.Session.AccessToken));
        var withPassword = await gateway.AskAsync("/auth/introspect", Form("token", anna.Session.AccessToken), ClientGateway.Basic("anna", TestGateway.Password));
        var unconfigured = await bare.Bearing("x").PostAsync("/auth/introspect", Form("token", "x"));

        foreach (var answer in (HttpResponseMessage[])[asUser, withPassword, unconfigured])
            await answer.AssertRefusedAsync(401, "invalid_credentials");
    }

    [Theory]
    [InlineData(ClientGateway.Id, null)] // neither percent nor plus: as it is
    [InlineData("orders%2Dapi", null)]
    [InlineData("billing%2Bapi%252F", "{odd}")]
    [InlineData("%62illing%2bapi%252F", "{odd}")]
    public async Task Id_and_secret_are_encoded_as_in_a_form(string id, string? secret)
    {
        secret = secret is null ? ClientGateway.Secret : Uri.EscapeDataString(ClientGateway.OddSecret).Replace("%20", "+");

        var answer = await gateway.AskAsync("/auth/introspect", Form("token", "x"), ClientGateway.Basic(id, secret));

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Theory]
    [InlineData("")]
    [InlineData("token=")]
    [InlineData("token")]
    [InlineData("Token=x")]
    [InlineData("token_type_hint=access_token")]
    [InlineData("token=x&token=y")]
    [InlineData("token=x&token=x")]
    [InlineData("token=x&%74oken=y")]
    [InlineData("token=x&token_type_hint=a&token_type_hint=a")]
    [InlineData("token=%")]
    [InlineData("token=%4")]
    [InlineData("token=%zz")]
    [InlineData("token=%ff")]
    [InlineData("token=%ed%a0%80")]
    [InlineData("token=é")]
    [InlineData("token=x\n")]
    public async Task Form_that_can_be_read_in_two_ways_or_says_no_token_is_refused(string body)
    {
        foreach (var path in (string[])["/auth/introspect", "/auth/revoke"])
            await (await gateway.AskAsync(path, Content(body))).AssertRefusedAsync(400, "invalid_request");
    }

    [Theory]
    [InlineData(null)]
    [InlineData("application/json")]
    [InlineData("text/plain")]
    [InlineData("multipart/form-data; boundary=x")]
    [InlineData("application/x-www-form-urlencoded; charset=utf-16")]
    public async Task Other_content_type_is_refused(string? type) =>
        await (await gateway.AskAsync("/auth/introspect", Content("token=x", type))).AssertRefusedAsync(415, "request_refused");

    [Fact]
    public async Task Form_over_16_kilobytes_is_too_large() =>
        await (await gateway.AskAsync("/auth/introspect", Content("token=" + new string('x', 16 * 1024)))).AssertRefusedAsync(413, "request_refused");

    [Fact]
    public async Task Guesser_of_secrets_is_stopped_and_the_client_behind_the_same_address_is_not()
    {
        using var guesser = Caller.At(IPAddress.Parse("127.7.0.1"), gateway.Url);
        var answers = await Task.WhenAll(Enumerable.Range(0, 150).Select(_ => gateway.AskAsync("/auth/introspect", Form("token", "x"), ClientGateway.Basic(ClientGateway.Id, "guess"), guesser)));

        var right = await gateway.AskAsync("/auth/introspect", Form("token", "x"), caller: guesser);

        await Assert.Single(answers.Where(a => a.StatusCode is HttpStatusCode.TooManyRequests).Take(1)).AssertRefusedAsync(429, "rate_limited");
        Assert.InRange(answers.Count(a => a.StatusCode is HttpStatusCode.Unauthorized), 100, 149);
        Assert.Equal(HttpStatusCode.OK, right.StatusCode);
    }

    [Theory]
    [InlineData("Id", "a:b", "without a colon")]
    [InlineData("Id", "", "visible ASCII")]
    [InlineData("Id", "böse", "visible ASCII")]
    [InlineData("SecretHash", "my-plain-secret-of-many-characters", "is not a hash")]
    [InlineData("SecretHash", "sha256:abc", "sha256sum")]
    [InlineData("SecretHash", "md5:d41d8cd98f00b204e9800998ecf8427e", "is not a hash")]
    [InlineData("SecretHash", "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "hash of nothing")]
    [InlineData("Secret", "x", "does not exist")]
    public async Task Client_that_cannot_be_one_stops_the_start(string key, string value, string said)
    {
        var client = new JsonObject { ["Id"] = "a", ["SecretHash"] = "sha256:" + new string('a', 64), [key] = value };

        var refusal = await TestGateway.RefusedStartAsync(settings => settings.Set("Gateway:Clients", new JsonArray(client)));

        refusal.AssertSays($"Gateway:Clients:0:{key}", said);
        Assert.DoesNotContain(refusal.Errors, error => error.Contains("my-plain-secret", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Two_clients_of_one_name_stop_the_start()
    {
        var refusal = await TestGateway.RefusedStartAsync(settings => settings.Set("Gateway:Clients", new JsonArray([.. "ab".Select(c =>
            new JsonObject { ["Id"] = "same", ["SecretHash"] = "sha256:" + new string(c, 64) })])));

        refusal.AssertSays("Gateway:Clients:1:Id", "'same' is there twice");
    }

    private static FormUrlEncodedContent Form(string name, string value) => new(new Dictionary<string, string> { [name] = value });

    private static ByteArrayContent Content(string body, string? type = "application/x-www-form-urlencoded")
    {
        var content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
        content.Headers.ContentType = type is null ? null : MediaTypeHeaderValue.Parse(type);
        return content;
    }
}
