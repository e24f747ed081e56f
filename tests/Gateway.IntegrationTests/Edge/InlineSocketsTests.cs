using System.Collections.Concurrent;
using Gateway.Edge;
using Gateway.Routes;
using Gateway.Routes.Streams;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.IntegrationTests.Edge;

/// <summary>Where a request goes on upon the thread that heard of it from its socket, whoever may wait for the disk leaves that thread to the others.</summary>
public sealed class InlineSocketsTests
{
    private const int Writers = 8, Readers = 32;
    private const int Usual = 0, Batch = 3;      // SCHED_OTHER, SCHED_BATCH

    [Theory]
    [InlineData(null)]
    [InlineData("1")]
    public async Task Who_waits_for_the_disk_holds_nobody_up(string? said)
    {
        using var folder = new TempFolder();
        await using var backend = new RecordingBackend();
        folder.Write("gateway.json", SettingsFile.Alone(backend.Url)
            .Set("Gateway:Passwords:WorkFactor", 10)
            .Route("orders", "/orders/{**rest}").ToString());
        await using var gateway = await StartAsync(folder, said);

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

    [Theory]
    [InlineData(null, true)]
    [InlineData("0", false)]
    public async Task What_backends_say_goes_on_where_it_is_heard_unless_the_operator_says_otherwise(string? said, bool isInline)
    {
        using var folder = new TempFolder();
        await using var backend = new RecordingBackend();
        folder.Write("gateway.json", SettingsFile.Alone(backend.Url).ToString());
        await using var gateway = await StartAsync(folder, said);

        // .NET has one thread that hears for each processor then, and one for all otherwise.
        var hearing = ServerThread.Of(gateway).Where(thread => thread.Name == ".NET Sockets").ToArray();
        Assert.Equal(isInline ? Environment.ProcessorCount : 1, hearing.Length);
        Assert.Equal([isInline ? Batch : Usual], hearing.Select(thread => thread.Policy).Distinct());
    }

    [Theory]
    [InlineData(HttpProtocols.Http2, true)]
    [InlineData(HttpProtocols.Http1, false)]
    public async Task Connection_whose_frames_one_reader_reads_for_all_is_read_fairly(HttpProtocols protocol, bool isFair)
    {
        await using var backend = new KestrelBackend(protocol);
        var read = new List<Stream>();
        using var client = new HttpClient(new SocketsHttpHandler
        {
            PlaintextStreamFilter = async (connection, ct) =>
            {
                read.Add(await FairStream.StandInForConnection(connection, ct));
                return read[^1];
            },
        });
        using var request = new HttpRequestMessage(HttpMethod.Post, backend.Url)
        {
            Content = new StringContent("x"), Version = new(isFair ? 2 : 1, isFair ? 0 : 1), VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };

        Assert.Equal("ok", await (await client.SendAsync(request)).Content.ReadAsStringAsync());
        Assert.Equal([isFair], read.Select(stream => stream is FairStream));
    }

    /// <summary>Field 41 of proc_pid_stat(5); the second is a name in parentheses, the third the first after it.</summary>
    private static Task<ServerProcess> StartAsync(TempFolder folder, string? said) => ServerProcess.StartAsync(CommandLine.Start(
        "dotnet", [ServerProcess.Gateway, "--config", "gateway.json"], folder.Path, said is null ? [] : [(InlineSockets.Variable, said)]));

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
