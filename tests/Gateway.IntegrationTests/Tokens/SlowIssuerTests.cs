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
        Assert.Equal("/orders/2", gateway.Backend.Request.Target);
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
        gateway.Log.Forget(); // the operator is told, as an error

        keyServer.AnswerJson("/keys", TestIssuer.Jwks(issuer));
        await Eventually.IsAsync(() => gateway.Bearing(token).GetAsync("/orders/1"), response => response.StatusCode == HttpStatusCode.OK);
        gateway.Log.Forget();
    }

    // Each waiting verification holds memory; a flood of tokens must not hold all of it.
    [Fact]
    public async Task Verifications_beyond_the_bound_are_told_that_we_are_busy()
    {
        var answer = new TaskCompletionSource();
        keyServer.Answer("/keys", async (_, stream) =>
        {
            await answer.Task;
            var keys = TestIssuer.Jwks(issuer);
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {keys.Length}\r\n\r\n{keys}"));
        });
        await using var gateway = await StartAsync(new TestClock()); // on which no verification times out
        var requests = Enumerable.Range(0, 1_100).Select(_ => gateway.Bearing(issuer.Token()).GetAsync("/orders/1")).ToArray();

        await foreach (var (i, refused) in Task.WhenEach(requests).Take(1_100 - 1_024).Index())
            await (await refused).AssertRefusedAsync(503, "busy");
        Assert.Empty(gateway.Backend.Requests);
        answer.SetResult();

        Assert.Equal(1_024, (await Task.WhenAll(requests)).Count(response => response.StatusCode == HttpStatusCode.OK));
    }

    private Task<TestGateway> StartAsync(TimeProvider? clock = null) => TestGateway.StartAsync(settings =>
    {
        var entry = issuer.Entry();
        entry["JwksUri"] = new Uri(keyServer.Url, "/keys").ToString();
        settings.Trust(entry);
    }, clock);
}
