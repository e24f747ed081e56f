namespace Gateway.IntegrationTests.Replicas;

/// <summary>An operator revokes at one replica's management listener, and is told that every replica refuses from then on.</summary>
public sealed class AdminRevocationTests(OnRedis gateways) : ReplicaTests<OnRedis>(gateways)
{
    [Theory]
    [InlineData("session")]
    [InlineData("user")]
    [InlineData("jti")]
    public async Task Revoked_by_an_operator_is_refused_everywhere(string what)
    {
        var (visitor, other) = (await gateways.KnownAsync(), await gateways.KnownAsync());
        var value = what switch
        {
            "session" => visitor.Session.SessionId,
            "user" => visitor.Session.User.Id,
            _ => (string)Jwt.Payload(visitor.Session.AccessToken)["jti"]!,
        };

        var answer = await RevokeAsync(await AdminAsync(), new() { [what] = value });

        await visitor.AssertOutAsync();
        await other.AssertInAsync();
        var proof = await ProofTests.ReadAsync(answer);
        Assert.Equal(("all", 3), (proof.Applied, proof.Replicas));
    }

    [Fact]
    public async Task Nobody_else_may()
    {
        var visitor = await gateways.KnownAsync();

        var answer = await RevokeAsync(visitor[0], new() { ["user"] = visitor.Session.User.Id });

        await answer.AssertRefusedAsync(403, "policy_denied");
        await visitor.AssertInAsync();
    }

    private Task<HttpResponseMessage> RevokeAsync(Caller caller, JsonObject body)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(gateways.All[0].ManagementUrl, "/admin/revocations")) { Content = JsonContent.Create(body) };
        request.Headers.Add("Prefer", "wait=5");
        return caller.SendAsync(request);
    }

    private async Task<Caller> AdminAsync()
    {
        var user = (await gateways.SignUpAsync()).Session.User;
        (await CommandLine.RunAsync("users", "set", user.Username, "--role", "admin", "--config", gateways.All.ConfigurationFile)).AssertSucceeded();
        using var nobody = Caller.Anonymous(gateways.All[0].Url);
        var login = await nobody.PostAsJsonAsync("/auth/login", new { username = user.Username, password = TestGateway.Password });
        var session = await login.ReadAsync<Session>(HttpStatusCode.OK);
        return Caller.Bearing(gateways.All[0].Url, session.AccessToken, session);
    }
}
