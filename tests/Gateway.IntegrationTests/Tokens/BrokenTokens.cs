using System.Security.Cryptography;

namespace Gateway.IntegrationTests.Tokens;

/// <summary>A good token's parts and who can sign others like it.</summary>
internal sealed record Mint(TestIssuer Issuer, JsonObject Header, JsonObject Payload)
{
    public static Mint Of(TestIssuer issuer) => new(issuer, issuer.Header(), issuer.Payload());

    /// <summary>Another's token under the same name, for forgers.</summary>
    public string SignedBy(TestIssuer other, JsonObject? header = null) => other.Sign(header ?? Header, Payload);

    public string WithClaim(string name, JsonNode? value) => Issuer.Sign(Header, With(Payload, name, value));

    public string WithoutClaim(string name) => Issuer.Sign(Header, Without(Payload, name));

    public string WithHeader(string name, JsonNode? value) => Issuer.Sign(With(Header, name, value), Payload);

    public string WithoutHeader(string name) => Issuer.Sign(Without(Header, name), Payload);

    /// <summary>With this text put in front of the first member, so that it can say what JSON objects cannot.</summary>
    public string WithPayloadText(string members) => Issuer.Sign(Header.ToJsonString(), "{" + members + "," + Payload.ToJsonString()[1..]);

    public string WithHeaderText(string members) => Issuer.Sign("{" + members + "," + Header.ToJsonString()[1..], Payload.ToJsonString());

    public string WithPayload(string text) => Issuer.Sign(Header.ToJsonString(), text);

    public string WithPayload(byte[] bytes) => Issuer.Sign(Encoding.UTF8.GetBytes(Header.ToJsonString()), bytes);

    public static JsonObject With(JsonObject members, string name, JsonNode? value)
    {
        var changed = members.DeepClone().AsObject();
        changed[name] = value;
        return changed;
    }

    private static JsonObject Without(JsonObject members, string name)
    {
        var changed = members.DeepClone().AsObject();
        changed.Remove(name);
        return changed;
    }
}

/// <summary>Every way in which a token can be broken. All of them are 401, whoever issued it.</summary>
internal static class BrokenTokens
{
    /// <summary>What anyone can do to a token that he has seen.</summary>
    public static readonly Dictionary<string, Func<string, string>> Tampered = new()
    {
        ["no token at all"] = _ => "x",
        ["one segment"] = good => good.Split('.')[0],
        ["two segments"] = good => good[..good.LastIndexOf('.')],
        ["four segments"] = good => good + ".e30",
        ["five segments, as encrypted ones have"] = good => good + ".e30.e30",
        ["only dots"] = _ => "..",
        ["an empty header"] = good => good[good.IndexOf('.')..],
        ["an empty payload"] = good => $"{good.Split('.')[0]}..{good.Split('.')[2]}",
        ["an empty signature"] = good => good[..(good.LastIndexOf('.') + 1)],
        ["another header under the same signature"] = good => Replace(good, 0, Jwt.Encode(Mint.With(Jwt.Header(good), "x", 1).ToJsonString())),
        ["another subject under the same signature"] = good => Replace(good, 1, Jwt.Encode(Mint.With(Jwt.Payload(good), "sub", "someone-else").ToJsonString())),
        ["more roles under the same signature"] = good => Replace(good, 1, Jwt.Encode(Mint.With(Jwt.Payload(good), "roles", new JsonArray("admin")).ToJsonString())),
        ["a later expiry under the same signature"] = good => Replace(good, 1, Jwt.Encode(Mint.With(Jwt.Payload(good), "exp", 4102444800).ToJsonString())),
        ["a signature with one bit changed"] = good => Replace(good, 2, Jwt.Encode([(byte)(Jwt.Signature(good)[0] ^ 1), .. Jwt.Signature(good)[1..]])),
        ["a signature cut short"] = good => Replace(good, 2, Jwt.Encode(Jwt.Signature(good)[..^1])),
        ["a signature with a byte more"] = good => Replace(good, 2, Jwt.Encode([.. Jwt.Signature(good), 0])),
        ["a signature of zeros (psychic signature)"] = good => Replace(good, 2, Jwt.Encode(new byte[Jwt.Signature(good).Length])),
        ["a signature of random bytes"] = good => Replace(good, 2, Jwt.Encode(RandomNumberGenerator.GetBytes(Jwt.Signature(good).Length))),
        ["algorithm none"] = good => None(good, "none"),
        ["algorithm None"] = good => None(good, "None"),
        ["algorithm nOnE"] = good => None(good, "nOnE"),
        ["algorithm none with the old signature"] = good => None(good, "none") + good.Split('.')[2],
        ["other spare bits in the last character of the signature"] = OtherSpareBits,
        ["a padded signature"] = good => good + "==",
        ["a padded payload"] = good => Replace(good, 1, good.Split('.')[1] + "="),
        ["characters of plain base64"] = good => Replace(good, 2, good.Split('.')[2][..^2] + "+/"),
        ["a percent-encoded dot"] = good => good.Replace(".", "%2E"),
        ["a space within"] = good => Replace(good, 1, good.Split('.')[1].Insert(4, " ")),
        ["a tab within"] = good => Replace(good, 1, good.Split('.')[1].Insert(4, "\t")),
        ["a second token behind a comma"] = good => good + "," + good,
        ["quotes around it"] = good => $"\"{good}\"",
        ["upper case"] = good => good.ToUpperInvariant(),
        ["itself reversed"] = good => new([.. good.Reverse()]),
    };

    /// <summary>Signed with the right key, and wrong in itself; or signed with a key that is not the issuer's.</summary>
    public static readonly Dictionary<string, Func<Mint, string>> Misissued = new()
    {
        ["a stranger's key under the right key id"] = mint => mint.SignedBy(mint.Issuer.WithAnotherKey(sameKeyId: true)),
        ["an unknown key id"] = mint => mint.WithHeader("kid", "no-such-key"),
        ["an empty key id"] = mint => mint.WithHeader("kid", ""),
        ["a number for a key id"] = mint => mint.WithHeader("kid", 1),
        ["a key id that is a path"] = mint => mint.WithHeader("kid", "../../../dev/null"),
        ["a key id that is SQL"] = mint => mint.WithHeader("kid", "' OR '1'='1"),
        ["a key in its own header (jwk)"] = mint => mint.WithAnotherKeyIn("jwk", stranger => stranger.Jwk()),
        ["a key from its own address (jku)"] = mint => mint.WithAnotherKeyIn("jku", _ => "http://127.0.0.1:1/keys"),
        ["a certificate in its own header (x5c)"] = mint => mint.WithAnotherKeyIn("x5c", _ => new JsonArray("MIIB")),
        ["the public key as a shared secret (algorithm confusion)"] = mint => Hs256(mint, Encoding.UTF8.GetBytes(mint.Issuer.PublicKeyPem)),
        ["the published key as a shared secret (algorithm confusion)"] = mint => Hs256(mint, Encoding.UTF8.GetBytes(mint.Issuer.Jwk().ToJsonString())),
        ["an empty shared secret"] = mint => Hs256(mint, []),
        ["another algorithm of the same key"] = mint => mint.WithHeader("alg", mint.Issuer.Algorithm[..2] + "384"),
        ["the algorithm in small letters"] = mint => mint.WithHeader("alg", mint.Issuer.Algorithm.ToLowerInvariant()),
        ["no algorithm"] = mint => mint.WithoutHeader("alg"),
        ["a list of algorithms"] = mint => mint.WithHeader("alg", new JsonArray(mint.Issuer.Algorithm)),
        ["an unknown critical header"] = mint => mint.WithHeaderText("\"crit\":[\"x\"],\"x\":1"),
        ["a critical header that is always understood"] = mint => mint.WithHeader("crit", new JsonArray("exp")),
        ["an empty list of critical headers"] = mint => mint.WithHeader("crit", new JsonArray()),
        ["an unencoded payload (b64)"] = mint => mint.WithHeaderText("\"crit\":[\"b64\"],\"b64\":false"),
        ["the type of an identity token"] = mint => mint.WithHeader("typ", "id+jwt"),
        ["the type of a logout token"] = mint => mint.WithHeader("typ", "logout+jwt"),
        ["the type of a proof"] = mint => mint.WithHeader("typ", "dpop+jwt"),
        ["a header that is no JSON"] = mint => mint.Issuer.Sign("header", mint.Payload.ToJsonString()),
        ["a header that is a list"] = mint => mint.Issuer.Sign("[]", mint.Payload.ToJsonString()),
        ["a duplicate header"] = mint => mint.WithHeaderText($"\"alg\":\"{mint.Issuer.Algorithm}\""),
        ["another issuer"] = mint => mint.WithClaim("iss", "https://evil.example"),
        ["no issuer"] = mint => mint.WithoutClaim("iss"),
        ["a list of issuers"] = mint => mint.WithClaim("iss", new JsonArray(mint.Issuer.Issuer)),
        ["an issuer with a slash more"] = mint => mint.WithClaim("iss", mint.Issuer.Issuer + "/"),
        ["an issuer in other letters"] = mint => mint.WithClaim("iss", mint.Issuer.Issuer.ToUpperInvariant()),
        ["another audience"] = mint => mint.WithClaim("aud", "someone-else"),
        ["a list of other audiences"] = mint => mint.WithClaim("aud", new JsonArray("a", "b")),
        ["an empty list of audiences"] = mint => mint.WithClaim("aud", new JsonArray()),
        ["no audience"] = mint => mint.WithoutClaim("aud"),
        ["an audience with a slash more"] = mint => mint.WithClaim("aud", mint.Issuer.Audience + "/"),
        ["an audience in other letters"] = mint => mint.WithClaim("aud", mint.Issuer.Audience.ToUpperInvariant()),
        ["a number for an audience"] = mint => mint.WithClaim("aud", 1),
        ["an expiry in the past"] = mint => mint.WithClaim("exp", DateTimeOffset.UtcNow.ToUnixTimeSeconds() - 60),
        ["an expiry of zero"] = mint => mint.WithClaim("exp", 0),
        ["an expiry before all time"] = mint => mint.WithClaim("exp", -1),
        ["an expiry beyond all time"] = mint => mint.WithPayload(mint.Payload.ToJsonString().Replace(mint.Payload["exp"]!.ToJsonString(), "1e300")),
        ["a string for an expiry"] = mint => mint.WithClaim("exp", mint.Payload["exp"]!.ToJsonString()),
        ["null for an expiry"] = mint => mint.WithClaim("exp", null),
        ["true for an expiry"] = mint => mint.WithClaim("exp", true),
        ["no expiry"] = mint => mint.WithoutClaim("exp"),
        ["a beginning in the future"] = mint => mint.WithClaim("nbf", DateTimeOffset.UtcNow.ToUnixTimeSeconds() + 120),
        ["a string for a beginning"] = mint => mint.WithClaim("nbf", "0"),
        ["a string for its time of issue"] = mint => mint.WithClaim("iat", mint.Payload["iat"]!.ToJsonString()),
        ["a beginning with a fraction"] = mint => mint.WithPayloadText("\"nbf\":1.5"),
        ["an expiry with a fraction"] = mint => mint.WithPayload(mint.Payload.ToJsonString().Replace(mint.Payload["exp"]!.ToJsonString(), mint.Payload["exp"]!.ToJsonString() + ".0")),
        ["an expiry with an exponent"] = mint => mint.WithPayload(mint.Payload.ToJsonString().Replace(mint.Payload["exp"]!.ToJsonString(), "4e9")),
        ["an expiry that no computer counts to"] = mint => mint.WithPayload(mint.Payload.ToJsonString().Replace(mint.Payload["exp"]!.ToJsonString(), new string('9', 400))),
        ["an expiry that wraps around"] = mint => mint.WithPayload(mint.Payload.ToJsonString().Replace(mint.Payload["exp"]!.ToJsonString(), "18446744073709551617")),
        ["a time of issue in the future"] = mint => mint.WithTimes(DateTimeOffset.UtcNow.ToUnixTimeSeconds() + 60, 60),
        ["a life that ends before it begins"] = mint => mint.WithTimes(DateTimeOffset.UtcNow.ToUnixTimeSeconds(), -1),
        ["no time of issue"] = mint => mint.WithoutClaim("iat"),
        ["a line break in the subject"] = mint => mint.WithClaim("sub", "u-1\r\nX-User-Roles: admin"),
        ["a NUL in the subject"] = mint => mint.WithClaim("sub", "u-1\0"),
        ["a tab in the user name"] = mint => mint.WithClaim("preferred_username", "petra\tadmin"),
        ["an escape in the name"] = mint => mint.WithClaim("name", "Petra\u001b[2J"),
        ["a delete character as it is"] = mint => mint.WithPayload(Encoding.UTF8.GetBytes("{\"name\":\"Petra\u007f\"," + mint.Payload.ToJsonString()[1..])),
        ["a C1 control as it is"] = mint => mint.WithPayload(Encoding.UTF8.GetBytes("{\"name\":\"Petra\u0085\"," + mint.Payload.ToJsonString()[1..])),
        ["a C1 control by escape"] = mint => mint.WithPayloadText("\"name\":\"Petra\\u009b\""),
        ["a line break in the address"] = mint => mint.WithClaim("email", "petra@example.com\n"),
        ["a line break in the token id"] = mint => mint.WithClaim("jti", "t\n1"),
        ["a line break in the session id"] = mint => mint.WithClaim("sid", "s\n1"),
        ["a line break in one of the roles"] = mint => mint.WithClaim("roles", new JsonArray("clerk", "ad\nmin")),
        ["members twice, deep within"] = mint => mint.WithPayloadText("\"x\":[{\"y\":{\"z\":1,\"z\":2}}]"),
        ["a byte order mark before the payload"] = mint => mint.WithPayload([0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes(mint.Payload.ToJsonString())]),
        ["a payload in UTF-16 (RFC 8725 section 2.6)"] = mint => mint.WithPayload(Encoding.Unicode.GetBytes(mint.Payload.ToJsonString())),
        ["a compressed payload (RFC 8725 section 2.7)"] = mint => mint.WithHeader("zip", "DEF"),
        ["a certificate from its own address (x5u)"] = mint => mint.WithAnotherKeyIn("x5u", _ => "http://127.0.0.1:1/cert"),
        ["the key id of an encrypted token (enc)"] = mint => mint.WithHeader("enc", "A256GCM"),
        ["no subject"] = mint => mint.WithoutClaim("sub"),
        ["an empty subject"] = mint => mint.WithClaim("sub", ""),
        ["null for a subject"] = mint => mint.WithClaim("sub", null),
        ["a number for a subject"] = mint => mint.WithClaim("sub", 1),
        ["a list of subjects"] = mint => mint.WithClaim("sub", new JsonArray("u-1", "u-2")),
        ["two subjects"] = mint => mint.WithPayloadText("\"sub\":\"someone-else\""),
        ["two expiries"] = mint => mint.WithPayloadText("\"exp\":4102444800"),
        ["two subjects, one by escape"] = mint => mint.WithPayloadText("\"\\u0073ub\":\"someone-else\""),
        ["a payload that is a list"] = mint => mint.WithPayload("[" + mint.Payload.ToJsonString() + "]"),
        ["a payload that is a string"] = mint => mint.WithPayload("\"payload\""),
        ["a payload that is null"] = mint => mint.WithPayload("null"),
        ["a payload with garbage behind it"] = mint => mint.WithPayload(mint.Payload.ToJsonString() + "x"),
        ["a payload that is no UTF-8"] = mint => mint.WithPayload([.. "{\"x\":\""u8, 0xFF, .. "\","u8, .. Encoding.UTF8.GetBytes(mint.Payload.ToJsonString()[1..])]),
        ["a payload of great depth"] = mint => mint.WithPayloadText($"\"x\":{new string('[', 2000)}{new string(']', 2000)}"),
        ["more than 8 KB"] = mint => mint.WithClaim("x", new string('x', 8 * 1024)),
    };

    private static string WithTimes(this Mint mint, long issued, long seconds) =>
        mint.Issuer.Sign(mint.Header, Mint.With(Mint.With(mint.Payload, "iat", issued), "exp", issued + seconds));

    private static string WithAnotherKeyIn(this Mint mint, string header, Func<TestIssuer, JsonNode> value)
    {
        var stranger = mint.Issuer.WithAnotherKey();
        return mint.SignedBy(stranger, Mint.With(Mint.With(mint.Header, "kid", stranger.KeyId), header, value(stranger)));
    }

    private static string Replace(string token, int index, string segment)
    {
        var segments = token.Split('.');
        segments[index] = segment;
        return string.Join('.', segments);
    }

    private static string None(string token, string algorithm) => Replace(Replace(token, 0, Jwt.Encode(Mint.With(Jwt.Header(token), "alg", algorithm).ToJsonString())), 2, "");

    private static string Hs256(Mint mint, byte[] secret)
    {
        var signed = $"{Jwt.Encode(Mint.With(mint.Header, "alg", "HS256").ToJsonString())}.{Jwt.Encode(mint.Payload.ToJsonString())}";
        return $"{signed}.{Jwt.Encode(HMACSHA256.HashData(secret, Encoding.ASCII.GetBytes(signed)))}";
    }

    // 64 bytes end in a character of which two bits mean nothing: four spellings of one signature.
    private static string OtherSpareBits(string token)
    {
        const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        return token[..^1] + Alphabet[Alphabet.IndexOf(token[^1], StringComparison.Ordinal) ^ 1];
    }
}
