using Grpc.Core;
using Grpc.Net.Client;

namespace Gateway.IntegrationTests.Protocols;

/// <summary>gRPC passes whole, with all that makes it more than HTTP: trailers, status, deadlines, cancellation, streams both ways.</summary>
public sealed class GrpcTests(ProtocolGateway gateway) : GatewayTests<ProtocolGateway>(gateway)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    [Theory]
    [InlineData("h2c")]
    [InlineData("tls")]
    public async Task Service_hears_who_calls(string endpoint)
    {
        var (talk, as_) = await SignedInAsync(endpoint);

        var answer = await talk.SayAsync(new() { Text = "who" }, as_);

        Assert.Equal("anna", answer.Text);
    }

    [Fact]
    public async Task Headers_and_trailers_of_an_answer_arrive()
    {
        var (talk, as_) = await SignedInAsync();

        using var call = talk.SayAsync(new() { Text = "hello" }, as_);

        Assert.Equal("hello", (await call).Text);
        Assert.Equal("yes", (await call.ResponseHeadersAsync).GetValue("in-front"));
        Assert.Equal("yes", call.GetTrailers().GetValue("behind"));
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
    }

    [Fact]
    public async Task Headers_arrive_before_the_first_message()
    {
        var (talk, as_) = await SignedInAsync();
        using var call = talk.Tell(new() { Text = "in front" }, as_);

        var headers = await call.ResponseHeadersAsync.WaitAsync(Patience);

        Assert.Equal("yes", headers.GetValue("in-front"));
    }

    [Theory]
    [InlineData(StatusCode.NotFound)]
    [InlineData(StatusCode.FailedPrecondition)]
    [InlineData(StatusCode.Internal)]
    [InlineData(StatusCode.Unauthenticated)]
    [InlineData(StatusCode.DataLoss)]
    public async Task Status_of_the_service_arrives_with_its_words_and_trailers(StatusCode status)
    {
        var (talk, as_) = await SignedInAsync();

        var failure = await Assert.ThrowsAsync<RpcException>(() => talk.SayAsync(new() { Text = $"fail {status}" }, as_).ResponseAsync);

        Assert.Equal((status, $"sorry: {status}"), (failure.StatusCode, failure.Status.Detail));
        Assert.Equal("told to", failure.Trailers.GetValue("why"));
    }

    [Fact]
    public async Task Metadata_arrives_and_ours_cannot_be_forged()
    {
        var (talk, as_) = await SignedInAsync();
        as_.Add("some", "thing");
        as_.Add("some-bin", [0, 1, 255]);
        as_.Add("x-user-roles", "admin");

        Assert.Equal("thing", (await talk.SayAsync(new() { Text = "header some" }, as_)).Text);
        Assert.Equal("0001FF", (await talk.SayAsync(new() { Text = "binary" }, as_)).Text);
        Assert.Equal("user", (await talk.SayAsync(new() { Text = "header x-user-roles" }, as_)).Text);
        Assert.Equal("none", (await talk.SayAsync(new() { Text = "header authorization" }, as_)).Text);
    }

    [Fact]
    public async Task Client_streaming_arrives_whole()
    {
        var (talk, as_) = await SignedInAsync();
        using var call = talk.Collect(as_);

        for (var i = 0; i < 100; i++)
            await call.RequestStream.WriteAsync(new() { Text = $"{i}" });
        await call.RequestStream.CompleteAsync();

        Assert.Equal(string.Join(' ', Enumerable.Range(0, 100)), (await call).Text);
    }

    [Fact]
    public async Task Server_streaming_arrives_whole_with_its_trailers()
    {
        var (talk, as_) = await SignedInAsync();
        using var call = talk.Tell(new() { Text = string.Join(',', Enumerable.Range(0, 100)) }, as_);

        List<string> heard = [];
        await foreach (var words in call.ResponseStream.ReadAllAsync())
            heard.Add(words.Text);

        Assert.Equal(Enumerable.Range(0, 100).Select(i => $"{i}"), heard);
        Assert.Equal("yes", call.GetTrailers().GetValue("behind"));
    }

    [Fact]
    public async Task Duplex_goes_back_and_forth_unbuffered()
    {
        var (talk, as_) = await SignedInAsync();
        using var call = talk.Chat(as_);

        for (var i = 0; i < 50; i++)
        {
            await call.RequestStream.WriteAsync(new() { Text = $"{i}" });
            Assert.True(await call.ResponseStream.MoveNext(default).WaitAsync(Patience));
            Assert.Equal($"{i}", call.ResponseStream.Current.Text);
        }

        await call.RequestStream.CompleteAsync();
        Assert.False(await call.ResponseStream.MoveNext(default).WaitAsync(Patience));
    }

    [Fact]
    public async Task Large_message_arrives_whole()
    {
        var (talk, as_) = await SignedInAsync();
        var text = new string('x', 3 * 1024 * 1024);

        var answer = await talk.SayAsync(new() { Text = text }, as_);

        Assert.Equal(text.Length, answer.Text.Length);
    }

    [Fact]
    public async Task Deadline_reaches_the_service_and_ends_the_call_there()
    {
        var (talk, as_) = await SignedInAsync();

        var seen = await talk.SayAsync(new() { Text = "deadline" }, as_, DateTime.UtcNow.AddMinutes(1));
        var failure = await Assert.ThrowsAsync<RpcException>(() => talk.SayAsync(new() { Text = "wait deadline" }, as_, DateTime.UtcNow.AddSeconds(1)).ResponseAsync);

        Assert.Equal("some", seen.Text);
        Assert.Equal(StatusCode.DeadlineExceeded, failure.StatusCode);
        await TalkBackend.Ended("deadline").Task.WaitAsync(Patience);
    }

    [Theory]
    [InlineData("unary")]
    [InlineData("client")]
    [InlineData("server")]
    [InlineData("duplex")]
    public async Task Client_that_cancels_cancels_at_the_service(string kind)
    {
        var (talk, as_) = await SignedInAsync();
        var (name, ask) = ($"cancel-{kind}", new Words { Text = $"wait cancel-{kind}" });
        using var cancel = new CancellationTokenSource();

        var call = Task.Run(() => CallAsync(talk, kind, ask, as_, cancel.Token));
        await TalkBackend.Begun(name).Task.WaitAsync(Patience);
        await cancel.CancelAsync();

        Assert.Equal(StatusCode.Cancelled, (await Assert.ThrowsAsync<RpcException>(() => call)).StatusCode);
        await TalkBackend.Ended(name).Task.WaitAsync(Patience);
    }

    [Theory]
    [InlineData(null, StatusCode.Unauthenticated)]
    [InlineData("Bearer nonsense", StatusCode.Unauthenticated)]
    public async Task Refusal_of_the_gateway_is_one_that_grpc_understands(string? authorization, StatusCode status)
    {
        var talk = Open(gateway.HttpTwoUrl);
        Metadata as_ = authorization is null ? [] : new() { { "authorization", authorization } };

        foreach (var kind in new[] { "unary", "client", "server", "duplex" })
        {
            var failure = await Assert.ThrowsAsync<RpcException>(() => CallAsync(talk, kind, new() { Text = "who" }, as_, default).WaitAsync(Patience));
            Assert.Equal(status, failure.StatusCode);
        }
    }

    [Fact]
    public async Task Logged_out_user_is_unauthenticated()
    {
        var bob = await gateway.SignInAsync("bob");
        await bob.PostAsync("/auth/logout", null);

        var failure = await Assert.ThrowsAsync<RpcException>(() => Open(gateway.HttpTwoUrl).SayAsync(new() { Text = "who" }, As(bob)).ResponseAsync);

        Assert.Equal(StatusCode.Unauthenticated, failure.StatusCode);
    }

    internal static Talk.TalkClient Open(Uri url) => new(GrpcChannel.ForAddress(url, new()
    {
        HttpHandler = new SocketsHttpHandler { UseCookies = false, SslOptions = { RemoteCertificateValidationCallback = ProtocolGateway.IsOurs } },
        MaxReceiveMessageSize = null,
    }));

    internal static Metadata As(Caller caller) => new() { { "authorization", "Bearer " + caller.Session.AccessToken } };

    /// <summary>Makes that call and waits for its end.</summary>
    internal static async Task CallAsync(Talk.TalkClient talk, string kind, Words ask, Metadata as_, CancellationToken ct)
    {
        switch (kind)
        {
            case "unary":
                await talk.SayAsync(ask, as_, cancellationToken: ct);
                break;
            case "client":
                using (var call = talk.Collect(as_, cancellationToken: ct))
                {
                    await WriteAsync(call.RequestStream, ask);
                    await call;
                }
                break;
            case "server":
                using (var call = talk.Tell(ask, as_, cancellationToken: ct))
                    while (await call.ResponseStream.MoveNext(ct)) { }
                break;
            default:
                using (var call = talk.Chat(as_, cancellationToken: ct))
                {
                    await WriteAsync(call.RequestStream, ask);
                    while (await call.ResponseStream.MoveNext(ct)) { }
                }
                break;
        }
    }

    // To a call that has ended already nothing can be written; why it has ended, the answer says.
    private static async Task WriteAsync(IClientStreamWriter<Words> stream, Words words)
    {
        try
        {
            await stream.WriteAsync(words);
        }
        catch (Exception e) when (e is RpcException or InvalidOperationException) { }
    }

    private async Task<(Talk.TalkClient Talk, Metadata As)> SignedInAsync(string endpoint = "h2c") =>
        (Open(endpoint == "tls" ? gateway.TlsUrl : gateway.HttpTwoUrl), As(await gateway.KeptAsync("anna")));
}
