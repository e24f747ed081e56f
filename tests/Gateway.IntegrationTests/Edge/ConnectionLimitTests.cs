namespace Gateway.IntegrationTests.Edge;

/// <summary>What one client may hold, and for how long.</summary>
public sealed class ConnectionLimitTests(ConnectionLimitTests.Narrow gateway) : GatewayTests<ConnectionLimitTests.Narrow>(gateway)
{
    private const int Limit = 10;

    public sealed class Narrow : TestGateway
    {
        protected override void Configure(SettingsFile settings) => settings.Set("Gateway:Edge:MaxConnections", Limit);
    }

    [Fact]
    public async Task Connection_beyond_the_limit_is_closed_until_another_ends()
    {
        var held = await Task.WhenAll(Enumerable.Range(0, Limit).Select(_ => RawConnection.OpenAsync(gateway.Url)));
        foreach (var connection in held)
            Assert.Contains(" 200 ", (await AskAsync(connection))![0]);

        using var beyond = await RawConnection.OpenAsync(gateway.Url);
        var refused = await AskAsync(beyond);
        foreach (var connection in held)
            connection.Dispose();

        Assert.Null(refused);
        await Eventually.IsAsync(AskAnewAsync, head => head is not null);
    }

    [Fact]
    public async Task Slowloris_who_never_ends_its_headers_is_cut_off()
    {
        using var connection = await RawConnection.OpenAsync(gateway.Url);
        await connection.SendAsync("GET /open/1 HTTP/1.1\r\nHost: x\r\nX-A: ");

        var head = await connection.ReadHeadAsync(); // after RequestHeadersTimeout
        await connection.UntilClosedAsync();

        Assert.Contains(" 408 ", head![0]);
        Assert.Empty(gateway.Backend.Requests);
    }

    private async Task<string[]?> AskAnewAsync()
    {
        using var next = await RawConnection.OpenAsync(gateway.Url);
        return await AskAsync(next);
    }

    private static async Task<string[]?> AskAsync(RawConnection connection)
    {
        try
        {
            await connection.SendAsync("GET /open/1 HTTP/1.1\r\nHost: x\r\n\r\n");
            return await connection.ReadHeadAsync();
        }
        catch (IOException)
        {
            return null;
        }
    }
}
