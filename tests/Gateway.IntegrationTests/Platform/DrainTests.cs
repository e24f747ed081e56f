using System.Net.WebSockets;

namespace Gateway.IntegrationTests.Platform;

/// <summary>How a gateway in a process of its own leaves: what was begun is finished, then sockets are told, then it closes, the management listener last.</summary>
public sealed class DrainTests
{
    [Theory]
    [InlineData("TERM")]
    [InlineData("INT")]
    public async Task Signal_ends_it_at_once_where_nobody_is_connected(string signal)
    {
        await using var gateway = await LeavingGateway.StartAsync();

        Assert.Equal(0, await gateway.Process.SignalAsync(signal));
    }

    [Fact]
    public async Task Interrupt_waits_for_no_balancer()
    {
        await using var gateway = await LeavingGateway.StartAsync();
        using var kept = await KeptConnection.OpenAsync(gateway.Url);
        await kept.AskAsync("GET /open/1");

        Assert.Equal(0, await gateway.Process.SignalAsync("INT"));
    }

    [Fact]
    public async Task Balancer_that_connects_anew_for_each_request_is_given_time_too()
    {
        await using var gateway = await LeavingGateway.StartAsync();
        using var stop = new CancellationTokenSource();
        await AskOnceAsync();
        var asking = AskAsync();

        await gateway.TellAsync();
        await Task.WhenAny(asking, Task.Delay(TimeSpan.FromSeconds(1)));      // it would long have closed

        await stop.CancelAsync();
        await asking;

        async Task AskAsync()
        {
            while (!stop.IsCancellationRequested)
            {
                await AskOnceAsync();
                await Task.Delay(TimeSpan.FromMilliseconds(50));
            }
        }

        async Task AskOnceAsync()
        {
            using var connection = await KeptConnection.OpenAsync(gateway.Url);
            Assert.Equal(200, (await connection.AskAsync("GET /open/1", null, "Connection: close")).Status);
        }
    }

    [Fact]
    public async Task What_was_begun_is_finished_then_sockets_are_told_and_the_management_listener_closes_last()
    {
        await using var gateway = await LeavingGateway.StartAsync(delay: "00:00:01");
        var anna = await gateway.SignUpAsync("anna");
        var (slow, download) = (gateway.AnswerLater("/open/slow"), gateway.AnswerLater("/open/download", "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf", "rest"));
        using var http = Caller.Anonymous(gateway.Url);
        var (slowAnswer, downloaded) = (http.GetStringAsync("/open/slow"), http.GetStringAsync("/open/download"));
        var half = new string(' ', 10_000);      // less would soon be too slow for Kestrel
        using var upload = await KeptConnection.OpenAsync(gateway.Url);
        await upload.WriteAsync(upload.Head("POST /open/upload", $"Content-Length: {half.Length + 4}") + half);
        using var asked = await KeptConnection.OpenAsync(gateway.ManagementUrl);
        await asked.WriteAsync(asked.Head("POST /admin/revocations", "Content-Type: application/json", $"Content-Length: {half.Length + 2}") + "{" + half);
        await Task.WhenAll(slow.Asked, download.Asked);
        using var socket = await OpenAsync(gateway, "/orders/ws", anna);
        using var anyone = await OpenAsync(gateway, "/open/ws");

        var end = gateway.Process.SignalAsync("TERM");
        await gateway.UntilClosedAsync();

        Assert.Equal(HttpStatusCode.ServiceUnavailable, await gateway.HealthAsync("ready"));
        Assert.Equal(HttpStatusCode.OK, await gateway.HealthAsync("live"));
        await Task.Delay(TimeSpan.FromSeconds(1));      // several looks at who is still there
        Assert.Equal("hello", await EchoAsync(socket));
        Assert.Equal("hello", await EchoAsync(anyone));
        await upload.WriteAsync("rest");
        Assert.Equal(200, (await upload.AnswerAsync()).Status);
        Assert.Equal(half + "rest", Assert.Single(gateway.Backend.Requests, request => request.Target == "/open/upload").Text);
        download.Answer.SetResult();
        Assert.Equal("halfrest", await downloaded);
        Assert.Equal("hello", await EchoAsync(socket));
        slow.Answer.SetResult();
        Assert.Equal("done", await slowAnswer);

        await AssertToldAsync(socket);
        await AssertToldAsync(anyone);
        Assert.False(end.IsCompleted);      // somebody is asking the management listener
        await asked.WriteAsync("}");
        (await asked.AnswerAsync()).AssertRefused(503, "busy");
        Assert.Equal(0, await end);
        Assert.True(await KeptConnection.IsRefusedAsync(gateway.ManagementUrl));
    }

    [Fact]
    public async Task Logins_that_wait_for_their_hash_are_answered()
    {
        await using var gateway = await LeavingGateway.StartAsync(delay: "00:00:00", change: settings => settings.Set("Gateway:Passwords:WorkFactor", 12));
        await gateway.SignUpAsync("anna");
        var connections = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => KeptConnection.OpenAsync(gateway.Url)));
        var logins = connections.Select(connection => connection.AskAsync("POST /auth/login", $$"""{"username":"anna","password":"{{TestGateway.Password}}"}""")).ToArray();
        await Task.WhenAny(logins);      // so they have all arrived, and one is hashed after another

        var end = gateway.Process.SignalAsync("TERM");

        Assert.All(await Task.WhenAll(logins), answer => Assert.Equal(200, answer.Status));
        Assert.Equal(0, await end);
        Array.ForEach(connections, connection => connection.Dispose());
    }

    [Fact]
    public async Task After_its_timeout_what_is_left_is_cut_and_never_ends_as_if_it_were_whole()
    {
        await using var gateway = await LeavingGateway.StartAsync(delay: "00:00:00", timeout: "00:00:05");
        var anna = await gateway.SignUpAsync("anna");
        var (slow, download) = (gateway.AnswerLater("/open/slow"), gateway.AnswerLater("/open/download", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"));
        using var http = Caller.Anonymous(gateway.Url);
        var (slowAnswer, downloaded) = (http.GetStringAsync("/open/slow"), http.GetStringAsync("/open/download"));
        await Task.WhenAll(slow.Asked, download.Asked);
        using var socket = await OpenAsync(gateway, "/orders/ws", anna);

        var end = gateway.Process.SignalAsync("TERM");

        await AssertToldAsync(socket);
        Assert.False(slowAnswer.IsCompleted || downloaded.IsCompleted);      // who can be told is told before
        await Assert.ThrowsAsync<HttpRequestException>(() => slowAnswer);
        await Assert.ThrowsAsync<HttpRequestException>(() => downloaded);
        Assert.Equal(0, await end);
        Assert.DoesNotContain("Unhandled exception", gateway.Process.Output);
    }

    [Fact]
    public async Task Event_streams_end_as_if_the_backend_had_said_all()
    {
        await using var gateway = await LeavingGateway.StartAsync(delay: "00:00:00");
        var anna = await gateway.SignUpAsync("anna");
        const string First = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: first\n\n";
        using var nobody = Caller.Anonymous(gateway.Url);
        gateway.AnswerLater("/orders/events", First);
        gateway.AnswerLater("/open/events", First);
        using var hers = new StreamReader(await anna.GetStreamAsync("/orders/events"));
        using var anyones = new StreamReader(await nobody.GetStreamAsync("/open/events"));
        Assert.Equal("data: first", await hers.ReadLineAsync());
        Assert.Equal("data: first", await anyones.ReadLineAsync());

        Assert.Equal(0, await gateway.Process.SignalAsync("TERM"));

        Assert.Equal("\n", await hers.ReadToEndAsync());
        Assert.Equal("\n", await anyones.ReadToEndAsync());
    }

    [Fact]
    public async Task What_was_used_in_the_last_moment_is_noted()
    {
        await using var gateway = await TestGateway.StartAsync(clock: new TestClock());      // it stands still, so nothing is noted now and then
        var anna = await (await gateway.SignUpAsync("anna")).RefreshAsync();
        Assert.Equal(HttpStatusCode.OK, (await anna.GetAsync("/orders/1")).StatusCode);
        Assert.Equal(0, Database.Count(gateway.DatabaseFile, "sessions WHERE GenerationSeen"));

        await gateway.StopAsync();

        Assert.Equal(1, Database.Count(gateway.DatabaseFile, "sessions WHERE GenerationSeen"));
    }

    private static async Task<ClientWebSocket> OpenAsync(LeavingGateway gateway, string path, Caller? caller = null)
    {
        var socket = new ClientWebSocket();
        if (caller is not null)
            socket.Options.SetRequestHeader("Authorization", "Bearer " + caller.Session.AccessToken);
        await socket.ConnectAsync(new UriBuilder(gateway.Url) { Scheme = "ws", Path = path }.Uri, default);
        Assert.Equal("hello", await EchoAsync(socket));
        return socket;
    }

    private static async Task<string> EchoAsync(ClientWebSocket socket)
    {
        await socket.SendAsync("hello"u8.ToArray(), WebSocketMessageType.Text, endOfMessage: true, default);
        var buffer = new byte[16];
        var message = await socket.ReceiveAsync(buffer, default);
        return Encoding.UTF8.GetString(buffer, 0, message.Count);
    }

    private static async Task AssertToldAsync(ClientWebSocket socket)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        var message = await socket.ReceiveAsync(new byte[16], patience.Token);
        Assert.Equal((WebSocketMessageType.Close, WebSocketCloseStatus.EndpointUnavailable), (message.MessageType, socket.CloseStatus));
        await socket.CloseOutputAsync(WebSocketCloseStatus.EndpointUnavailable, null, patience.Token);
    }
}
