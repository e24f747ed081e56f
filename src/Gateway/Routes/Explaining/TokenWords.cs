using System.Globalization;
using System.Text.Json.Nodes;
using Gateway.Platform.Configuration;

namespace Gateway.Routes.Explaining;

/// <summary>Which claims are meant? <c>roles=clerk,admin claim.tenant=acme</c> on a command line, or an object of the same in JSON.</summary>
internal static class TokenWords
{
    public const string Roles = "roles", Scope = "scope", Subject = "sub", User = "user", Issuer = "issuer", Methods = "amr", LoginTime = "auth_time", Mfa = "mfa";
    private const string ClaimPrefix = "claim.";

    private static readonly string[] Known = [Roles, Scope, Subject, User, Issuer, Methods, LoginTime, Mfa];

    // A token has them, and they mean nothing here: nothing is signed, so nothing runs out.
    private static readonly string[] OfTokens = ["iss", "aud", "exp", "iat", "nbf"];

    /// <summary>Has it a meaning of its own? What has none is a claim as it stands.</summary>
    public static bool IsKnown(string name) => Known.Contains(name);

    /// <param name="words">Each is NAME=VALUE.</param>
    /// <param name="error">Null: none.</param>
    public static JsonObject? Parse(IReadOnlyList<string> words, out string? error)
    {
        var said = new JsonObject();
        error = null;
        foreach (var word in words)
        {
            var parts = word.Split('=', 2);
            var name = parts[0].StartsWith(ClaimPrefix, StringComparison.Ordinal) ? parts[0][ClaimPrefix.Length..] : parts[0];
            if (parts.Length < 2 || name.Length == 0)
                error = $"'{word}' says nothing. Write NAME=VALUE, such as roles=clerk,admin.";
            else if (name == parts[0] && !Known.Contains(name))
                error = $"'{name}' is unknown. It must be one of {string.Join(", ", Known)}, or {ClaimPrefix}NAME{Suggestion.For(name, [.. Known, ClaimPrefix + name])}.";
            else if (name != parts[0] && Known.Contains(name))
                error = $"'{parts[0]}' is written without {ClaimPrefix}: {name}={parts[1]}.";
            else if (!TryPut(said, name == parts[0] ? [name] : name.Split('.'), JsonValue.Create(parts[1])))
                error = $"'{parts[0]}' is there twice. Write lists as {Roles}=a,b.";
            if (error is not null)
                return null;
        }

        return said;
    }

    /// <summary>As .NET's configuration has it: every value is a text, and a list has numbers for names.</summary>
    public static JsonObject Read(IConfigurationSection section) => new(section.GetChildren().Select(child => KeyValuePair.Create(child.Key, Node(child))));

    /// <summary>What is wrong with them; each begins with the name of a word, or stands alone.</summary>
    /// <param name="said">As they were read.</param>
    /// <param name="issuers">The names of those whose tokens are believed.</param>
    public static IEnumerable<string> Errors(JsonObject said, IReadOnlyCollection<string> issuers)
    {
        foreach (var (name, value) in said)
        {
            if (OfTokens.Contains(name))
                yield return $"{name}: means nothing here, since nothing is signed. {(name == "iss" ? $"Write {Issuer}." : "Leave it out.")}";
            else if (Known.FirstOrDefault(word => word != name && word.Equals(name, StringComparison.OrdinalIgnoreCase)) is { } meant)
                yield return $"{name}: this claim is no word that is known, and looks like one (did you mean '{meant}'?).";
            else if (name is Roles or Scope or Methods && ListOf(value, ',') is null)
                yield return $"{name}: must be a text or a list of texts.";
            else if (name is Subject or User or Issuer && TextOf(value) is not { Length: > 0 })
                yield return $"{name}: must be a text, and not empty.";
            else if (name is Issuer && !issuers.Contains(TextOf(value)!, StringComparer.Ordinal))
                yield return $"{name}: '{TextOf(value)}' is no issuer whose tokens are believed. It must be one of {string.Join(", ", issuers)}{Suggestion.For(TextOf(value)!, issuers)}.";
            else if (name is LoginTime && TimeOf(value, DateTimeOffset.UnixEpoch) is null)
                yield return $"{name}: '{TextOf(value)}' is no time of a login. It must be seconds since 1970, now, or a duration relative to now such as -00:20:00.";
            else if (name is Mfa && FlagOf(value) is null)
                yield return $"{name}: '{TextOf(value)}' is not true or false.";
        }
    }

    /// <returns>Null: no list of texts, nor one with <paramref name="separators"/> between them.</returns>
    public static string[]? ListOf(JsonNode? value, params char[] separators) => value switch
    {
        JsonArray list when list.All(item => item?.GetValueKind() is System.Text.Json.JsonValueKind.String) => [.. list.Select(item => (string)item!)],
        JsonValue when value.GetValueKind() is System.Text.Json.JsonValueKind.String => ((string)value!).Split(separators, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries),
        _ => null,
    };

    public static string? TextOf(JsonNode? value) => value is JsonValue ? value.ToString() : null;

    public static bool? FlagOf(JsonNode? value) => bool.TryParse(TextOf(value), out var flag) ? flag : null;

    /// <summary>Seconds since 1970.</summary>
    public static long? TimeOf(JsonNode? value, DateTimeOffset now) =>
        TextOf(value) is not { } text ? null
        : text == "now" ? now.ToUnixTimeSeconds()
        : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds < 253402300800 ? seconds
        : text.Contains(':') && TimeSpan.TryParseExact(text, "c", CultureInfo.InvariantCulture, out var distance) && Math.Abs(distance.TotalDays) < 3650 ? Math.Max(0, (now + distance).ToUnixTimeSeconds())
        : null;

    /// <summary>Into objects, as far as the names lead.</summary>
    /// <returns>False: there is something already.</returns>
    public static bool TryPut(JsonObject into, ReadOnlySpan<string> names, JsonNode? value)
    {
        if (names.Length == 1)
            return into.TryAdd(names[0], value);
        if (into[names[0]] is null)
            into[names[0]] = new JsonObject();
        return into[names[0]] is JsonObject inner && TryPut(inner, names[1..], value);
    }

    public static string Describe(JsonObject said) =>
        said.Count == 0 ? "somebody" : string.Join(' ', said.Select(word => $"{(Known.Contains(word.Key) ? "" : ClaimPrefix)}{word.Key}={(ListOf(word.Value, ',') is { } list ? string.Join(',', list) : word.Value?.ToJsonString())}"));

    // What looks like true or false is: a claim that says so is no text where it comes from.
    private static JsonNode? Node(IConfigurationSection section) =>
        section.GetChildren().ToArray() is not { Length: > 0 } children
            ? section.Value is { } text ? bool.TryParse(text, out var flag) ? JsonValue.Create(flag) : JsonValue.Create(text) : null
        : children.Index().All(child => child.Item.Key == child.Index.ToString(CultureInfo.InvariantCulture)) ? new JsonArray([.. children.Select(Node)])
        : Read(section);
}
