using Gateway.Accounts;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.IntegrationTests.Support;

/// <summary>A gateway with one hashing thread, which is busy until this is disposed, as is every place of its queue.</summary>
internal sealed class FullQueue : IAsyncDisposable
{
    private readonly ManualResetEventSlim hold = new();
    private readonly List<Task> work = [];

    public static async Task<FullQueue> OfAsync(TestGateway gateway)
    {
        var (queue, hashing) = (new FullQueue(), gateway.Services.GetRequiredService<HashingThreads>());
        var taken = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        queue.work.Add(hashing.TryRun(() => taken.TrySetResult() && queue.hold.Wait(TimeSpan.FromMinutes(1)), default)!);
        await taken.Task;
        for (var i = 0; i < hashing.Limit; i++)
            queue.work.Add(hashing.TryRun(() => true, default)!);
        return queue;
    }

    public async ValueTask DisposeAsync()
    {
        hold.Set();
        await Task.WhenAll(work);
        hold.Dispose();
    }
}
