namespace Gateway.Routes.Limits;

/// <summary>Until when must an exchange be over? For routes with a timeout.</summary>
internal sealed class Deadline : IDisposable
{
    private readonly HttpContext http;
    private readonly CancellationToken client;
    private readonly CancellationTokenSource either;

    private Deadline(HttpContext http, TimeSpan timeout)
    {
        (this.http, client) = (http, http.RequestAborted);
        either = CancellationTokenSource.CreateLinkedTokenSource(client);
        either.CancelAfter(timeout);
        http.RequestAborted = either.Token;
        http.Features.Set(this);
    }

    public bool HasRunOut => either.IsCancellationRequested && !client.IsCancellationRequested;

    public static Deadline Of(HttpContext http, TimeSpan timeout) => new(http, timeout);

    /// <summary>A WebSocket: from now on it lasts as long as both sides like.</summary>
    public void Lift() => either.CancelAfter(Timeout.InfiniteTimeSpan);

    public void Dispose()
    {
        http.RequestAborted = client;
        either.Dispose();
    }
}
