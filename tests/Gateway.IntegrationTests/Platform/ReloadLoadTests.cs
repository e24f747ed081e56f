using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Gateway.Routes;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.IntegrationTests.Platform;

/// <summary>Two hundred configurations, good and bad in turn, while requests never stop.</summary>
public sealed class ReloadLoadTests
{
    private const int Writes = 200;

    [Fact]
    public async Task No_request_is_dropped_and_each_is_judged_told_and_forwarded_by_one_configuration()
    {
        await using var gateway = await ReloadingGateway.StartAsync(settings => Odd(settings));
        await using var other = new RecordingBackend();
        using var bob = await gateway.SignInAsync("bob");
        using var anybody = gateway.Anonymous();
        gateway.Backend.Answer("/app", (request, stream) => SayAsync("odd", request, stream));
        other.Answer("/app", (request, stream) => SayAsync("even", request, stream));
        var (seen, rulebooks) = (new ConcurrentBag<(int First, int Last, string Answer, bool IsBob)>(), new List<WeakReference>());

        using var stopping = new CancellationTokenSource();
        var load = Enumerable.Range(0, 4).Select(i => Task.Run(() => AskAsync(gateway, i % 2 == 0 ? bob : anybody, i % 2 == 0, seen, stopping.Token))).ToArray();
        for (var i = 0; i < Writes; i++)
        {
            if (i % 2 == 1)
            {
                // Everything would be open, were it not for one name.
                var bad = JsonNode.Parse(gateway.Settings.ToString())!;
                foreach (var (_, route) in bad["ReverseProxy"]!["Routes"]!.AsObject())
                    route!["AuthorizationPolicy"] = "anonymous";
                bad["ReverseProxy"]!["Routes"]!["orders"]![i % 4 == 1 ? "AuthorisationPolicy" : "AuthorizationPolicy"] = "anonymos";
                await gateway.RefusedAsync(() => gateway.WriteWhole(bad.ToJsonString()));
                continue;
            }

            await gateway.ChangeAsync(settings => (i % 4 == 0 ? Even(settings, other.Url) : Odd(settings).Destination("backend", gateway.Backend.Url)).Set("Gateway:Identity:Headers", new JsonObject { [$"X-Number-{i}"] = "sid" }));
            rulebooks.Add(Current(gateway));
        }

        await stopping.CancelAsync();
        await Task.WhenAll(load);

        Assert.Equal(Writes / 2 + 1, gateway.StateOf().Current.Version);
        Assert.True(seen.Count > Writes, $"{seen.Count} requests");
        Assert.All(seen, one => Assert.Contains(one.Answer, Enumerable.Range(one.First, one.Last - one.First + 1).Select(version => Expected(version, one.IsBob))));
        for (var i = 0; i < 3; i++)
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true);
        Assert.InRange(rulebooks.Count(rulebook => rulebook.IsAlive), 0, 10);
    }

    private static SettingsFile Odd(SettingsFile settings) => settings.Route("app", "/app").Set("Gateway:Identity", new JsonObject { ["Dialect"] = "gateway" });

    private static SettingsFile Even(SettingsFile settings, Uri url) =>
        settings.Route("app", "/app", "anonymous").Set("Gateway:Identity", new JsonObject { ["Dialect"] = "remote-user" }).Destination("backend", url);

    // Odd: for who is signed in, at the first backend, in our own words. Even: for anybody, at the other.
    private static string Expected(int version, bool isBob) => version % 2 == 0 ? "even  " : isBob ? "odd bob " : "token_missing";

    private static async Task AskAsync(TestGateway gateway, Caller who, bool isBob, ConcurrentBag<(int, int, string, bool)> seen, CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            var first = Version(gateway);
            using var answer = await who.GetAsync("/app", CancellationToken.None);
            var text = await answer.Content.ReadAsStringAsync(CancellationToken.None);
            seen.Add((first, Version(gateway) + 1, answer.IsSuccessStatusCode ? text : (string)JsonNode.Parse(text)!["code"]!, isBob));      // the next may be in force before it is said to be
        }
    }

    private static int Version(TestGateway gateway) => gateway.StateOf().Current.Version;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference Current(TestGateway gateway) => new(gateway.Services.GetRequiredService<Rulebooks>().Current);

    private static async Task SayAsync(string backend, Received request, Stream stream)
    {
        var text = $"{backend} {request.Headers["X-User-Name"]} {request.Headers["Remote-User"]}";
        await stream.WriteAsync(Encoding.Latin1.GetBytes($"HTTP/1.1 200 OK\r\nContent-Length: {text.Length}\r\n\r\n{text}"));
    }
}
