namespace Gateway.IntegrationTests.Protocols;

/// <summary>What is open when another configuration comes into force is judged by it; a request and its answer finish as they began.</summary>
public sealed class ReloadConnectionTests(ProtocolGateway gateway) : IClassFixture<ProtocolGateway>
{
    private static readonly string[] Lasting = ["ws", "ws h2", "events", "grpc duplex"];

    [Fact]
    public async Task What_the_new_policy_would_refuse_ends_and_the_rest_stays()
    {
        var (bob, held) = (await gateway.SignInAsync("bob"), new HeldConnections(gateway));
        var connections = new Dictionary<string, HeldConnection>();
        foreach (var kind in (string[])[.. Lasting, "download length"])
            connections[kind] = await held.OpenAsync(kind, bob);

        await gateway.ChangeAsync(settings => settings.Route("another", "/another"));
        await Task.Delay(700);      // it is looked at four times a second
        Assert.All(connections, connection => Assert.True(connection.Value.IsOpen, connection.Key));

        var policed = gateway.Settings.ToString();
        await gateway.ChangeAsync(settings =>
        {
            settings.Set("Gateway:Policies:staff", new JsonObject { ["Roles"] = new JsonArray("staff") });
            foreach (var route in JsonNode.Parse(policed)!["ReverseProxy"]!["Routes"]!.AsObject().Select(route => route.Key))
                settings.Set($"ReverseProxy:Routes:{route}:AuthorizationPolicy", "staff");
        });

        foreach (var kind in Lasting)
            Assert.Contains(await connections[kind].EndedAsync(), HeldConnections.Kinds[kind]);
        Assert.True(connections["download length"].IsOpen);
        await bob.PostAsync("/auth/logout", null);
        await connections["download length"].EndedAsync();
    }
}
