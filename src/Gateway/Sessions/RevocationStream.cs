using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Gateway.Platform.Redis;
using Gateway.Tokens;
using StackExchange.Redis;

namespace Gateway.Sessions;

/// <summary>How do replicas tell each other in milliseconds? A Redis stream, read by id, and a bell that says when to read.</summary>
/// <remarks>
/// Redis may lose all or a part of it at any time, and then must be known to have: a history has the name "epoch:replication id". The
/// epoch goes with the stream (FLUSHALL, eviction, a restart without a file); the replication id is Redis's own name for what a
/// primary's replicas can rely on, and changes with every restart and failover, also to a replica that lagged behind.
/// </remarks>
internal sealed class RevocationStream(RedisLink redis, TokenLifetimes lifetimes)
{
    public const string ReadDatabase = "database";
    private const int EntriesAtOnce = 100, RowsPerEntry = 100;

    private const string Functions = """
        local function replication() return string.match(redis.call('INFO', 'replication'), 'master_replid:(%w+)') or '' end
        local function now() local t = redis.call('TIME'); return t[1] * 1000 + math.floor(t[2] / 1000) end
        local function epoch() return redis.call('EXISTS', KEYS[1]) == 1 and redis.call('GET', KEYS[2]) or '' end

        """;

    // A Redis that is out of memory cannot keep the entry, but it can ring.
    private const string Publish = Functions + """
        if redis.call('EXISTS', KEYS[1]) == 0 then redis.call('DEL', KEYS[2]) end
        local id = redis.pcall('XADD', KEYS[1], 'MINID', '~', string.format('%.0f', now() - ARGV[2]), '*', 'r', ARGV[1])
        if type(id) == 'table' then redis.call('PUBLISH', KEYS[3], ARGV[3]) return { '', '', '0-0' } end
        redis.call('PUBLISH', KEYS[3], 'stream')
        return { epoch(), replication(), id }
        """;

    private const string Read = Functions + """
        local last = '0-0'
        if redis.call('EXISTS', KEYS[1]) == 1 then
          local info = redis.call('XINFO', 'STREAM', KEYS[1])
          for i = 1, #info, 2 do if info[i] == 'last-generated-id' then last = info[i + 1] end end
        end
        local beat = redis.pcall('HSET', KEYS[3], ARGV[2], ARGV[3] .. '|' .. string.format('%.0f', now()))
        return { epoch(), replication(), last, type(beat) == 'table' and 0 or 1, redis.call('XRANGE', KEYS[1], '(' .. ARGV[1], '+', 'COUNT', ARGV[4]) }
        """;

    private const string Seed = Functions + """
        if epoch() ~= '' then return 0 end
        redis.call('SET', KEYS[2], ARGV[1])
        redis.call('XADD', KEYS[1], '*', 'r', '[]')
        redis.call('PUBLISH', KEYS[3], 'stream')
        return 1
        """;

    private const string List = Functions + """
        local all = redis.call('HGETALL', KEYS[3])
        for i = 1, #all, 2 do
          local seen = tonumber(string.match(all[i + 1], '|(%d+)$')) or 0
          if seen < now() - 3600000 then redis.call('HDEL', KEYS[3], all[i]) end
        end
        return { string.format('%.0f', now()), redis.call('HGETALL', KEYS[3]) }
        """;

    /// <summary>What one reading brought.</summary>
    /// <param name="Last">The end of the stream at that moment.</param>
    /// <param name="IsLost">There is no history at all: somebody must seed one.</param>
    /// <param name="IsCounted">Redis noted who read and how far, so others know of this replica.</param>
    /// <param name="Applied">Where the reader stands once it has applied <paramref name="News"/>.</param>
    /// <param name="News">What was revoked since the position asked for; null: nobody can read it, as after a downgrade.</param>
    internal sealed record Reading(StreamPlace Last, bool IsLost, bool IsCounted, StreamPlace Applied, IReadOnlyList<Revocation>? News);

    /// <returns>Where the last of them stands; null: Redis rang, but could not keep them.</returns>
    /// <exception cref="RedisException">Redis is away: see <see cref="RedisLink.IsTrouble"/>.</exception>
    public async Task<StreamPlace?> PublishAsync(IReadOnlyCollection<Revocation> news)
    {
        (StreamPlace? position, var isWhole) = (null, true);
        foreach (var chunk in news.Chunk(RowsPerEntry))
        {
            var parts = (RedisResult[])(await redis.EvaluateAsync(Publish, Keys("bell"), Json(chunk), (long)(2 * lifetimes.Revocation).TotalMilliseconds, ReadDatabase))!;
            position = At(parts, (string)parts[2]!);
            isWhole &= (string)parts[0]! != "";
        }

        return isWhole ? position : null;
    }

    /// <summary>Reads on, and says how far this replica has come.</summary>
    /// <param name="from">What is applied.</param>
    /// <param name="replica">Who reads.</param>
    /// <param name="liveFor">How long it may go on without reading again.</param>
    /// <exception cref="RedisException">Redis is away: see <see cref="RedisLink.IsTrouble"/>.</exception>
    public async Task<Reading> ReadAsync(StreamPlace from, string replica, TimeSpan liveFor)
    {
        var said = $"{from.History}|{from.Id}|{(long)liveFor.TotalMilliseconds}";
        var parts = (RedisResult[])(await redis.EvaluateAsync(Read, Keys("replicas"), from.Id, replica, said, EntriesAtOnce))!;
        var entries = (RedisResult[])parts[4]!;
        var last = At(parts, (string)parts[2]!);
        return new(
            last, (string)parts[0]! == "", (int)parts[3] == 1,
            entries.Length == 0 ? from : At(parts, (string)((RedisResult[])entries[^1]!)[0]!),
            Rows(entries.Select(entry => (string)((RedisResult[])((RedisResult[])entry!)[1]!)[1]!)));
    }

    /// <summary>Begins a new history; of several replicas that notice the loss one does it.</summary>
    /// <returns>True: this one did.</returns>
    public async Task<bool> SeedAsync() => (int)await redis.EvaluateAsync(Seed, Keys("bell"), Guid.NewGuid().ToString("N")) == 1;

    /// <summary>Who reads the stream, how far each has come, and how long ago it said so.</summary>
    public async Task<IReadOnlyDictionary<string, (StreamPlace Applied, bool IsLive)>> ReplicasAsync()
    {
        var parts = (RedisResult[])(await redis.EvaluateAsync(List, Keys("replicas")))!;
        var now = long.Parse((string)parts[0]!, CultureInfo.InvariantCulture);
        var pairs = (string[])parts[1]!;
        return pairs.Chunk(2).ToDictionary(pair => pair[0], pair => pair[1].Split('|') is [var history, var id, var liveFor, var seen]
            ? (StreamPlace.Parse(history, id), now - long.Parse(seen, CultureInfo.InvariantCulture) <= long.Parse(liveFor, CultureInfo.InvariantCulture))
            : default);
    }

    /// <summary>This replica serves no longer.</summary>
    public Task LeaveAsync(string replica) => redis.EvaluateAsync("redis.call('HDEL', KEYS[1], ARGV[1])", [redis.Key("replicas")], replica);

    /// <param name="heard">Told when to read; with <see cref="ReadDatabase"/> the news is there alone.</param>
    public Task ListenAsync(Action<string> heard) => redis.SubscribeAsync(redis.Key("bell"), heard);

    private RedisKey[] Keys(string third) => [redis.Key("revocations"), redis.Key("epoch"), redis.Key(third)];

    private static StreamPlace At(RedisResult[] parts, string id) => StreamPlace.Parse($"{parts[0]}:{parts[1]}", id);

    private static string Json(Revocation[] rows) => JsonSerializer.Serialize(rows, StreamJson.Default.RevocationArray);

    private static Revocation[]? Rows(IEnumerable<string> entries)
    {
        try
        {
            return [.. entries.SelectMany(json => JsonSerializer.Deserialize(json, StreamJson.Default.RevocationArray) ?? [])];
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Revocation[]))]
internal sealed partial class StreamJson : JsonSerializerContext;
