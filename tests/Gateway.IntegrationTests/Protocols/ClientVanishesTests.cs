namespace Gateway.IntegrationTests.Protocols;

/// <summary>However a client leaves, or fails to, the backend is let go of and the others are served.</summary>
public sealed class ClientVanishesTests(TouchyGateway gateway) : GatewayTests<TouchyGateway>(gateway)
{
    private const int Times = 20;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    [Theory]
    [InlineData("reset")]
    [InlineData("closed")]
    [InlineData("half-closed")]
    public async Task Websocket_that_ends_within_a_frame_lets_go_of_the_backend(string way)
    {
        var anna = await gateway.KeptAsync("anna");
        var clients = await Task.WhenAll(Enumerable.Range(0, Times).Select(_ => AskAsync(Sockets.Upgrade(gateway.Url, "/ws-reset/ws", anna.Session.AccessToken))));

        foreach (var client in clients)
        {
            await client.SendAsync(Sockets.ClientFrame(0x81, "hello").AsMemory(0, 8));
            Leave(client, way);
        }

        await AssertGoesOnAsync(anna);
        Array.ForEach(clients, client => client.Dispose());
    }

    [Theory]
    [InlineData("reset")]
    [InlineData("closed")]
    [InlineData("half-closed")]
    public async Task Client_that_ends_within_an_upload_lets_go_of_the_backend(string way)
    {
        var anna = await gateway.KeptAsync("anna");
        var clients = await Task.WhenAll(Enumerable.Range(0, Times).Select(_ =>
            AskAsync($"POST /upload-reset/upload HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {anna.Session.AccessToken}\r\nContent-Length: 1000\r\n\r\nhello", answered: false)));
        await Eventually.IsAsync(() => Task.FromResult(gateway.Bad.Open), open => open >= Times);

        Array.ForEach(clients, client => Leave(client, way));

        await AssertGoesOnAsync(anna);
        Array.ForEach(clients, client => client.Dispose());
    }

    [Theory]
    [InlineData("stream", "reset")]
    [InlineData("stream", "closed")]
    [InlineData("wait", "reset")]
    [InlineData("wait", "closed")]
    public async Task Client_that_leaves_an_answer_lets_go_of_the_backend(string path, string way)
    {
        var anna = await gateway.KeptAsync("anna");
        var clients = await Task.WhenAll(Enumerable.Range(0, Times).Select(_ =>
            AskAsync($"GET /stream-reset/{path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {anna.Session.AccessToken}\r\n\r\n", answered: path == "stream")));
        await Eventually.IsAsync(() => Task.FromResult(gateway.Bad.Open), open => open >= Times);

        Array.ForEach(clients, client => Leave(client, way));

        await AssertGoesOnAsync(anna);
        Array.ForEach(clients, client => client.Dispose());
    }

    [Fact]
    public async Task Slow_headers_hold_up_nobody_and_end()
    {
        var anna = await gateway.KeptAsync("anna");
        var clients = await Task.WhenAll(Enumerable.Range(0, Times).Select(_ => AskAsync("GET /orders/1 HTTP/1.1\r\nHost: x\r\nX-Slow", answered: false)));

        Assert.Equal(HttpStatusCode.OK, (await anna.GetAsync("/orders/1")).StatusCode);

        foreach (var client in clients)
            Assert.Equal(408, (await WireAnswer.ReadAsync(client.Stream).WaitAsync(Patience))?.Status);
        Array.ForEach(clients, client => client.Dispose());
    }

    private async Task<RawConnection> AskAsync(string request, bool answered = true)
    {
        var client = await RawConnection.OpenAsync(gateway.Url);
        await client.SendAsync(request);
        if (answered)
            Assert.NotEqual(0, await client.Stream.ReadAsync(new byte[1024]));
        return client;
    }

    private static void Leave(RawConnection client, string way)
    {
        if (way == "reset")
            client.Reset();
        else if (way == "closed")
            client.Dispose();
        else
            client.HalfClose();
    }

    private async Task AssertGoesOnAsync(Caller anna)
    {
        await gateway.Bad.AssertReleasedAsync();
        Assert.Equal(HttpStatusCode.OK, (await anna.GetAsync("/orders/1")).StatusCode);
    }
}
