using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Text;
using Gateway.Platform;
using Gateway.Platform.Configuration;
using Gateway.Platform.Throttles;
using Microsoft.Extensions.Primitives;

namespace Gateway.Sessions;

/// <summary>Does a service of the operator's ask? HTTP Basic with id and secret, both encoded as in a form (RFC 6749 section 2.3.1).</summary>
internal sealed class Clients(ClientOptions[] options, Throttle throttle)
{
    private const string Scheme = "Basic ";
    private static readonly byte[] NobodysHash = new byte[SHA256.HashSizeInBytes];

    private readonly FrozenDictionary<string, byte[]> hashes = options.ToFrozenDictionary(client => client.Id, client => client.Hash!, StringComparer.Ordinal);

    // Not for its own sake, a secret of 32 characters is not guessed: who hammers here is told to stop.
    private static Allowance Failures(string network) => new($"client|{network}", 100, TimeSpan.FromSeconds(1));

    /// <returns>Null: one does. Only a failure costs, so that nobody behind the same address can keep a client out.</returns>
    public async Task<Problem?> RefuseAsync(HttpContext http)
    {
        var header = http.Request.Headers.Authorization;
        if (Holds(header))
            return null;
        if (header.Count == 0 || hashes.Count == 0)
            return Problems.InvalidClient;

        var turn = await throttle.TakeAsync(Failures(Networks.Of(http.Connection.RemoteIpAddress?.ToString())));
        return turn.IsGranted ? Problems.InvalidClient : turn.Refusal;
    }

    // An unknown id costs what a known one does, and a secret is compared in constant time.
    private bool Holds(StringValues header)
    {
        if (header is not [{ } text] || Read(text) is not var (id, secret))
            return false;

        var isKnown = hashes.TryGetValue(id, out var hash);
        return CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(secret)), hash ?? NobodysHash) & isKnown;
    }

    private static (string Id, string Secret)? Read(string header)
    {
        var bytes = new byte[header.Length];
        if (!header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) || !Convert.TryFromBase64String(header[Scheme.Length..], bytes, out var length))
            return null;

        var pair = bytes.AsSpan(0, length);
        var colon = pair.IndexOf((byte)':');
        return colon > 0 && FormBody.Decode(pair[..colon]) is { } id && FormBody.Decode(pair[(colon + 1)..]) is { } secret ? (id, secret) : null;
    }

    /// <summary>What is wrong with the configured clients taken together.</summary>
    internal sealed class Rule : ISettingsRule
    {
        public Task<IReadOnlyList<string>> CheckAsync(Settings settings) => Task.FromResult<IReadOnlyList<string>>(
        [
            .. settings.Get<ClientOptions[]>().Select((client, i) => settings.Get<ClientOptions[]>().Take(i).Any(other => other.Id == client.Id)
                ? $"{ClientOptions.Section}:{i}:Id: '{client.Id}' is there twice. Each client may be listed once."
                : null).OfType<string>(),
        ]);
    }
}
