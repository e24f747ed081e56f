using System.Buffers;
using System.Text.Json;

namespace Gateway.Tokens;

/// <summary>What does a token say about whom (RFC 7519 section 4, RFC 9068)? Read strictly, once; not yet believed.</summary>
internal sealed class Claims
{
    // JSON can say a control character only with a backslash; DEL and the C1 controls, which begin with this byte, as they are.
    private static readonly SearchValues<byte> MayBeControl = SearchValues.Create([(byte)'\\', 0x7F, 0xC2]);

    private readonly byte[] json;

    private Claims(byte[] json) => this.json = json;

    public required string Issuer { get; init; }
    public required string Subject { get; init; }
    public required string[] Audiences { get; init; }
    public required long ExpiresAt { get; init; }
    public required long IssuedAt { get; init; }
    public long? NotBefore { get; init; }

    /// <summary>When the user has logged in; null: nobody tells.</summary>
    public long? AuthenticatedAt { get; init; }

    public string? TokenId { get; init; }
    public string? SessionId { get; init; }
    public long? Generation { get; init; }
    public long? Version { get; init; }
    public string? Name { get; init; }
    public string? Email { get; init; }
    public bool? EmailVerified { get; init; }
    public required string[] Scopes { get; init; }

    /// <summary>The <c>kid</c> that stands in the token's header; null where no token was read.</summary>
    public string? KeyId { get; init; }

    /// <summary>The claims as they were signed.</summary>
    public ReadOnlyMemory<byte> Json => json;

    /// <returns>Null: a required claim is missing, or one has the wrong type.</returns>
    public static Claims? TryRead(byte[] json, JsonElement root, string? keyId = null)
    {
        if (Text(root, "iss"u8) is not { Length: > 0 } issuer || Text(root, "sub"u8) is not { Length: > 0 } subject
            || List(root, "aud"u8) is not { Length: > 0 } audiences
            || Time(root, "exp"u8) is not { } expiresAt || Time(root, "iat"u8) is not { } issuedAt)
            return null;

        // Optional, but if they are there they are what the standards say. What we call sid, gen and ver may mean anything to others.
        var isSound = true;
        var claims = new Claims(json)
        {
            KeyId = keyId,
            Issuer = issuer,
            Subject = subject,
            Audiences = audiences,
            ExpiresAt = expiresAt,
            IssuedAt = issuedAt,
            NotBefore = IfThere(Time(root, "nbf"u8), "nbf"u8),
            AuthenticatedAt = IfThere(Time(root, "auth_time"u8), "auth_time"u8),
            TokenId = IfThere(Text(root, "jti"u8), "jti"u8),
            SessionId = Text(root, "sid"u8),
            Generation = Time(root, "gen"u8),
            Version = Time(root, "ver"u8),
            Name = IfThere(Text(root, "preferred_username"u8), "preferred_username"u8),
            Email = IfThere(Text(root, "email"u8), "email"u8),
            EmailVerified = root.TryGetProperty("email_verified"u8, out var verified) ? verified.ValueKind is JsonValueKind.True : null,
            Scopes = (IfThere(List(root, "scope"u8), "scope"u8) ?? List(root, "scp"u8)) is { } scopes ? string.Join(' ', scopes).Split(' ', StringSplitOptions.RemoveEmptyEntries) : [],
        };
        return isSound ? claims : null;

        T IfThere<T>(T read, ReadOnlySpan<byte> name)
        {
            isSound &= read is not null || !root.TryGetProperty(name, out _);
            return read;
        }
    }

    /// <summary>Would one of these claims carry a control character to where it might end a line, or hide what follows?</summary>
    public bool HasControlIn(IEnumerable<string> paths) =>
        json.AsSpan().ContainsAny(MayBeControl) && paths.Any(path => Array.Exists(Values(path), value => value.Any(char.IsControl)));

    /// <summary>All values of a claim as text; dots lead into objects. Empty: it is not there.</summary>
    public string[] Values(string path) => Find(path) is { } found ? Flatten(found) : [];

    /// <summary>A list as issuers write it: an array, or one text with spaces between the values.</summary>
    public string[] Words(string path) => Find(path) switch
    {
        { ValueKind: JsonValueKind.String } text => TextOf(text)?.Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? [],
        { } found => Flatten(found),
        null => [],
    };

    // Nearly always it is one of the outermost members: only that one is read.
    private JsonElement? Find(string path)
    {
        var reader = new Utf8JsonReader(json);
        reader.Read();
        while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName)
        {
            var isIt = reader.ValueTextEquals(path);
            reader.Read();
            if (isIt)
                return JsonElement.ParseValue(ref reader);
            reader.Skip();
        }

        return path.Contains('.') ? Find(JsonElement.Parse(json), path) : null;
    }

    // A name with dots in it (https://example.com/roles) is tried whole before it is taken apart.
    private static JsonElement? Find(JsonElement json, string path)
    {
        if (json.ValueKind is not JsonValueKind.Object)
            return null;
        if (json.TryGetProperty(path, out var whole))
            return whole;

        for (var dot = path.IndexOf('.'); dot > 0; dot = path.IndexOf('.', dot + 1))
        {
            if (json.TryGetProperty(path[..dot], out var inner) && Find(inner, path[(dot + 1)..]) is { } found)
                return found;
        }

        return null;
    }

    private static string[] Flatten(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => TextOf(value) is { } text ? [text] : [],
        JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => [value.GetRawText()],
        JsonValueKind.Array => [.. value.EnumerateArray().Where(v => v.ValueKind is not JsonValueKind.Array).SelectMany(Flatten)],
        _ => [],
    };

    public static string? Text(JsonElement json, ReadOnlySpan<byte> name) =>
        json.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.String ? TextOf(value) : null;

    // Half a surrogate pair throws: that is no text.
    private static string? TextOf(JsonElement value)
    {
        try
        {
            return value.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private static string[]? List(JsonElement json, ReadOnlySpan<byte> name)
    {
        if (!json.TryGetProperty(name, out var value))
            return null;
        if (value.ValueKind is JsonValueKind.String)
            return TextOf(value) is { } one ? [one] : null;
        if (value.ValueKind is not JsonValueKind.Array)
            return null;

        List<string> list = [];
        foreach (var element in value.EnumerateArray())
        {
            if (element.ValueKind is not JsonValueKind.String || TextOf(element) is not { } text)
                return null;
            list.Add(text);
        }

        return [.. list];
    }

    private static long? Time(JsonElement json, ReadOnlySpan<byte> name) =>
        json.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.Number && value.TryGetInt64(out var seconds)
        && seconds is >= 0 and < 253402300800 ? seconds : null;
}
