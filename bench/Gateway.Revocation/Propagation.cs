using System.Diagnostics;
using System.Globalization;
using StackExchange.Redis;

namespace Gateway.Bench;

/// <summary>A logout at one gateway was answered: how long until another one refuses its token?</summary>
internal static class Propagation
{
    private const int WarmUps = 50;
    private const double LeastBar = 10, RedisFactor = 10;      // the budget: 10 ms, or ten times the bare Redis, whichever is larger

    public static async Task MeasureAsync(Gateways gateways, RedisServer redis, int count)
    {
        await using var bare = await BareRedis.ConnectAsync(redis.Configuration);
        var (heard, question, rung, atFirst) = (new Times(), new Times(), new Times(), 0);
        var tokens = await gateways.TokensAsync(WarmUps + count);
        for (var i = 0; i < tokens.Length; i++)
        {
            var (at, token) = (i % Gateways.Count, tokens[i]);
            await gateways.RememberAsync(token);
            await gateways.LogOutAsync(at, token);
            var answered = Stopwatch.GetTimestamp();
            var others = await Task.WhenAll(Enumerable.Range(0, Gateways.Count).Where(other => other != at).Select(other => gateways.UntilRefusedAsync(other, token, answered, pause: TimeSpan.Zero)));

            var asked = Stopwatch.GetTimestamp();
            await gateways.AskAsync(at, token);
            var asking = Stopwatch.GetElapsedTime(asked);
            var ringing = await bare.RingAsync();
            if (i < WarmUps)
                continue;

            question.Add(asking);
            rung.Add(ringing);
            foreach (var (took, questions) in others)
            {
                heard.Add(took);
                atFirst += questions == 1 ? 1 : 0;
            }
        }

        var bar = Math.Max(LeastBar, RedisFactor * rung.Percentile(99));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"""

            1. Propagation: from the answer to a logout at one gateway to the first refusal at each of the other two
               logout to refusal          {heard}
               bare Redis, publish to
               receive, in the same run   {rung}
               {100.0 * atFirst / heard.Count:0.0} % were refused at the first question after the answer. The resolution is one question with its answer,
               which a refusal contains:  {question}
               p99 {heard.Percentile(99):0.00} ms against a bar of {bar:0.00} ms: {(heard.Percentile(99) <= bar ? "held" : "missed")}
            """));
    }

    /// <summary>What no gateway on this Redis can be quicker than: a message from one connection to another.</summary>
    private sealed class BareRedis(ConnectionMultiplexer sender, ConnectionMultiplexer receiver) : IAsyncDisposable
    {
        private static readonly RedisChannel Channel = RedisChannel.Literal("bare");
        private TaskCompletionSource<long> heard = new();

        public static async Task<BareRedis> ConnectAsync(string configuration)
        {
            var bare = new BareRedis(await ConnectionMultiplexer.ConnectAsync(configuration), await ConnectionMultiplexer.ConnectAsync(configuration));
            await bare.Receiver.SubscribeAsync(Channel, (_, _) => bare.heard.TrySetResult(Stopwatch.GetTimestamp()));
            return bare;
        }

        private ISubscriber Receiver => receiver.GetSubscriber();

        public async Task<TimeSpan> RingAsync()
        {
            heard = new(TaskCreationOptions.RunContinuationsAsynchronously);
            var sent = Stopwatch.GetTimestamp();
            await sender.GetSubscriber().PublishAsync(Channel, "");
            return Stopwatch.GetElapsedTime(sent, await heard.Task);
        }

        public async ValueTask DisposeAsync()
        {
            await sender.DisposeAsync();
            await receiver.DisposeAsync();
        }
    }
}
