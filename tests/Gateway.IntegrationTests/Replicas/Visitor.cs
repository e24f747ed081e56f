using System.Diagnostics;

namespace Gateway.IntegrationTests.Replicas;

/// <summary>Somebody with one session, at every replica.</summary>
internal sealed class Visitor(Caller[] at, Session session)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public Session Session => session;

    public Caller this[int replica] => at[replica];

    public static Visitor With(Session session, IEnumerable<Uri> replicas) =>
        new([.. replicas.Select(url => Caller.Bearing(url, session.AccessToken, session))], session);

    /// <summary>What every replica says to its token at this moment.</summary>
    public Task<HttpResponseMessage[]> AskAsync() => Task.WhenAll(at.Select(caller => caller.GetAsync("/orders/1")));

    /// <summary>Every replica lets it in, and remembers it from here on.</summary>
    public async Task AssertInAsync() => Assert.All(await AskAsync(), answer => Assert.Equal(HttpStatusCode.OK, answer.StatusCode));

    public async Task AssertOutAsync()
    {
        foreach (var answer in await AskAsync())
            await answer.AssertRefusedAsync(401, "token_revoked");
    }

    /// <summary>How long until every replica has refused it. Until then it is let in: there is no third answer.</summary>
    public async Task<TimeSpan> UntilOutAsync(params int[] replicas)
    {
        var waited = Stopwatch.StartNew();
        foreach (var replica in replicas.Length > 0 ? replicas : Enumerable.Range(0, at.Length))
        {
            while (true)
            {
                var answer = await at[replica].GetAsync("/orders/1");
                if (answer.StatusCode is HttpStatusCode.Unauthorized)
                    break;
                Assert.True(answer.StatusCode is HttpStatusCode.OK, $"{answer.StatusCode}: {await answer.Content.ReadAsStringAsync()}");
                Assert.True(waited.Elapsed < Patience, $"Replica {replica} still lets it in after {Patience}.");
                await Task.Delay(2);
            }
        }

        return waited.Elapsed;
    }

    public async Task LogOutAsync(int replica)
    {
        var answer = await at[replica].PostAsync("/auth/logout", null);
        Assert.True(answer.StatusCode is HttpStatusCode.NoContent, $"{answer.StatusCode}: {await answer.Content.ReadAsStringAsync()}");
    }

    public Task<HttpResponseMessage> RefreshAsync(int replica, string? token = null) =>
        at[replica].PostAsJsonAsync("/auth/refresh", new { refresh_token = token ?? session.RefreshToken });

    /// <summary>The same session with its next tokens.</summary>
    public async Task<Visitor> NextAsync(int replica)
    {
        var next = await (await RefreshAsync(replica)).ReadAsync<Session>(HttpStatusCode.OK);
        return With(next, at.Select(caller => caller.BaseAddress!));
    }
}
