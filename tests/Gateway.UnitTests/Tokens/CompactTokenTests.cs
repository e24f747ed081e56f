using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Gateway.Tokens;
using Microsoft.AspNetCore.WebUtilities;
using Xunit;

namespace Gateway.UnitTests.Tokens;

public class CompactTokenTests
{
    private const string Header = """{"alg":"ES256","kid":"k","typ":"at+jwt"}""";
    private const string Payload = """{"iss":"i","sub":"s","aud":"a","exp":2,"iat":1}""";

    [Fact]
    public void A_well_formed_token_is_read() => Assert.Equal("s", CompactToken.TryParse(Make(Header, Payload))!.Claims.Subject);

    [Theory]
    [InlineData("""{"alg":"ES256","alg":"none"}""", Payload)]
    [InlineData("""{"alg":"ES256","crit":["x"]}""", Payload)]
    [InlineData("""{"alg":"ES256","jwk":{}}""", Payload)]
    [InlineData("""{"alg":"ES256","jku":"https://evil"}""", Payload)]
    [InlineData("""{"alg":"ES256","kid":1}""", Payload)]
    [InlineData("""{"alg":1}""", Payload)]
    [InlineData("[]", Payload)]
    [InlineData(Header, """{"iss":"i","sub":"s","aud":"a","exp":2,"iat":1,"sub":"t"}""")]
    [InlineData(Header, """{"iss":"i","sub":"s","aud":"a","exp":"2","iat":1}""")]
    [InlineData(Header, """{"iss":"i","sub":"s","aud":"a","exp":2.5,"iat":1}""")]
    [InlineData(Header, """{"iss":"i","aud":"a","exp":2,"iat":1}""")]
    [InlineData(Header, """{"iss":"i","sub":"","aud":"a","exp":2,"iat":1}""")]
    [InlineData(Header, """{"iss":"i","sub":"s","aud":[1],"exp":2,"iat":1}""")]
    [InlineData(Header, """{"iss":"i","sub":"\ud800","aud":"a","exp":2,"iat":1}""")]
    [InlineData(Header, Payload + " x")]
    public void A_token_that_can_be_read_in_two_ways_is_not_read(string header, string payload) => Assert.Null(CompactToken.TryParse(Make(header, payload)));

    [Theory]
    [InlineData("")]
    [InlineData("..")]
    [InlineData("a.b")]
    public void What_has_not_three_parts_is_no_token(string text) => Assert.Null(CompactToken.TryParse(text));

    [Fact]
    public void Padding_white_space_and_a_fourth_part_are_refused()
    {
        var good = Make(Header, Payload);

        Assert.All((string[])[good + "=", good + ".", good + ".x", " " + good, good + "\n"], text => Assert.Null(CompactToken.TryParse(text)));
    }

    [Fact]
    public void No_text_makes_it_throw() =>
        Prop.ForAll(ArbMap.Default.ArbFor<NonNull<string>>(), text => CompactToken.TryParse(text.Get) is null).Check(Config.QuickThrowOnFailure.WithMaxTest(5_000));

    private static string Make(string header, string payload) => $"{Encode(header)}.{Encode(payload)}.{Encode("signature")}";

    private static string Encode(string text) => WebEncoders.Base64UrlEncode(Encoding.UTF8.GetBytes(text));
}
