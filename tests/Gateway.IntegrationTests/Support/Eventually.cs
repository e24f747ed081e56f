namespace Gateway.IntegrationTests.Support;

/// <summary>For what another process or a timer brings about: asked again until it is so, at most a minute.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    public static async Task<T> IsAsync<T>(Func<Task<T>> ask, Func<T, bool> holds)
    {
        var waited = System.Diagnostics.Stopwatch.StartNew();
        while (true)
        {
            var answer = await ask();
            if (holds(answer))
                return answer;
            Assert.True(waited.Elapsed < Patience, $"Still not so after {Patience}: {answer}");
            await Task.Delay(Pause);
        }
    }
}
