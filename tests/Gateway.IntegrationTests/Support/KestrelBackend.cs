using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Gateway.IntegrationTests.Support;

/// <summary>A backend that is a real server, for what no test should speak by hand: HTTP/2, gRPC, WebSockets. It answers a path as it was told, else 200 "ok".</summary>
public sealed class KestrelBackend : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, RequestDelegate> answers = new();
    private readonly WebApplication app;

    public KestrelBackend(HttpProtocols protocols = HttpProtocols.Http1, Action<IServiceCollection>? add = null, Action<WebApplication>? map = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(1));
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = protocols);
        });
        add?.Invoke(builder.Services);
        app = builder.Build();
        app.UseWebSockets();
        map?.Invoke(app);
        app.MapFallback(http => answers.TryGetValue(http.Request.Path, out var answer) ? answer(http) : http.Response.WriteAsync("ok"));
        app.Start();
    }

    public Uri Url => new(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());

    public void Answer(string path, RequestDelegate answer) => answers[path] = answer;

    /// <summary>The backend's end of one WebSocket at that path.</summary>
    public void Socket(string path, Func<System.Net.WebSockets.WebSocket, Task> answer) => Answer(path, async http =>
    {
        using var socket = await http.WebSockets.AcceptWebSocketAsync();
        await answer(socket);
    });

    public ValueTask DisposeAsync() => app.DisposeAsync();
}
