using Microsoft.AspNetCore.Http;

namespace Gateway.IntegrationTests.Protocols;

/// <summary>Server-sent events arrive one by one, each before the next is sent.</summary>
public sealed class EventStreamTests(ProtocolGateway gateway) : GatewayTests<ProtocolGateway>(gateway)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    [Theory]
    [InlineData(1, "server")]
    [InlineData(2, "server")]
    [InlineData(1, "server2")]
    [InlineData(2, "server2")]
    public async Task Each_event_arrives_before_the_next_is_sent(int version, string route)
    {
        using var read = new SemaphoreSlim(0);
        var (path, server) = ($"/{route}/events{version}", route == "server" ? gateway.Server : gateway.HttpTwoServer);
        server.Answer(path, async http =>
        {
            http.Response.ContentType = "text/event-stream";
            for (var i = 0; i < 20; i++)
            {
                await http.Response.WriteAsync($"data: {i}\n\n");
                await http.Response.Body.FlushAsync();
                await read.WaitAsync(http.RequestAborted); // a gateway that buffers would never let us go on
            }
        });
        var anna = await gateway.KeptAsync("anna");
        using var client = ProtocolGateway.Client(gateway.UrlFor(version), new(version, version == 2 ? 0 : 1), anna.Session.AccessToken);

        using var response = await client.GetAsync(path, HttpCompletionOption.ResponseHeadersRead).WaitAsync(Patience);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal($"data: {i}", await reader.ReadLineAsync().WaitAsync(Patience));
            Assert.Equal("", await reader.ReadLineAsync().WaitAsync(Patience));
            read.Release();
        }

        Assert.Null(await reader.ReadLineAsync().WaitAsync(Patience));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Head_arrives_before_the_first_event(int version)
    {
        using var read = new SemaphoreSlim(0);
        gateway.Server.Answer($"/free/head{version}", async http =>
        {
            http.Response.ContentType = "text/event-stream";
            await http.Response.Body.FlushAsync();
            await read.WaitAsync(http.RequestAborted);
        });
        using var client = ProtocolGateway.Client(gateway.UrlFor(version), new(version, version == 2 ? 0 : 1));

        using var response = await client.GetAsync($"/free/head{version}", HttpCompletionOption.ResponseHeadersRead).WaitAsync(Patience);
        read.Release();

        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal("", await response.Content.ReadAsStringAsync().WaitAsync(Patience));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Listener_that_leaves_is_gone_at_the_backend_too(int version)
    {
        var gone = new TaskCompletionSource();
        gateway.Server.Answer($"/free/left{version}", async http =>
        {
            http.RequestAborted.Register(gone.SetResult);
            await http.Response.WriteAsync("data: 1\n\n");
            await http.Response.Body.FlushAsync();
            await gone.Task;
        });
        using var client = ProtocolGateway.Client(gateway.UrlFor(version), new(version, version == 2 ? 0 : 1));

        var response = await client.GetAsync($"/free/left{version}", HttpCompletionOption.ResponseHeadersRead).WaitAsync(Patience);
        response.Dispose();

        await gone.Task.WaitAsync(Patience);
    }
}
