namespace Gateway.IntegrationTests.Replicas;

/// <summary>Prefer: wait (RFC 7240): whoever ends a session is told that every replica refuses it from now on.</summary>
public sealed class ProofTests(OnRedis gateways) : ReplicaTests<OnRedis>(gateways)
{
    private const int Rounds = 50;

    [Fact]
    public async Task After_applied_all_every_replica_refuses()
    {
        var slowest = 0.0;
        for (var i = 0; i < Rounds; i++)
        {
            var visitor = await gateways.KnownAsync(i % 3);

            var proof = await ReadAsync(await LogOutAsync(visitor[i % 3], "wait=5"));

            await visitor.AssertOutAsync();
            Assert.Equal(("all", 3), (proof.Applied, proof.Replicas));
            slowest = Math.Max(slowest, proof.Milliseconds);
        }

        Say($"{Rounds} logouts were applied at all 3 replicas, the slowest within {slowest:0} ms; 0 violations");
    }

    [Fact]
    public async Task Session_that_is_deleted_is_refused_everywhere()
    {
        var (owner, other) = await TwoSessionsAsync();

        var proof = await ReadAsync(await SendAsync(owner[0], HttpMethod.Delete, "/auth/sessions/" + other.Session.SessionId, "wait=5"));

        await other.AssertOutAsync();
        await owner.AssertInAsync();
        Assert.Equal(("all", 3), (proof.Applied, proof.Replicas));
    }

    [Fact]
    public async Task Password_change_ends_the_other_sessions_everywhere()
    {
        var (owner, other) = await TwoSessionsAsync();

        var proof = await ReadAsync(await SendAsync(owner[1], HttpMethod.Post, "/auth/password", "wait=5",
            new { current_password = TestGateway.Password, new_password = "another horse battery" }));

        await other.AssertOutAsync();
        await owner.AssertInAsync();
        Assert.Equal(("all", 3), (proof.Applied, proof.Replicas));
    }

    [Fact]
    public async Task Logout_of_all_is_refused_everywhere()
    {
        var (owner, other) = await TwoSessionsAsync();

        var proof = await ReadAsync(await SendAsync(owner[2], HttpMethod.Post, "/auth/logout?scope=all", "wait=5"));

        await other.AssertOutAsync();
        await owner.AssertOutAsync();
        Assert.Equal(("all", 3), (proof.Applied, proof.Replicas));
    }

    [Fact]
    public async Task Nothing_left_to_end_is_applied_everywhere()
    {
        var visitor = await gateways.KnownAsync();
        await visitor.LogOutAsync(0);
        using var nobody = Caller.Anonymous(gateways.All[1].Url);

        var answer = await SendAsync(nobody, HttpMethod.Post, "/auth/logout", "wait=5", new { refresh_token = visitor.Session.RefreshToken });

        var proof = await ReadAsync(answer);
        Assert.Equal("all", proof.Applied);
        await visitor.AssertOutAsync();
    }

    [Fact]
    public async Task Without_Redis_it_is_proven_from_the_database()
    {
        await gateways.Redis.KillAsync();
        try
        {
            for (var i = 0; i < 5; i++)
            {
                var visitor = await gateways.KnownAsync(i % 3);

                var proof = await ReadAsync(await LogOutAsync(visitor[i % 3], "wait=20"));

                await visitor.AssertOutAsync();
                Assert.Equal(("all", 3), (proof.Applied, proof.Replicas));
                Say($"Without Redis, applied at all 3 replicas within {proof.Milliseconds:0} ms");
            }
        }
        finally
        {
            await gateways.Redis.RestartAsync();
        }

        await gateways.UntilRedisIsUsedAsync();
    }

    [Fact]
    public async Task Replica_that_hears_nothing_is_missing_until_it_refuses_by_itself()
    {
        var (first, second) = (await gateways.KnownAsync(), await gateways.KnownAsync());
        var deaf = gateways.All[2];
        deaf.Redis.Freeze();
        deaf.Database.Freeze();
        try
        {
            var proof = await ReadAsync(await LogOutAsync(first[0], "wait=1"));
            Assert.Equal(("2/3", 3), (proof.Applied, proof.Replicas));

            // No longer live: what it knows is too old to let anybody pass.
            await Eventually.IsAsync(async () => await ReadAsync(await LogOutAsync((await gateways.SignUpAsync())[0], "wait=1")), later => later.Applied == "all");
            await (await second[2].GetAsync("/orders/1")).AssertRefusedAsync(503, "revocation_stale");
            await (await first[2].GetAsync("/orders/1")).AssertRefusedAsync(503, "revocation_stale");
        }
        finally
        {
            deaf.Redis.Restore();
            deaf.Database.Restore();
        }

        await first.UntilOutAsync(0, 1);
        var back = await Eventually.IsAsync(async () => await ReadAsync(await gateways.AskProofAsync(0)), proof => proof is { Applied: "all", Replicas: 3 });
        Say($"All 3 replicas again, within {back.Milliseconds:0} ms");
        await first.AssertOutAsync();
        await second.AssertInAsync();
        gateways.ForgetErrors(); // what stood still with its database may say so
    }

    [Theory]
    [InlineData("wait")]
    [InlineData("wait=")]
    [InlineData("wait=soon")]
    [InlineData("wait=-1")]
    [InlineData("wait=1.5")]
    [InlineData("wait=0x10")]
    [InlineData("=5")]
    [InlineData(";;,,")]
    [InlineData("await=5")]
    [InlineData("handling=strict; wait=5")] // its parameter, no preference
    public async Task Preference_that_is_none_of_ours_is_ignored(string prefer)
    {
        var visitor = await gateways.SignUpAsync();

        var answer = await LogOutAsync(visitor[0], prefer);

        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
        Assert.False(answer.Headers.Contains("Preference-Applied"));
        await (await visitor[0].GetAsync("/orders/1")).AssertRefusedAsync(401, "token_revoked");
    }

    [Theory]
    [InlineData("wait=30")]
    [InlineData("wait=31")] // counts as 30
    [InlineData("wait=99999999999999999999")]
    [InlineData("respond-async, wait=5")]
    [InlineData("WAIT=5")]
    [InlineData("wait = 5")]
    [InlineData("wait=5; priority=high")]
    [InlineData("handling=lenient; wait=soon, wait=5, wait=6")] // the first of a name counts
    public async Task Preference_is_read_as_RFC_7240_writes_it(string prefer)
    {
        var visitor = await gateways.KnownAsync();

        var proof = await ReadAsync(await LogOutAsync(visitor[0], prefer));

        Assert.Equal(("all", 3), (proof.Applied, proof.Replicas));
        await visitor.AssertOutAsync();
    }

    internal static Task<HttpResponseMessage> LogOutAsync(Caller caller, string prefer) => SendAsync(caller, HttpMethod.Post, "/auth/logout", prefer);

    internal static async Task<Proof> ReadAsync(HttpResponseMessage answer)
    {
        var proof = await answer.ReadAsync<Proof>(HttpStatusCode.OK);
        Assert.Equal("wait", Assert.Single(answer.Headers.GetValues("Preference-Applied")));
        Assert.InRange(proof.Milliseconds, 0, 60_000);
        return proof;
    }

    private static Task<HttpResponseMessage> SendAsync(Caller caller, HttpMethod method, string path, string prefer, object? body = null)
    {
        var request = new HttpRequestMessage(method, path);
        Assert.True(request.Headers.TryAddWithoutValidation("Prefer", prefer));
        if (body is not null)
            request.Content = JsonContent.Create(body);
        return caller.SendAsync(request);
    }

    /// <summary>Two sessions of one user, remembered by every replica.</summary>
    private async Task<(Visitor Owner, Visitor Other)> TwoSessionsAsync()
    {
        var owner = await gateways.KnownAsync();
        using var nobody = Caller.Anonymous(gateways.All[1].Url);
        var login = await nobody.PostAsJsonAsync("/auth/login", new { username = owner.Session.User.Username, password = TestGateway.Password });
        var other = Visitor.With(await login.ReadAsync<Session>(HttpStatusCode.OK), gateways.Urls);
        await other.AssertInAsync();
        return (owner, other);
    }
}

/// <summary>What Prefer: wait is answered with.</summary>
internal sealed record Proof(string Applied, int Replicas, double Milliseconds);
