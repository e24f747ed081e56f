using Gateway.Platform.Database;
using Gateway.Platform.Redis;

namespace Gateway.Sessions;

/// <summary>What was revoked in a transaction is applied here and told to the other replicas as soon as it is committed, before anybody is answered.</summary>
internal sealed class RevocationNews(Revocations revocations, RevocationStream stream, RedisLink redis, TimeProvider clock)
{
    // Who revokes does not wait for a slow Redis: the others read the database, too.
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(250);

    /// <summary>The <see cref="AfterCommit"/> of this gateway.</summary>
    public async Task TellAsync(GatewayDatabase db, IReadOnlyList<object> written)
    {
        Revocation[] news = [.. written.OfType<Revocation>()];
        revocations.Apply(news);
        db.HasRevoked = news.Length > 0;
        db.Announced = news.Length > 0 && redis.IsConfigured ? await AnnounceAsync(news) : null;
    }

    private async Task<StreamPlace?> AnnounceAsync(Revocation[] news)
    {
        var announcing = TryAsync(news);
        try
        {
            return redis.IsWell ? await announcing.WaitAsync(Patience, clock) : null;
        }
        catch (TimeoutException)
        {
            return null;
        }
    }

    private async Task<StreamPlace?> TryAsync(Revocation[] news)
    {
        try
        {
            await redis.OpenAsync(CancellationToken.None);
            return await stream.PublishAsync(news);
        }
        // Redis is away: everybody reads it from the database within a second. The feed says so in the log, once.
        catch (Exception)
        {
            return null;
        }
    }
}
