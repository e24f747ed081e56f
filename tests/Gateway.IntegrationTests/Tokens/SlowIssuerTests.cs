using Microsoft.Extensions.Logging;

namespace Gateway.IntegrationTests.Tokens;

/// <summary>An issuer whose keys are slow to come, or do not come at all.</summary>
public sealed class SlowIssuerTests : IAsyncDisposable
{
    private readonly RecordingBackend keyServer = new();
    private readonly TestIssuer issuer = new("https://slow.example.com");

    public async ValueTask DisposeAsync() => await keyServer.DisposeAsync();

    [Fact]
    public async Task Caller_that_leaves_does_not_fail_the_others_who_wait_for_the_same_token()
    {
        var (asked, answer) = (new TaskCompletionSource(), new TaskCompletionSource());
        keyServer.Answer("/keys", async (_, stream) =>
        {
            asked.TrySetResult();
            await answer.Task;
            var keys = TestIssuer.Jwks(issuer);
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {keys.Length}\r\n\r\n{keys}"));
        });
        await using var gateway = await StartAsync();
        var caller = gateway.Bearing(issuer.Token());
        using var leaving = new CancellationTokenSource();

        var first = caller.GetAsync("/orders/1", leaving.Token);
        await asked.Task;
        var second = caller.GetAsync("/orders/2");
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        answer.SetResult();

        Assert.Equal(HttpStatusCode.OK, (await second).StatusCode);
        Assert.Contains(gateway.Backend.Requests, request => request.Target == "/orders/2"); // the first may have got there before it was missed
    }

    [Fact]
    public async Task Keys_that_cannot_be_fetched_are_our_trouble_and_no_verdict()
    {
        await using var gateway = await StartAsync();
        keyServer.Answer("/keys", "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n");
        var token = issuer.Token();

        var refused = await gateway.Bearing(token).GetAsync("/orders/1");
        await (await gateway.Anonymous().GetAsync("/orders/1")).AssertRefusedAsync(401, "token_missing");

        await refused.AssertRefusedAsync(503, "store_unavailable");
        Assert.Empty(gateway.Backend.Requests);

        keyServer.AnswerJson("/keys", TestIssuer.Jwks(issuer));
        await Eventually.IsAsync(() => gateway.Bearing(token).GetAsync("/orders/1"), response => response.StatusCode == HttpStatusCode.OK);
    }

    [Fact]
    public async Task Issuer_that_hangs_holds_up_nobody_else_and_is_spoken_of_once()
    {
        keyServer.Answer("/keys", (_, _) => Task.Delay(Timeout.Infinite));
        await using var gateway = await StartAsync();
        var flood = Enumerable.Range(0, 1_500).Select(_ => gateway.Bearing(issuer.Token()).GetAsync("/orders/1")).ToArray();
        await Task.WhenAny(flood); // the others wait

        var anna = await gateway.SignInAsync("anna");
        var answer = await anna.GetAsync("/orders/1");

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        foreach (var response in await Task.WhenAll(flood))
            await response.AssertRefusedAsync(503, "store_unavailable");
        Assert.Single(gateway.Log.At(LogLevel.Warning), line => line.Contains("could not be fetched", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Unknown_key_ids_make_us_ask_the_issuer_once_in_an_interval_however_many_there_are()
    {
        keyServer.AnswerJson("/keys", TestIssuer.Jwks(issuer));
        var clock = new TestClock();
        await using var gateway = await StartAsync(clock);
        Assert.Equal(HttpStatusCode.OK, (await gateway.Bearing(issuer.Token()).GetAsync("/orders/1")).StatusCode);
        await clock.AdvanceAsync(TimeSpan.FromSeconds(10));

        await FloodAsync();
        Assert.Equal(2, keyServer.Requests.Count);
        await clock.AdvanceAsync(TimeSpan.FromSeconds(9));
        await FloodAsync();
        Assert.Equal(2, keyServer.Requests.Count);
        await clock.AdvanceAsync(TimeSpan.FromSeconds(1));
        await FloodAsync();

        Assert.Equal(3, keyServer.Requests.Count);
        Assert.Equal(HttpStatusCode.OK, (await gateway.Bearing(issuer.Token()).GetAsync("/orders/1")).StatusCode);

        async Task FloodAsync()
        {
            foreach (var answer in await Task.WhenAll(Enumerable.Range(0, 30).Select(_ => gateway.Bearing(issuer.WithAnotherKey().Token()).GetAsync("/orders/1"))))
                await answer.AssertRefusedAsync(401, "token_invalid");
        }
    }

    // A token that lives for ever must not outlive its key here because it is remembered.
    [Fact]
    public async Task Withdrawn_key_verifies_no_more_after_two_hours_though_its_token_is_in_use_all_the_time()
    {
        var clock = new TestClock();
        keyServer.AnswerJson("/keys", TestIssuer.Jwks(issuer));
        await using var gateway = await StartAsync(clock);
        var thief = gateway.Bearing(issuer.Token(new() { ["exp"] = 253402300799L }));
        Assert.Equal(HttpStatusCode.OK, (await thief.GetAsync("/orders/1")).StatusCode);

        keyServer.AnswerJson("/keys", TestIssuer.Jwks(issuer.WithAnotherKey()));
        for (var minutes = 0; minutes < 130; minutes += 10)
        {
            await clock.AdvanceAsync(TimeSpan.FromMinutes(10));
            await thief.GetAsync("/orders/1");
        }

        await (await thief.GetAsync("/orders/1")).AssertRefusedAsync(401, "token_invalid");
    }

    // Each waiting verification holds memory; a flood of tokens must not hold all of it.
    [Fact]
    public async Task Verifications_beyond_the_bound_do_not_wait()
    {
        var answer = new TaskCompletionSource();
        keyServer.Answer("/keys", async (_, stream) =>
        {
            await answer.Task;
            var keys = TestIssuer.Jwks(issuer);
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {keys.Length}\r\n\r\n{keys}"));
        });
        await using var gateway = await StartAsync(new TestClock()); // on which no verification times out
        var requests = Enumerable.Range(0, 100).Select(_ => gateway.Bearing(issuer.Token()).GetAsync("/orders/1")).ToHashSet();

        for (var refused = 0; refused < 36; refused++)
        {
            var next = await Task.WhenAny(requests);
            requests.Remove(next);
            await next.Result.AssertRefusedAsync(503, "store_unavailable");
        }
        Assert.Empty(gateway.Backend.Requests);
        answer.SetResult();

        Assert.All(await Task.WhenAll(requests), response => Assert.Equal(HttpStatusCode.OK, response.StatusCode));
    }

    private Task<TestGateway> StartAsync(TimeProvider? clock = null) => TestGateway.StartAsync(settings =>
    {
        var entry = issuer.Entry();
        entry["JwksUri"] = new Uri(keyServer.Url, "/keys").ToString();
        settings.Trust(entry);
    }, clock);
}
