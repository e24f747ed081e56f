using System.Collections.Concurrent;
using Grpc.Core;

namespace Gateway.IntegrationTests.Protocols;

/// <summary>A service that knows nothing of the gateway, in Grpc.AspNetCore. What is said to it tells it what to do.</summary>
internal sealed class TalkBackend : Talk.TalkBase
{
    private static readonly ConcurrentDictionary<string, TaskCompletionSource> Cancelled = new();

    /// <summary>Completed when the call that was told "wait NAME" has begun, and when it was cancelled.</summary>
    public static TaskCompletionSource Begun(string name) => Cancelled.GetOrAdd("begun " + name, _ => new(TaskCreationOptions.RunContinuationsAsynchronously));

    public static TaskCompletionSource Ended(string name) => Cancelled.GetOrAdd("ended " + name, _ => new(TaskCreationOptions.RunContinuationsAsynchronously));

    public override async Task<Words> Say(Words request, ServerCallContext context)
    {
        switch (request.Text.Split(' '))
        {
            case ["who"]:
                return new() { Text = context.RequestHeaders.GetValue("x-user-name") ?? "nobody" };
            case ["header", var name]:
                return new() { Text = context.RequestHeaders.GetValue(name) ?? "none" };
            case ["binary"]:
                return new() { Text = Convert.ToHexString(context.RequestHeaders.GetValueBytes("some-bin") ?? []) };
            case ["deadline"]:
                return new() { Text = context.Deadline == DateTime.MaxValue ? "none" : "some" };
            case ["fail", var status]:
                context.ResponseTrailers.Add("why", "told to");
                throw new RpcException(new(Enum.Parse<StatusCode>(status), "sorry: " + status));
            case ["wait", var name]:
                await WaitAsync(name, context);
                break;
        }

        await context.WriteResponseHeadersAsync(new() { { "in-front", "yes" } });
        context.ResponseTrailers.Add("behind", "yes");
        return request;
    }

    public override async Task<Words> Collect(IAsyncStreamReader<Words> requestStream, ServerCallContext context)
    {
        List<string> all = [];
        while (await NextAsync(requestStream, context))
        {
            all.Add(requestStream.Current.Text);
            if (requestStream.Current.Text.Split(' ') is ["wait", var name])
                await WaitAsync(name, context);
        }
        return new() { Text = string.Join(' ', all) };
    }

    public override async Task Tell(Words request, IServerStreamWriter<Words> responseStream, ServerCallContext context)
    {
        if (request.Text == "in front")
        {
            await context.WriteResponseHeadersAsync(new() { { "in-front", "yes" } });
            await Task.Delay(Timeout.Infinite, context.CancellationToken); // the client may wait for them before it goes on
        }

        foreach (var word in request.Text.Split(','))
        {
            await responseStream.WriteAsync(new() { Text = word });
            if (word.Split(' ') is ["wait", var name])
                await WaitAsync(name, context);
        }
        context.ResponseTrailers.Add("behind", "yes");
    }

    public override async Task Chat(IAsyncStreamReader<Words> requestStream, IServerStreamWriter<Words> responseStream, ServerCallContext context)
    {
        var name = "";
        try
        {
            while (await NextAsync(requestStream, context))
            {
                if (requestStream.Current.Text.Split(' ') is ["wait", var who])
                    Begun(name = who).TrySetResult();
                await responseStream.WriteAsync(requestStream.Current);
            }
        }
        finally
        {
            if (name.Length > 0)
                Ended(name).TrySetResult();
        }
    }

    private static Task<bool> NextAsync(IAsyncStreamReader<Words> stream, ServerCallContext context) => stream.MoveNext(context.CancellationToken);

    private static async Task WaitAsync(string name, ServerCallContext context)
    {
        Begun(name).TrySetResult();
        try
        {
            await Task.Delay(Timeout.Infinite, context.CancellationToken);
        }
        finally
        {
            Ended(name).TrySetResult();
        }
    }
}
