using Gateway.Sessions;
using Gateway.Sessions.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway.UnitTests.Sessions.Connections;

public sealed class OpenConnectionTests
{
    private const int Limit = 3;
    private static readonly ConnectionTerms Terms = new((_, _, _) => true);

    private readonly OpenConnections connections = new(new SessionOptions { MaxConnections = Limit });
    private readonly Identity bob = Made.Identity();

    private sealed class Lifetime : IHttpRequestLifetimeFeature
    {
        public Action Aborted { get; set; } = () => { };

        public int Aborts { get; private set; }

        public CancellationToken RequestAborted { get; set; }

        public void Abort()
        {
            Aborts++;
            Aborted();
        }
    }

    private sealed class Resets : IHttpResetFeature
    {
        public List<int> Codes { get; } = [];

        public void Reset(int errorCode) => Codes.Add(errorCode);
    }

    private static (HttpContext Http, Lifetime Life) Exchange()
    {
        var (http, life) = (new DefaultHttpContext(), new Lifetime());
        http.Features.Set<IHttpRequestLifetimeFeature>(life);
        return (http, life);
    }

    [Fact]
    public void Whoever_looked_at_an_earlier_turn_ends_nobody()
    {
        var (first, second) = (Exchange(), Exchange());
        var connection = connections.TryOpen(first.Http, bob, Terms)!;
        var seen = connection.Look();
        connections.Close(connection);
        connection.Begin(second.Http, bob, Terms);

        var ended = connection.TryEnd(seen, EndCause.Revoked, 1);
        connection.Cut(seen);
        connection.Doubt(seen, DateTimeOffset.MaxValue, true);

        Assert.False(ended);
        Assert.Equal(0, first.Life.Aborts + second.Life.Aborts);
        Assert.False(connection.IsEnding);
        Assert.Equal(0, connection.DeniedAfter);
    }

    // Whoever was asked about by the old policy while the new one came: neither has judged who it is now by the new one.
    [Fact]
    public void Whoever_was_renewed_by_other_terms_is_on_those()
    {
        var connection = connections.TryOpen(Exchange().Http, bob, Terms)!;
        connection.Move(connection.Look(), new((_, _, _) => true));

        connection.Renew(connection.Look(), bob, DateTimeOffset.MaxValue, Terms);

        Assert.Same(Terms, connection.Terms);
    }

    [Fact]
    public void Ends_in_its_own_way_and_once()
    {
        var causes = new List<EndCause>();
        var connection = connections.TryOpen(Exchange().Http, bob, Terms)!;
        connection.Become(ConnectionKind.WebSocket, causes.Add);

        Assert.True(connection.TryEnd(connection.Look(), EndCause.Expired, 5));
        Assert.False(connection.TryEnd(connection.Look(), EndCause.Revoked, 9));

        Assert.Equal([EndCause.Expired], causes);
        Assert.Equal(5, connection.CutAfter);
    }

    [Fact]
    public void Next_exchange_begins_with_nothing_of_the_last_one()
    {
        var connection = connections.TryOpen(Exchange().Http, bob, Terms)!;
        connection.Become(ConnectionKind.WebSocket, _ => Assert.Fail("This is another exchange."));
        connection.Doubt(connection.Look(), DateTimeOffset.MaxValue, true);
        connections.Close(connection);
        Assert.Equal(0, connection.Look());
        connection.Begin(Exchange().Http, null, Terms);

        connection.TryEnd(connection.Look(), EndCause.Leaving, 1);

        Assert.Equal((ConnectionKind.Exchange, 0, null), (connection.Kind, connection.DeniedAfter, connection.Identity));
    }

    [Fact]
    public void Stream_of_HTTP_2_is_reset_and_its_neighbours_go_on()
    {
        var (http, life) = Exchange();
        var resets = new Resets();
        http.Features.Set<IHttpResetFeature>(resets);
        var connection = connections.TryOpen(http, bob, Terms)!;

        connection.Cut(connection.Look());

        Assert.Equal([8], resets.Codes);
        Assert.Equal(0, life.Aborts);
    }

    [Fact]
    public void Exchange_that_finishes_within_the_cut_does_not_wait_for_it()
    {
        var (http, life) = Exchange();
        var connection = connections.TryOpen(http, bob, Terms)!;
        life.Aborted = () => connections.Close(connection);

        connection.Cut(connection.Look());

        Assert.Equal(1, life.Aborts);
        Assert.Equal(0, connection.Look());
    }

    [Fact]
    public void Session_has_as_much_open_as_it_may_and_no_more()
    {
        var again = Made.Identity(credential: "the next token of this session");
        var open = Enumerable.Range(0, Limit).Select(i => connections.TryOpen(Exchange().Http, i % 2 == 0 ? bob : again, Terms)).ToArray();

        Assert.DoesNotContain(null, open);
        Assert.Null(connections.TryOpen(Exchange().Http, again, Terms));
        Assert.NotNull(connections.TryOpen(Exchange().Http, Made.Identity(""" "jti":"t2","sid":"s2" """), Terms));
        Assert.NotNull(connections.TryOpen(Exchange().Http, null, Terms));

        connections.Close(open[0]!);
        connections.Tidy();
        Assert.NotNull(connections.TryOpen(Exchange().Http, again, Terms));
        Assert.Null(connections.TryOpen(Exchange().Http, bob, Terms));
    }

    [Fact]
    public async Task Nobody_else_is_cut_however_the_objects_change_hands()
    {
        var many = new OpenConnections(new SessionOptions { MaxConnections = 1000 });
        var victim = Made.Identity(""" "jti":"t2","sid":"s2" """);
        using var stop = new CancellationTokenSource();
        var cuts = 0;

        var walk = Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                foreach (var connection in many.All)
                {
                    if (connection.Look() is not 0 and var seen && ReferenceEquals(connection.Identity, victim))
                        connection.Cut(seen);
                }
            }
        }, TestContext.Current.CancellationToken);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(worker => Task.Run(() =>
        {
            for (var i = 0; i < 20_000; i++)
            {
                var (http, life) = Exchange();
                var whose = (i + worker) % 2 == 0 ? victim : bob;
                var connection = many.TryOpen(http, whose, Terms)!;
                Thread.Yield();
                many.Close(connection);

                var seen = life.Aborts;
                Assert.True(seen == 0 || ReferenceEquals(whose, victim));
                Interlocked.Add(ref cuts, seen);
            }
        }, TestContext.Current.CancellationToken)));
        await stop.CancelAsync();
        await walk;

        Assert.True(cuts > 0, "Nobody was cut at all.");
    }
}
