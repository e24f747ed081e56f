using Gateway.Routes.Streams;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway.Routes.Limits;

/// <summary>Until when must an exchange be over? For routes with a timeout.</summary>
internal sealed class Deadline : IDisposable
{
    private readonly HttpContext http;
    private readonly CancellationToken client;
    private readonly CancellationTokenSource time = new(), either;
    private readonly CancellationTokenRegistration running;
    private readonly Upload? upload;
    private volatile bool hasRunOut;

    private Deadline(HttpContext http, TimeSpan timeout)
    {
        (this.http, client) = (http, http.RequestAborted);
        either = CancellationTokenSource.CreateLinkedTokenSource(client);
        running = time.Token.Register(RunOut);
        time.CancelAfter(timeout);
        http.RequestAborted = either.Token;
        http.Features.Set(this);
        if (http.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody is true)
            http.Request.Body = upload = new(http.Request.Body);
    }

    public bool HasRunOut => hasRunOut;

    /// <summary>The client had said all. If it had not, it may have been the slow one: whoever calls cannot take a backend away from the others.</summary>
    public bool IsTheBackends => upload is null or { IsWhole: true };

    public static Deadline Of(HttpContext http, TimeSpan timeout) => new(http, timeout);

    /// <summary>A WebSocket: from now on it lasts as long as both sides like.</summary>
    public void Lift() => time.CancelAfter(Timeout.InfiniteTimeSpan);

    public void Dispose()
    {
        if (upload is not null)
            http.Request.Body = upload.Client;
        http.RequestAborted = client;
        running.Dispose();      // waits for what it is just doing
        either.Dispose();
        time.Dispose();
    }

    // Noted before anybody hears of it: YARP then aborts what has begun, which looks as if the client had left.
    private void RunOut()
    {
        hasRunOut = !client.IsCancellationRequested;
        either.Cancel();
    }

    /// <summary>What a client sends: was it all?</summary>
    private sealed class Upload(Stream client) : EndableStream(CancellationToken.None)
    {
        public Stream Client => client;

        public bool IsWhole { get; private set; }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var count = await client.ReadAsync(buffer, cancellationToken);
            IsWhole |= count == 0 && buffer.Length > 0;
            return count;
        }
    }
}
