using System.Diagnostics;
using System.Globalization;
using System.Net.WebSockets;

namespace Gateway.Bench;

/// <summary>Somebody logs out everywhere: is everything that is open of that session's user closed, at each gateway, and nothing of anybody else's?</summary>
internal static class Connections
{
    private const int Sockets = 20, Streams = 5, Downloads = 2;      // of each of two users, at each gateway
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <returns>What was left open, closed in the wrong way, or taken from somebody else.</returns>
    public static async Task<int> MeasureAsync(Gateways gateways, StayingBackend backend, int rounds)
    {
        using var client = new HttpClient(new SocketsHttpHandler { UseCookies = false, MaxConnectionsPerServer = 10_000 });
        var (took, failures, closed, ended, cut) = (new Times(), 0, 0, 0, 0);
        for (var round = 0; round < rounds; round++)
        {
            var tokens = await gateways.TokensAsync(2);
            await using var bob = await Open.AllAsync(gateways, client, tokens[0]);
            await using var eve = await Open.AllAsync(gateways, client, tokens[1]);

            var begun = Stopwatch.GetTimestamp();
            await gateways.LogOutAsync(round % Gateways.Count, tokens[0]);
            foreach (var ending in bob.Endings)
            {
                var (kind, rightly, at) = await ending.WaitAsync(Patience);
                took.Add(Stopwatch.GetElapsedTime(begun, at));
                failures += rightly ? 0 : 1;
                (closed, ended, cut) = kind switch { 0 => (closed + 1, ended, cut), 1 => (closed, ended + 1, cut), _ => (closed, ended, cut + 1) };
            }

            failures += eve.Endings.Count(ending => ending.IsCompleted);
            while (backend.Staying > eve.Endings.Count && Stopwatch.GetElapsedTime(begun) < Patience)
                await Task.Delay(20);
            failures += Math.Abs(backend.Staying - eve.Endings.Count);
            await eve.DisposeAsync();
            while (backend.Staying > 0 && Stopwatch.GetElapsedTime(begun) < Patience)
                await Task.Delay(20);
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"""

            4. Open connections: {rounds} logouts of one of two users, who each have {Sockets} WebSockets, {Streams} event streams and {Downloads} downloads at each gateway
               ended of the user's        {closed} WebSockets (4401), {ended} event streams (cleanly), {cut} downloads (by a reset)
               wrong, left open, missing
               at the backend, or ended
               of the other user's        {failures} (must be 0)
               logout to end              {took}   (must be within 1,000 ms)
            """));
        return failures;
    }

    /// <summary>What one user has open, and how each of it ends: its kind, whether rightly, and when.</summary>
    private sealed class Open(List<IDisposable> things, List<Task<(int Kind, bool Rightly, long At)>> endings) : IAsyncDisposable
    {
        public List<Task<(int Kind, bool Rightly, long At)>> Endings => endings;

        public static async Task<Open> AllAsync(Gateways gateways, HttpClient client, string token)
        {
            var open = new Open([], []);
            for (var gateway = 0; gateway < Gateways.Count; gateway++)
            {
                for (var i = 0; i < Sockets; i++)
                    await open.SocketAsync(gateways.Url(gateway), token);
                for (var i = 0; i < Streams; i++)
                    await open.AnswerAsync(client, gateways.Url(gateway) + "/stay/events", token, 1);
                for (var i = 0; i < Downloads; i++)
                    await open.AnswerAsync(client, gateways.Url(gateway) + "/stay/download", token, 2);
            }

            return open;
        }

        private async Task SocketAsync(string url, string token)
        {
            var socket = new ClientWebSocket();
            socket.Options.SetRequestHeader("Authorization", "Bearer " + token);
            await socket.ConnectAsync(new(url.Replace("http:", "ws:", StringComparison.Ordinal) + "/stay/ws"), default);
            things.Add(socket);
            endings.Add(Task.Run(async () =>
            {
                try
                {
                    var message = await socket.ReceiveAsync(new byte[16], default);
                    return (0, message.MessageType is WebSocketMessageType.Close && (int?)socket.CloseStatus == 4401, Stopwatch.GetTimestamp());
                }
                catch (WebSocketException)
                {
                    return (0, false, Stopwatch.GetTimestamp());
                }
            }));
        }

        private async Task AnswerAsync(HttpClient client, string url, string token, int kind)
        {
            var request = new HttpRequestMessage(HttpMethod.Get, url);
            request.Headers.Authorization = new("Bearer", token);
            var answer = (await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead)).EnsureSuccessStatusCode();
            var body = await answer.Content.ReadAsStreamAsync();
            things.Add(answer);
            endings.Add(Task.Run(async () =>
            {
                try
                {
                    var buffer = new byte[16 * 1024];
                    while (await body.ReadAsync(buffer) > 0)
                    {
                    }

                    return (kind, kind == 1, Stopwatch.GetTimestamp());
                }
                catch (IOException)
                {
                    return (kind, kind == 2, Stopwatch.GetTimestamp());
                }
            }));
        }

        public async ValueTask DisposeAsync()
        {
            things.ForEach(thing => thing.Dispose());
            things.Clear();
            await ((Task)Task.WhenAll(endings)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
