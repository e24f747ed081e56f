using System.Globalization;
using System.Net.WebSockets;
using Microsoft.AspNetCore.Http;

namespace Gateway.IntegrationTests.Protocols;

/// <summary>Tokens that live for seconds, a route for staff, one whose connections follow the session, and few connections for each.</summary>
public sealed class ShortLivedGateway : ProtocolGateway
{
    public const int MaxConnections = 30;

    public TestIssuer Issuer { get; } = new("https://file.example.com");

    protected override void Configure(SettingsFile settings)
    {
        base.Configure(settings);
        Folder.Write("issuer.jwks", TestIssuer.Jwks(Issuer));
        var issuer = Issuer.Entry();
        issuer["JwksFile"] = "issuer.jwks";
        settings.Trust(issuer);
        settings.Set("Gateway:Tokens:AccessLifetime", "00:00:05").Set("Gateway:Tokens:ClockSkew", "00:00:00").Set("Gateway:Sessions:MaxConnections", MaxConnections);
        settings.Route("long", "/long/{**rest}", metadata: new() { ["Connections"] = "session" }).Set("ReverseProxy:Routes:long:ClusterId", "server");
    }
}

/// <summary>The usual, with a route for staff that is on this machine: who is judged anew is still there.</summary>
public sealed class StaffGateway : ProtocolGateway
{
    protected override void Configure(SettingsFile settings)
    {
        base.Configure(settings);
        settings.Set("Gateway:Policies:staff", JsonNode.Parse("""{ "Roles": ["staff"], "Networks": ["127.0.0.0/8", "::1"] }"""));
        settings.Route("staff", "/staff/{**rest}", "staff").Set("ReverseProxy:Routes:staff:ClusterId", "server");
    }
}

/// <summary>What a session opened ends with it, whatever it is and whatever ended it; what others opened does not.</summary>
public sealed class OpenConnectionTests : GatewayTests<StaffGateway>
{
    private readonly StaffGateway gateway;
    private readonly HeldConnections held;

    public OpenConnectionTests(StaffGateway gateway) : base(gateway) => (this.gateway, held) = (gateway, new(gateway));

    public static TheoryData<string> Kinds => [.. HeldConnections.Kinds.Keys];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Logout_ends_it_at_both_sides(string kind)
    {
        var bob = await gateway.SignInAsync("bob");
        var connection = await held.OpenAsync(kind, bob);
        await Task.Delay(50); // something is on its way
        Assert.True(connection.IsOpen);

        await LogOutAsync(bob);

        Assert.Contains(await connection.EndedAsync(), HeldConnections.Kinds[kind]);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task What_others_opened_goes_on(string kind)
    {
        var (anna, bob, again) = (await gateway.SignInAsync("anna"), await gateway.SignInAsync("bob"), await gateway.SignInAsync("bob"));
        var others = new[] { await held.OpenAsync(kind, anna), await held.OpenAsync(kind, again) };
        var own = await held.OpenAsync(kind, bob);

        await LogOutAsync(bob);
        await own.EndedAsync();
        await anna.RefreshAsync();
        await Task.Delay(1500); // by now they would have been ended

        Assert.All(others, other => Assert.True(other.IsOpen));
        await LogOutAsync(anna, "?scope=all");
        await LogOutAsync(again, "?scope=all");
        Assert.All(await Task.WhenAll(others.Select(other => other.EndedAsync())), told => Assert.Contains(told, HeldConnections.Kinds[kind]));
    }

    [Theory]
    [InlineData("ws")]
    [InlineData("ws h2")]
    [InlineData("events")]
    [InlineData("download chunked")]
    public async Task Logout_of_a_browser_ends_it(string kind)
    {
        var bob = await gateway.SignInWithCookieAsync("bob");
        var connection = await held.OpenAsync(kind, bob);

        await LogOutAsync(bob);

        Assert.Contains(await connection.EndedAsync(), HeldConnections.Kinds[kind]);
    }

    [Fact]
    public async Task Logout_of_all_ends_those_of_all_sessions()
    {
        var (first, second) = (await gateway.SignInAsync("carl"), await gateway.SignInWithCookieAsync("carl"));
        var connections = new[] { await held.OpenAsync("ws", first), await held.OpenAsync("ws", second) };

        await LogOutAsync(first, "?scope=all");

        await AssertEndedAsync(connections);
    }

    [Fact]
    public async Task Logout_of_the_others_leaves_ones_own()
    {
        var (first, second) = (await gateway.SignInAsync("cora"), await gateway.SignInAsync("cora"));
        var (own, other) = (await held.OpenAsync("ws", first), await held.OpenAsync("ws", second));

        await LogOutAsync(first, "?scope=others");

        await AssertEndedAsync(other);
        Assert.True(own.IsOpen);
    }

    [Fact]
    public async Task Session_that_is_deleted_from_another_ends_its_own()
    {
        var (first, second) = (await gateway.SignInAsync("dirk"), await gateway.SignInAsync("dirk"));
        var (own, other) = (await held.OpenAsync("ws", first), await held.OpenAsync("ws", second));

        Assert.Equal(HttpStatusCode.NoContent, (await first.DeleteAsync("/auth/sessions/" + second.Session.SessionId)).StatusCode);

        await AssertEndedAsync(other);
        Assert.True(own.IsOpen);
    }

    [Fact]
    public async Task Password_change_ends_the_others_and_leaves_ones_own()
    {
        var (first, second) = (await gateway.SignInAsync("egon"), await gateway.SignInAsync("egon"));
        var (own, other) = (await held.OpenAsync("ws", first), await held.OpenAsync("ws", second));

        Assert.Equal(HttpStatusCode.NoContent, (await first.PostAsJsonAsync("/auth/password", new { current_password = TestGateway.Password, new_password = "another horse battery" })).StatusCode);

        await AssertEndedAsync(other);
        Assert.True(own.IsOpen);
    }

    [Fact]
    public async Task Refresh_token_that_is_used_again_ends_it()
    {
        var first = await gateway.SignInAsync("fred");
        var connection = await held.OpenAsync("ws", first);
        await (await first.RefreshAsync()).RefreshAsync();
        Assert.True(connection.IsOpen);

        await (await first.PostAsJsonAsync("/auth/refresh", new { refresh_token = first.Session.RefreshToken })).AssertRefusedAsync(401, "refresh_token_reused");

        await AssertEndedAsync(connection);
    }

    [Fact]
    public async Task Role_that_is_granted_disturbs_nothing_and_one_that_is_lost_ends_what_it_opened()
    {
        await gateway.SignInAsync("gerd");
        (await gateway.RunAsync(["users", "set", "gerd", "--role", "user", "--role", "staff"])).AssertSucceeded();
        var (gerd, browser) = (await gateway.LogInAsync("gerd"), await gateway.SignInWithCookieAsync("gerd"));
        var staff = new[] { await held.OpenAsync("ws", gerd, "staff"), await held.OpenAsync("ws h2", browser, "staff") };
        var user = new[] { await held.OpenAsync("ws", gerd), await held.OpenAsync("events", browser) };

        (await gateway.RunAsync(["users", "set", "gerd", "--role", "user", "--role", "staff", "--role", "more"])).AssertSucceeded();
        await Task.Delay(2500); // another process is heard within a second
        Assert.All([.. staff, .. user], connection => Assert.True(connection.IsOpen));

        (await gateway.RunAsync(["users", "set", "gerd", "--role", "user"])).AssertSucceeded();
        await AssertEndedAsync(staff);
        Assert.All(user, connection => Assert.True(connection.IsOpen));
    }

    [Theory]
    [InlineData("ws")]
    [InlineData("events")]
    [InlineData("grpc duplex")]
    public async Task User_who_is_disabled_loses_all(string kind)
    {
        var name = "hans" + kind.Replace(" ", "");
        var hans = await gateway.SignInAsync(name);
        var connection = await held.OpenAsync(kind, hans);

        (await gateway.RunAsync(["users", "disable", name])).AssertSucceeded();

        Assert.Contains(await connection.EndedAsync(), HeldConnections.Kinds[kind]);
    }

    [Fact]
    public async Task What_anybody_may_open_is_nobodys()
    {
        gateway.Server.Socket("/free/echo", Sockets.EchoAsync);
        var bob = await gateway.SignInAsync("bob");
        using var socket = await Sockets.OpenAsync(gateway.Url, "/free/echo", null, ("Authorization", "Bearer " + bob.Session.AccessToken));

        await LogOutAsync(bob, "?scope=all");
        await Task.Delay(1500);
        await socket.SendTextAsync("still here");

        Assert.Equal("still here", await socket.ReceiveTextAsync());
    }

    [Theory]
    [InlineData("ws")]
    [InlineData("download chunked")]
    public async Task Client_that_never_reads_is_ended_too(string kind)
    {
        var ended = new TaskCompletionSource();
        var path = $"/server/never-{kind.Split(' ')[0]}";
        gateway.Server.Answer(path, async http =>
        {
            try
            {
                if (kind == "ws")
                {
                    using var socket = await http.WebSockets.AcceptWebSocketAsync();
                    while (true)
                        await socket.SendAsync(new byte[1 << 20], WebSocketMessageType.Binary, true, http.RequestAborted);
                }
                while (true)
                    await http.Response.Body.WriteAsync(new byte[1 << 20], http.RequestAborted);
            }
            finally
            {
                ended.SetResult();
            }
        });
        var bob = await gateway.SignInAsync("bob");
        using var client = await RawConnection.OpenAsync(gateway.Url);
        await client.SendAsync(kind == "ws" ? Sockets.Upgrade(gateway.Url, path, bob.Session.AccessToken) : $"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {bob.Session.AccessToken}\r\n\r\n");
        await client.Stream.ReadExactlyAsync(new byte[1000]);
        await Task.Delay(500); // all that lies between is full

        await LogOutAsync(bob);

        await ended.Task.WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Closing_that_is_under_way_is_not_disturbed_by_a_logout(int version)
    {
        var (closing, go) = (new TaskCompletionSource(), new TaskCompletionSource());
        gateway.Server.Socket($"/server/closing{version}", async socket =>
        {
            await socket.ReceiveTextAsync();
            closing.SetResult();
            await go.Task;
            await socket.CloseOutputAsync((WebSocketCloseStatus)4001, "bye", default);
        });
        var bob = await gateway.SignInAsync("bob");
        using var client = await Sockets.OpenAsync(gateway.UrlFor(version), $"/server/closing{version}", WebSocketTests.Over(version), ("Authorization", "Bearer " + bob.Session.AccessToken));
        await client.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "bye", default);
        await closing.Task;

        await LogOutAsync(bob);
        go.SetResult();

        // Whichever was faster: one close, or none, and no frame after it.
        string[] either = ["close 4001 bye", "close 4401 session ended", "cut"];
        Assert.Contains(await TextOrCutAsync(client).WaitAsync(TimeSpan.FromSeconds(30)), either);
    }

    [Fact]
    public async Task Request_that_is_about_to_be_answered_is_answered()
    {
        var (begun, go) = (new TaskCompletionSource(), new TaskCompletionSource());
        gateway.Server.Answer("/server/nearly", async http =>
        {
            begun.SetResult();
            await go.Task;
            await http.Response.WriteAsync("done");
        });
        var bob = await gateway.SignInAsync("bob");
        var asking = bob.GetStringAsync("/server/nearly");
        await begun.Task;

        await LogOutAsync(bob);
        go.SetResult();

        Assert.Equal("done", await asking);
    }

    [Fact]
    public async Task Hundreds_end_at_once()
    {
        var (bob, anna) = (await gateway.SignInAsync("bob"), await gateway.SignInAsync("anna"));
        var others = await Task.WhenAll(Enumerable.Range(0, 100).Select(n => held.OpenAsync(n % 2 == 0 ? "ws" : "ws h2", anna)));
        var own = await Task.WhenAll(Enumerable.Range(0, 300).Select(n => held.OpenAsync((n % 3) switch { 0 => "ws", 1 => "ws h2", _ => "events silent" }, bob)));

        await LogOutAsync(bob);

        var told = await Task.WhenAll(own.Select(connection => connection.EndedAsync()));
        Assert.All(told.Index(), end => Assert.Equal(end.Index % 3 == 2 ? "end" : "close 4401 session ended", end.Item));
        Assert.All(others, other => Assert.True(other.IsOpen));
        await LogOutAsync(anna);
    }

    private static async Task<string> TextOrCutAsync(WebSocket socket)
    {
        try
        {
            return await socket.ReceiveTextAsync();
        }
        catch (WebSocketException)
        {
            return "cut";
        }
    }

    private static async Task LogOutAsync(Caller caller, string scope = "") =>
        Assert.Equal(HttpStatusCode.NoContent, (await caller.PostAsync("/auth/logout" + scope, null)).StatusCode);

    internal static async Task AssertEndedAsync(params HeldConnection[] connections)
    {
        foreach (var connection in connections)
            Assert.Equal("close 4401 session ended", await connection.EndedAsync());
    }
}

/// <summary>What a token opened ends with the token, unless a refresh or the session's own life carries it on.</summary>
public sealed class ExpiryTests : GatewayTests<ShortLivedGateway>
{
    private static readonly TimeSpan PastExpiry = TimeSpan.FromSeconds(8);

    private readonly ShortLivedGateway gateway;
    private readonly HeldConnections held;

    public ExpiryTests(ShortLivedGateway gateway) : base(gateway)
    {
        gateway.Server.Socket("/server/foreign", Sockets.EchoAsync);
        (this.gateway, held) = (gateway, new(gateway));
    }

    [Fact]
    public async Task Store_that_cannot_be_asked_ends_nobodys()
    {
        await using var own = new ShortLivedGateway();
        await own.InitializeAsync();
        var anna = await own.SignInAsync("anna");
        var connection = await new HeldConnections(own).OpenAsync("ws", anna);
        File.Move(own.DatabaseFile, own.Folder.File("away.db"));

        await Task.Delay(PastExpiry);
        Assert.True(connection.IsOpen);

        File.Move(own.Folder.File("away.db"), own.DatabaseFile);
        await OpenConnectionTests.AssertEndedAsync(connection); // it was not refreshed
        own.Log.Forget();
    }

    [Fact]
    public async Task Nobody_stays_for_ever_at_a_gateway_that_hears_of_nothing()
    {
        await using var own = new ShortLivedGateway();
        own.Settings.Set("Gateway:Revocation:MaxStaleness", "00:00:02");
        await own.InitializeAsync();
        var anna = await own.SignInAsync("anna");
        var connection = await new HeldConnections(own).OpenAsync("ws", anna);

        File.Move(own.DatabaseFile, own.Folder.File("away.db"));

        Assert.Equal("close 1013 try again later", await connection.EndedAsync());
        own.Log.Forget();
    }

    [Fact]
    public async Task Login_that_is_too_old_by_now_ends_what_it_opened()
    {
        await using var own = new ShortLivedGateway();
        await own.InitializeAsync();
        await own.ChangeAsync(settings => settings.Set("Gateway:Policies:recent", new JsonObject { ["MaxAuthAge"] = "00:00:08" })
            .Route("server", "/server/{**rest}", "recent", metadata: new() { ["Connections"] = "session" }).Set("ReverseProxy:Routes:server:ClusterId", "server"));
        var connection = await new HeldConnections(own).OpenAsync("ws", await own.SignInAsync("anna"));

        Assert.Equal("close 4401 session ended", await connection.EndedAsync());
    }

    [Fact]
    public async Task Token_that_runs_out_ends_what_it_opened()
    {
        var bob = await gateway.SignInAsync("bob");
        string[] kinds = ["ws", "ws h2", "events", "grpc duplex", "download chunked", "upload h2"];
        var connections = await Task.WhenAll(kinds.Select(kind => held.OpenAsync(kind, bob)));

        var told = await Task.WhenAll(connections.Select(connection => connection.EndedAsync()));

        Assert.All(told.Zip(kinds), end => Assert.Contains(end.First, HeldConnections.Kinds[end.Second]));
    }

    [Fact]
    public async Task Token_of_another_issuer_ends_it_too()
    {
        var exp = DateTimeOffset.UtcNow.ToUnixTimeSeconds() + 5;
        using var socket = await Sockets.OpenAsync(gateway.Url, "/server/foreign", null, ("Authorization", "Bearer " + gateway.Issuer.Token(new() { ["exp"] = exp })));

        var told = await socket.ReceiveTextAsync().WaitAsync(TimeSpan.FromSeconds(30));

        Assert.Equal("close 4401 session ended", told);
        Assert.InRange(DateTimeOffset.UtcNow.ToUnixTimeSeconds(), exp, long.MaxValue);
    }

    [Fact]
    public async Task Refresh_carries_it_on_as_long_as_it_is_done()
    {
        var caller = await gateway.SignInAsync("carl");
        string[] kinds = ["ws", "ws h2", "events", "grpc duplex", "download chunked"];
        var connections = await Task.WhenAll(kinds.Select(kind => held.OpenAsync(kind, caller)));

        for (var i = 0; i < 4; i++)
        {
            await Task.Delay(TimeSpan.FromSeconds(3));
            caller = await caller.RefreshAsync();
        }
        Assert.All(connections, connection => Assert.True(connection.IsOpen));

        var told = await Task.WhenAll(connections.Select(connection => connection.EndedAsync()));
        Assert.All(told.Zip(kinds), end => Assert.Contains(end.First, HeldConnections.Kinds[end.Second]));
    }

    [Fact]
    public async Task Connection_that_follows_the_session_outlives_its_token()
    {
        var (dora, browser) = (await gateway.SignInAsync("dora"), await gateway.SignInWithCookieAsync("dora"));
        var connections = new[] { await held.OpenAsync("ws", dora, "long"), await held.OpenAsync("events", dora, "long"), await held.OpenAsync("ws", browser), await held.OpenAsync("ws h2", browser) };

        await Task.Delay(PastExpiry);
        Assert.All(connections, connection => Assert.True(connection.IsOpen));

        var again = await gateway.SignInAsync("dora");
        await again.PostAsync("/auth/logout?scope=all", null);
        string[] told = await Task.WhenAll(connections.Select(connection => connection.EndedAsync()));
        Assert.Equal(["close 4401 session ended", "end", "close 4401 session ended", "close 4401 session ended"], told);
    }

    [Fact]
    public async Task Session_that_has_too_much_open_is_told_so()
    {
        var browser = await gateway.SignInWithCookieAsync("erna");
        var other = await gateway.SignInWithCookieAsync("erna");
        string[] kinds = ["ws", "ws h2", "events", "download chunked", "waiting"];
        var connections = await Task.WhenAll(Enumerable.Range(0, ShortLivedGateway.MaxConnections).Select(n => held.OpenAsync(kinds[n % kinds.Length], browser)));

        var problem = await (await browser.GetAsync("/server/more")).AssertRefusedAsync(429, "rate_limited");
        var refusal = await Assert.ThrowsAsync<WebSocketException>(() => Sockets.OpenAsync(gateway.Url, "/server/more", null, ("Cookie", browser.Cookie), ("Sec-Fetch-Site", "same-origin")));
        var others = await other.GetAsync("/server/more");
        var own = await browser.GetAsync("/auth/me");

        Assert.Contains("429", refusal.Message);
        Assert.Contains(ShortLivedGateway.MaxConnections.ToString(CultureInfo.InvariantCulture), (string)problem["detail"]!);
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (others.StatusCode, own.StatusCode));
        Assert.All(connections, connection => Assert.True(connection.IsOpen));

        await other.DeleteAsync("/auth/sessions/" + browser.Session.SessionId);
        await Task.WhenAll(connections.Select(connection => connection.EndedAsync()));
    }

    [Fact]
    public async Task What_is_closed_makes_room_again()
    {
        var browser = await gateway.SignInWithCookieAsync("fritz");
        gateway.Server.Socket("/server/room", Sockets.EchoAsync);

        for (var round = 0; round < 3; round++)
        {
            var sockets = await Task.WhenAll(Enumerable.Range(0, ShortLivedGateway.MaxConnections).Select(_ => Sockets.OpenAsync(gateway.Url, "/server/room", null, ("Cookie", browser.Cookie), ("Sec-Fetch-Site", "same-origin"))));
            await (await browser.GetAsync("/server/more")).AssertRefusedAsync(429, "rate_limited");
            foreach (var (i, socket) in sockets.Index())
            {
                if (i % 2 == 0)
                    await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, default);
                else
                    socket.Abort();
                socket.Dispose();
            }
            await Eventually.IsAsync(async () => (await browser.GetAsync("/server/more")).StatusCode, status => status is HttpStatusCode.OK);
            // The last of them may still be on its way out.
            await Eventually.IsAsync(
                async () => (await Task.WhenAll(Enumerable.Range(0, ShortLivedGateway.MaxConnections).Select(_ => browser.GetAsync("/server/more")))).All(answer => answer.IsSuccessStatusCode),
                all => all);
        }
    }
}
