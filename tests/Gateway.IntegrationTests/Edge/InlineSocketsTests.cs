using System.Collections.Concurrent;
using Gateway.Edge;
using Gateway.Routes;
using Microsoft.AspNetCore.Http;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.IntegrationTests.Edge;

/// <summary>Where a request goes on upon the thread that heard of it from its socket, whoever may wait for the disk leaves that thread to the others.</summary>
public sealed class InlineSocketsTests
{
    private const int Writers = 8, Readers = 32;

    [Fact]
    public async Task Who_waits_for_the_disk_holds_nobody_up()
    {
        using var folder = new TempFolder();
        await using var backend = new RecordingBackend();
        folder.Write("gateway.json", SettingsFile.Alone(backend.Url)
            .Set("Gateway:Passwords:WorkFactor", 10)
            .Route("orders", "/orders/{**rest}").ToString());
        await using var gateway = await ServerProcess.StartAsync(CommandLine.Start("dotnet", [ServerProcess.Gateway, "--config", "gateway.json"], folder.Path, (InlineSockets.Variable, "1")));

        // Known to the gateway, so that nothing is asked of the disk before the logout is written.
        using var first = new HttpClient { BaseAddress = gateway.Url };
        var answer = await first.PostAsJsonAsync("/auth/signup", new { username = "anna", email = "anna@example.com", password = TestGateway.Password });
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        List<HttpClient> callers = [];
        for (var i = 0; i <= Writers; i++)
        {
            using var login = await first.PostAsJsonAsync("/auth/login", new { username = "anna", password = TestGateway.Password });
            var token = (await login.Content.ReadFromJsonAsync<JsonObject>())!["access_token"]!.GetValue<string>();
            callers.Add(new(new SocketsHttpHandler()) { BaseAddress = gateway.Url, DefaultRequestHeaders = { { "Authorization", "Bearer " + token } } });
            Assert.Equal(HttpStatusCode.OK, (await callers[i].GetAsync("/orders/1")).StatusCode);
        }

        await using var other = new SqliteConnection($"Data Source={folder.File("gateway.db")}");
        await other.OpenAsync();
        await using (var writing = other.BeginTransaction(deferred: false))
        {
            var logouts = callers.Take(Writers).Select(caller => caller.PostAsync("/auth/logout", null)).ToArray();
            await Task.Delay(TimeSpan.FromMilliseconds(300)); // until they wait

            // Each on a connection of its own, so some on every thread of sockets.
            var request = $"GET /orders/1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: {callers[Writers].DefaultRequestHeaders.Authorization}\r\n\r\n";
            var answers = await Task.WhenAll(Enumerable.Range(0, Readers).Select(_ => RawHttp.SendAsync(gateway.Url, request)));
            Assert.All(answers, read => Assert.Equal(200, read.Status));

            Assert.DoesNotContain(logouts, logout => logout.IsCompleted);
            await writing.RollbackAsync();
            Assert.Equal([HttpStatusCode.NoContent], (await Task.WhenAll(logouts)).Select(logout => logout.StatusCode).Distinct());
        }

        callers.ForEach(caller => caller.Dispose());
    }

    [Fact]
    public async Task Gate_asks_the_store_from_a_thread_that_may_wait()
    {
        await using var gateway = new FaultyGateway();
        await gateway.InitializeAsync();
        var browser = await gateway.SignInWithCookieAsync("anna");
        var (gate, policy) = (gateway.Services.GetRequiredService<Gate>(), gateway.Services.GetRequiredService<Rulebooks>().Current.Policies["orders"]);
        var http = new DefaultHttpContext { Request = { Method = "GET", Headers = { Cookie = browser.Cookie } } };
        var asked = new ConcurrentBag<bool>();
        gateway.Store.Between = _ => asked.Add(Thread.CurrentThread.IsThreadPoolThread);

        var judging = new TaskCompletionSource<Task<Verdict>>();
        new Thread(() => judging.SetResult(gate.JudgeAsync(http, policy).AsTask())).Start();

        Assert.Null((await await judging.Task).Refusal);
        Assert.NotEmpty(asked);
        Assert.DoesNotContain(false, asked);
    }
}
