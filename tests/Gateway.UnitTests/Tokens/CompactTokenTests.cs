using System.Text;
using Gateway.Tokens;

namespace Gateway.UnitTests.Tokens;

public sealed class CompactTokenTests
{
    private const string Header = """{"alg":"ES256","typ":"at+jwt","kid":"k1"}""";
    private const string Payload = """{"iss":"https://i.example","sub":"u1","aud":"gateway","iat":1,"exp":2}""";

    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

    [Fact]
    public void A_well_formed_token_is_read()
    {
        var token = CompactToken.TryParse(Made.Token(Header, Payload));

        Assert.NotNull(token);
        Assert.Equal(("ES256", "k1", "at+jwt"), (token.Algorithm, token.KeyId, token.Type));
        Assert.Equal(("https://i.example", "u1"), (token.Claims.Issuer, token.Claims.Subject));
    }

    [Fact]
    public void Type_and_key_may_be_absent()
    {
        var token = CompactToken.TryParse(Made.Token("""{"alg":"RS256"}""", Payload));

        Assert.NotNull(token);
        Assert.Null(token.KeyId);
        Assert.Null(token.Type);
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("...")]
    [InlineData("{0}")]
    [InlineData("{0}.{1}")]
    [InlineData("{0}.{1}.")]
    [InlineData(".{1}.{2}")]
    [InlineData("{0}..{2}")]
    [InlineData("{0}.{1}.{2}.")]
    [InlineData("{0}.{1}.{2}.{2}")]
    [InlineData("{0}.{1}.{2}.{2}.{2}")]
    [InlineData(" {0}.{1}.{2}")]
    [InlineData("{0}.{1}.{2} ")]
    [InlineData("{0}.{1}.{2}\n")]
    [InlineData("{0} .{1}.{2}")]
    [InlineData("{0}.\t{1}.{2}")]
    [InlineData("{0}.{1}.{2}=")]
    [InlineData("{0}.{1}.{2}==")]
    [InlineData("{0}.{1}.{2}+")]
    [InlineData("{0}.{1}.{2}/")]
    [InlineData("{0}.{1}.{2}\u0000")]
    [InlineData("{0}.{1}.{2}é")]
    [InlineData("{0}.{1}.A")]
    [InlineData("Bearer {0}.{1}.{2}")]
    [InlineData("{1}.{0}.{2}")]
    public void Three_parts_of_base64url_and_nothing_else(string shape) =>
        Assert.Null(CompactToken.TryParse(string.Format(null, shape, Made.Base64(Header), Made.Base64(Payload), Made.Base64("signature"))));

    [Theory]
    // Half a character of base64 carries bits that mean nothing: A and B say the same byte, one of them is the way to write it.
    [InlineData("AA", "AB")]
    [InlineData("AA", "AP")]
    [InlineData("AAA", "AAB")]
    [InlineData("AAA", "AAD")]
    public void A_signature_has_one_text(string canonical, string other)
    {
        var start = $"{Made.Base64(Header)}.{Made.Base64(Payload)}.";

        Assert.NotNull(CompactToken.TryParse(start + canonical));
        Assert.Null(CompactToken.TryParse(start + other));
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("\"ES256\"")]
    [InlineData("1")]
    [InlineData("{}")]
    [InlineData("""{"alg":"ES256" """)]
    [InlineData("""{"alg":"ES256"}{}""")]
    [InlineData("""{"alg":"ES256",}""")]
    [InlineData("""{"alg":"ES256"/**/}""")]
    [InlineData("\uFEFF{\"alg\":\"ES256\"}")]
    [InlineData("""{"typ":"at+jwt"}""")]
    [InlineData("""{"alg":""}""")]
    [InlineData("""{"alg":null}""")]
    [InlineData("""{"alg":256}""")]
    [InlineData("""{"alg":["ES256"]}""")]
    [InlineData("""{"alg":"ES256","kid":1}""")]
    [InlineData("""{"alg":"ES256","kid":null}""")]
    [InlineData("""{"alg":"ES256","typ":["at+jwt"]}""")]
    [InlineData("""{"alg":"ES256","alg":"none"}""")]
    [InlineData("""{"alg":"ES256","\u0061lg":"none"}""")]
    [InlineData("""{"alg":"ES256","kid":"a","kid":"b"}""")]
    [InlineData("""{"alg":"ES256","x":{"y":1,"y":2}}""")]
    [InlineData("""{"alg":"ES256","kid":"\ud800"}""")]
    [InlineData("""{"alg":"ES256","\ud800":1}""")]
    [InlineData("""{"alg":"ES256","crit":["exp"],"exp":1}""")]
    [InlineData("""{"alg":"ES256","crit":[]}""")]
    [InlineData("""{"alg":"ES256","crit":null}""")]
    [InlineData("""{"alg":"ES256","b64":false}""")]
    [InlineData("""{"alg":"ES256","zip":"DEF"}""")]
    [InlineData("""{"alg":"ES256","enc":"A128GCM"}""")]
    [InlineData("""{"alg":"ES256","jku":"https://evil.example/keys"}""")]
    [InlineData("""{"alg":"ES256","jwk":{"kty":"oct","k":"AA"}}""")]
    [InlineData("""{"alg":"ES256","x5u":"https://evil.example/cert"}""")]
    [InlineData("""{"alg":"ES256","x5c":["AA"]}""")]
    [InlineData("""{"alg":"ES256","x":[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]}""")]
    public void A_header_that_could_be_read_differently_is_refused(string header) =>
        Assert.Null(CompactToken.TryParse(Made.Token(header, Payload)));

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("text")]
    [InlineData("""{"iss":"i","sub":"u1","aud":"gateway","iat":1,"exp":2,"sub":"admin"}""")]
    [InlineData("""{"iss":"i","sub":"u1","aud":"gateway","iat":1,"exp":2,"\u0073ub":"admin"}""")]
    [InlineData("""{"iss":"i","sub":"u1","aud":"gateway","iat":1,"exp":2,"a":{"roles":1,"roles":2}}""")]
    [InlineData("""{"iss":"i","sub":"u1","aud":"gateway","iat":1,"exp":2} """ + "\0")]
    [InlineData("""{"\ud800":1,"iss":"i","sub":"u1","aud":"gateway","iat":1,"exp":2}""")]
    [InlineData("""{"iss":"i","sub":"u1","aud":"gateway","iat":1,"exp":2,"a":{"\udc00abcd":1,"b":2}}""")]
    public void A_payload_that_could_be_read_differently_is_refused(string payload) =>
        Assert.Null(CompactToken.TryParse(Made.Token(Header, payload)));

    [Theory]
    [InlineData(new byte[] { 0xFF })]
    [InlineData(new byte[] { 0xC0, 0x80 })]
    [InlineData(new byte[] { 0xED, 0xA0, 0x80 })]
    public void Bytes_that_are_not_utf8_are_refused(byte[] bytes)
    {
        byte[] payload = [.. """{"iss":"i","aud":"gateway","iat":1,"exp":2,"sub":"u"""u8, .. bytes, .. "\"}"u8];

        Assert.Null(CompactToken.TryParse($"{Made.Base64(Header)}.{Made.Base64(payload)}.AA"));
    }

    [Fact]
    public void A_changed_character_never_leaves_the_token_as_it_was()
    {
        var original = Made.Token(Header, Payload, "a signature that is some bytes long");
        var bytes = Lenient(original);
        var changes =
            from at in Gen.Choose(0, original.Length - 1)
            from character in Gen.Frequency<char>((4, Gen.Elements(Alphabet.ToCharArray())), (1, Gen.Elements("=+/. \t\r\n%\0é".ToCharArray())))
            where character != original[at]
            select original[..at] + character + original[(at + 1)..];

        Law.Holds(changes, changed => Assert.True(CompactToken.TryParse(changed) is null || Lenient(changed) != bytes, changed), 5000);
    }

    [Fact]
    public void An_inserted_or_removed_character_never_leaves_the_token_as_it_was()
    {
        var original = Made.Token(Header, Payload, "a signature that is some bytes long");
        var bytes = Lenient(original);
        var changes =
            from at in Gen.Choose(0, original.Length - 1)
            from character in Gen.Elements((Alphabet + "=+/. \t\r\n%\0é").ToCharArray())
            from inserts in Gen.Elements(true, false)
            select inserts ? original[..at] + character + original[at..] : original[..at] + original[(at + 1)..];

        Law.Holds(changes, changed => Assert.True(CompactToken.TryParse(changed) is null || Lenient(changed) != bytes, changed), 3000);
    }

    [Fact]
    public void No_text_makes_it_throw()
    {
        Law.Holds(Law.TextOf(Alphabet + "...=\0 é", 60), text => CompactToken.TryParse(text), 2000);

        var json = Law.TextOf("{}[]\":,\\ud8c0 truefalsn1e-algissubexpiat", 40);
        var claims = from name in Gen.Elements("iss", "sub", "aud", "exp", "iat", "nbf", "email", "scope", "jti", "x", "\\u0061", "")
                     from value in Gen.Elements("1", "1.5", "1e400", "-1", "99999999999999999999", "true", "null", "\"text\"", "\"\\ud800\"", "[]", "[\"\\udc00\"]", "[1]", "{}", "{\"a\":{}}", "\"\"")
                     select $"\"{name}\":{value}";
        var objects = from many in Gen.ListOf(claims) select "{" + string.Join(',', many) + "}";
        Law.Holds(from header in Gen.OneOf(json, objects, Gen.Constant(Header)) from payload in Gen.OneOf(json, objects) select Made.Token(header, payload), text => CompactToken.TryParse(text), 3000);
    }

    /// <summary>The bytes of the parts as a careless reader would take them: padding and what is no base64url skipped, stray bits dropped.</summary>
    private static string Lenient(string token)
    {
        return string.Join('.', token.Split('.').Select(Part));

        static string Part(string text)
        {
            var (buffer, bits, bytes) = (0, 0, new List<byte>());
            foreach (var c in text.Select(c => c switch { '+' => '-', '/' => '_', _ => c }).Where(c => Alphabet.Contains(c)))
            {
                (buffer, bits) = (((buffer << 6) | Alphabet.IndexOf(c)) & 0xFFFF, bits + 6);
                if (bits >= 8)
                    bytes.Add((byte)(buffer >> (bits -= 8)));
            }

            return Convert.ToHexString([.. bytes]);
        }
    }
}
