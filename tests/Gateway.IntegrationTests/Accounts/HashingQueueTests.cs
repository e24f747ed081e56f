namespace Gateway.IntegrationTests.Accounts;

public sealed class NarrowGateway : TestGateway
{
    protected override void Configure(SettingsFile settings) => settings
        .Set("Gateway:Passwords:WorkFactor", 12)
        .Set("Gateway:Passwords:Threads", 1)
        .Set("Gateway:Passwords:QueueLimit", 1);
}

public sealed class HashingQueueTests(NarrowGateway gateway) : GatewayTests<NarrowGateway>(gateway)
{
    // The second row: if unknown users cost nothing, none of them would ever meet a full queue, and names could be told apart by that.
    [Theory]
    [InlineData("harold")]
    [InlineData("nobody-of-that-name")]
    public async Task Full_queue_says_busy_for_known_and_unknown_users_alike(string username)
    {
        if (username == "harold")
            await gateway.SignUpAsync(username);
        var caller = gateway.Anonymous();

        var responses = await Task.WhenAll(Enumerable.Range(0, 30).Select(_ =>
            caller.PostAsJsonAsync("/auth/login", new { username, password = "not the password" })));

        var busy = responses.Where(r => r.StatusCode == HttpStatusCode.ServiceUnavailable).ToArray();
        var judged = responses.Except(busy).ToArray();
        Assert.NotEmpty(busy);
        Assert.NotEmpty(judged);
        foreach (var response in busy)
            await response.AssertRefusedAsync(503, "busy");
        foreach (var response in judged)
            await response.AssertRefusedAsync(401, "invalid_credentials");
    }

    [Fact]
    public async Task Full_queue_leaves_signed_in_users_alone()
    {
        var ida = await gateway.SignUpAsync("ida");
        var caller = gateway.Anonymous();
        var flood = Task.WhenAll(Enumerable.Range(0, 30).Select(_ => caller.PostAsJsonAsync("/auth/login", new { username = "ida", password = "not the password" })));

        var response = await ida.GetAsync("/orders/1");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        await flood;
    }
}
