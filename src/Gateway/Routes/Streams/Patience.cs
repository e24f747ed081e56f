using System.Runtime.CompilerServices;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Model;

namespace Gateway.Routes.Streams;

/// <summary>How long may a backend take to begin what then may last, and be silent, as long as it likes?</summary>
/// <remarks>
/// For WebSockets and event streams, in the place of YARP's activity timeout, which would also end them when nobody says anything for
/// a while. Where an operator has set that timeout for a cluster, it counts for everything.
/// </remarks>
internal sealed class Patience : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(100);      // YARP's default
    private static readonly ConditionalWeakTable<ClusterModel, ClusterModel> Silent = [];

    private readonly HttpContext http;
    private readonly CancellationToken client;
    private readonly CancellationTokenSource either;

    private Patience(HttpContext http)
    {
        (this.http, client) = (http, http.RequestAborted);
        either = CancellationTokenSource.CreateLinkedTokenSource(client);
        either.CancelAfter(Limit);
        http.RequestAborted = either.Token;
        http.Features.Set(this);
    }

    public static Patience? With(HttpContext http) => Silence(http) ? new(http) : null;

    /// <summary>Lets both sides be silent, also before the answer: a gRPC call ends by its deadline.</summary>
    /// <returns>False: an operator has said how long.</returns>
    public static bool Silence(HttpContext http)
    {
        var proxy = http.GetReverseProxyFeature();
        if (proxy.Cluster.Config.HttpRequest?.ActivityTimeout is not null)
            return false;

        http.Features.Set<IReverseProxyFeature>(new ReverseProxyFeature
        {
            Route = proxy.Route,
            Cluster = Silent.GetValue(proxy.Cluster, Silenced),
            AllDestinations = proxy.AllDestinations,
            AvailableDestinations = proxy.AvailableDestinations,
        });
        return true;
    }

    public bool HasRunOut => either.IsCancellationRequested && !client.IsCancellationRequested;

    /// <summary>It has begun.</summary>
    public void End() => either.CancelAfter(Timeout.InfiniteTimeSpan);

    /// <summary>It is an ordinary answer after all: from one piece to the next it has as long as any other.</summary>
    public void Watch(HttpResponseMessage answer) => answer.Content = new ReplacedContent(answer.Content, stream => new Watched(stream, this));

    public void Dispose()
    {
        http.RequestAborted = client;
        either.Dispose();
    }

    private static ClusterModel Silenced(ClusterModel cluster) =>
        new(cluster.Config with { HttpRequest = (cluster.Config.HttpRequest ?? ForwarderRequestConfig.Empty) with { ActivityTimeout = Timeout.InfiniteTimeSpan } }, cluster.HttpClient);

    private sealed class Watched(Stream answer, Patience patience) : EndableStream(CancellationToken.None)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            patience.either.CancelAfter(Limit);
            return answer.ReadAsync(buffer, cancellationToken);
        }

        protected override void Dispose(bool disposing)
        {
            answer.Dispose();
            base.Dispose(disposing);
        }
    }
}
