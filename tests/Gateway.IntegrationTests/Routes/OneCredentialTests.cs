namespace Gateway.IntegrationTests.Routes;

/// <summary>A request speaks for one: whoever sends two credentials, equal or not, is asked which he means.</summary>
public sealed class OneCredentialTests(TestGateway gateway) : GatewayTests<TestGateway>(gateway)
{
    public static TheoryData<string, bool> Pairs()
    {
        var pairs = new TheoryData<string, bool>();
        foreach (var pair in (string[])[
            "Authorization: Bearer {token}|Authorization: Bearer {second}",
            "x-access-token: {token}|x-access-token: {second}",
            "Authorization: Bearer {token}|x-access-token: {second}",
            "Authorization: Bearer {token}|Cookie: {cookie}",
            "x-access-token: {token}|Cookie: {cookie}",
            "Cookie: {cookie}; {cookie2}",
            "Cookie: {cookie}|Cookie: {cookie2}",
            "Cookie: {cookie}; other=1; {cookie2}",
            "Authorization: Bearer {token}|X-Access-Token: {second}|Cookie: {cookie}"])
        {
            pairs.Add(pair, true);
            pairs.Add(pair, false);
        }
        return pairs;
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public async Task Two_credentials_are_refused(string headers, bool equal)
    {
        var (first, second) = (await gateway.KeptAsync("anna"), await gateway.KeptAsync("berta"));
        var (browser, browser2) = (await gateway.KeptWithCookieAsync("anna"), await gateway.KeptWithCookieAsync("berta"));
        var sent = headers
            .Replace("{token}", first.Session.AccessToken)
            .Replace("{second}", (equal ? first : second).Session.AccessToken)
            .Replace("{cookie}", browser.Cookie)
            .Replace("{cookie2}", (equal ? browser : browser2).Cookie);

        var answer = await gateway.RawAsync("GET /orders/1", sent.Split('|'));

        answer.AssertRefused(400, "invalid_request");
        Assert.Empty(gateway.Backend.Requests);
    }

    [Fact]
    public async Task Two_credentials_are_refused_by_our_own_endpoints()
    {
        var anna = await gateway.KeptAsync("anna");

        var answer = await gateway.RawAsync("GET /auth/me", $"Authorization: Bearer {anna.Session.AccessToken}", $"x-access-token: {anna.Session.AccessToken}");

        answer.AssertRefused(400, "invalid_request");
    }

    [Fact]
    public async Task Second_scheme_in_one_header_is_no_way_around()
    {
        var anna = await gateway.KeptAsync("anna");

        var answer = await gateway.RawAsync("GET /orders/1", $"Authorization: Basic YTpi, Bearer {anna.Session.AccessToken}");

        Assert.Contains(answer.Status, (int[])[400, 401]);
        Assert.Empty(gateway.Backend.Requests);
    }

    [Theory]
    [InlineData("Authorization: Basic dXNlcjpwYXNz")]
    [InlineData("Authorization: Digest username=\"x\"")]
    [InlineData("Authorization: Negotiate abc")]
    [InlineData("Authorization: Bearerish abc")]
    public async Task Another_scheme_is_no_credential(string header)
    {
        var answer = await gateway.RawAsync("GET /orders/1", header);

        answer.AssertRefused(401, "token_missing");
        Assert.Empty(gateway.Backend.Requests);
    }

    [Fact]
    public async Task Another_scheme_beside_a_credential_does_no_harm_and_goes_nowhere()
    {
        var anna = await gateway.KeptAsync("anna");

        var answer = await gateway.RawAsync("GET /orders/1", $"x-access-token: {anna.Session.AccessToken}", "Authorization: Basic dXNlcjpwYXNz");

        Assert.Equal(200, answer.Status);
        Assert.False(gateway.Backend.Request.Headers.Has("Authorization"));
    }

    [Fact]
    public async Task Older_header_can_be_switched_off()
    {
        await using var other = await TestGateway.StartAsync(settings => settings.Set("Gateway:Edge:AccessTokenHeader", false));
        var anna = await other.SignInAsync("anna");

        var answers = await Task.WhenAll(((string[])["/orders/1", "/auth/me"]).Select(path => other.RawAsync("GET " + path, $"x-access-token: {anna.Session.AccessToken}")));

        Assert.All(answers, answer => answer.AssertRefused(401, "token_missing"));
        Assert.Empty(other.Backend.Requests);
    }
}
