using System.Collections.Concurrent;

namespace Gateway.Bench;

/// <summary>Many who ask for what costs much, again and again, and wait for as long as they are told to.</summary>
internal abstract class Flood(int clients)
{
    private readonly ConcurrentDictionary<int, int> answers = new();
    private static readonly HttpClient Client = new(new SocketsHttpHandler { MaxConnectionsPerServer = 1024, UseCookies = false });

    public abstract string Name { get; }

    public abstract string Budget { get; }

    public string Summary => $"{clients} clients, answered {string.Join(", ", answers.OrderBy(a => a.Key).Select(a => $"{a.Value} times {a.Key}"))}";

    public virtual Task PrepareAsync(Served gateway) => Task.CompletedTask;

    public Task RunAsync(string url, CancellationToken ct) => Task.WhenAll(Enumerable.Range(0, clients).Select(n => RunAsync(n, url, ct)));

    protected abstract HttpRequestMessage Ask(int n, string url);

    private async Task RunAsync(int n, string url, CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            try
            {
                using var request = Ask(n, url);
                using var answer = await Client.SendAsync(request, ct);
                answers.AddOrUpdate((int)answer.StatusCode, 1, (_, count) => count + 1);
                await Task.Delay(answer.Headers.RetryAfter?.Delta ?? TimeSpan.Zero, ct);
            }
            catch (OperationCanceledException)
            {
            }
        }
    }
}

/// <summary>Right passwords, of more people than the hashing threads can serve.</summary>
internal sealed class LoginFlood(int clients) : Flood(clients)
{
    private const int People = 50;

    public override string Name => "Logins";

    public override string Budget => "bar 5, aim 2";

    public override async Task PrepareAsync(Served gateway)
    {
        for (var n = 0; n < People; n++)
            await gateway.SignUpAsync($"person{n}");
    }

    protected override HttpRequestMessage Ask(int n, string url) =>
        new(HttpMethod.Post, url + "/auth/login") { Content = JsonContent.Create(new { username = $"person{n % People}", password = Served.Password }) };
}

/// <summary>Tokens that are right in all but the signature: each costs one verification.</summary>
internal sealed class WrongTokenFlood(int clients) : Flood(clients)
{
    private string token = "";
    private int made;

    public override string Name => "Tokens that are not valid";

    public override string Budget => "bar 2";

    public override async Task PrepareAsync(Served gateway) => token = await gateway.SignUpAsync("attacker");

    protected override HttpRequestMessage Ask(int n, string url)
    {
        // Another signature each time, or the first answer would serve for all who wait for it.
        var signature = new byte[64];
        BitConverter.TryWriteBytes(signature, Interlocked.Increment(ref made));
        Random.Shared.NextBytes(signature.AsSpan(4));
        var request = new HttpRequestMessage(HttpMethod.Get, url + "/orders/1");
        request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + token[..(token.LastIndexOf('.') + 1)] + System.Buffers.Text.Base64Url.EncodeToString(signature));
        return request;
    }
}
