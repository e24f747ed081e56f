namespace Gateway.IntegrationTests.Platform;

/// <summary>How a gateway in a process of its own leaves.</summary>
public sealed class StopTests : IAsyncDisposable
{
    private readonly TempFolder folder = new();
    private readonly RecordingBackend backend = new();

    public async ValueTask DisposeAsync()
    {
        await backend.DisposeAsync();
        folder.Dispose();
    }

    [Theory]
    [InlineData("TERM")]
    [InlineData("INT")]
    public async Task Signal_ends_it_in_peace(string signal)
    {
        await using var gateway = await StartAsync();

        Assert.Equal(0, await gateway.SignalAsync(signal));
    }

    [Fact]
    public async Task Request_in_flight_is_answered_before_it_ends()
    {
        var (asked, answer) = (new TaskCompletionSource(), new TaskCompletionSource());
        backend.Answer("/open/slow", async (_, stream) =>
        {
            asked.SetResult();
            await answer.Task;
            await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone"u8.ToArray());
        });
        await using var gateway = await StartAsync();

        var request = Caller.Anonymous(gateway.Url).GetStringAsync("/open/slow");
        await asked.Task;
        var ending = gateway.SignalAsync("TERM");
        await Task.Delay(TimeSpan.FromSeconds(4)); // longer than the command line's own patience with a signal
        answer.SetResult();

        Assert.Equal("done", await request);
        Assert.Equal(0, await ending);
    }

    private Task<ServerProcess> StartAsync()
    {
        var file = folder.Write("gateway.json", new SettingsFile()
            .Set("Urls", "http://127.0.0.1:0")
            .Set("Gateway:Management:Url", "http://127.0.0.1:0")
            .Set("Gateway:Database:ConnectionString", "Data Source=gateway.db")
            .Set("Gateway:Drain:Delay", "00:00:01")
            .Destination("backend", backend.Url)
            .Route("open", "/open/{**rest}", "anonymous")
            .ToString());
        return ServerProcess.StartAsync(CommandLine.Serve(file, folder.Path));
    }
}
