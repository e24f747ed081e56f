using System.Net;
using System.Text;
using Gateway.Platform;

namespace Gateway.UnitTests.Platform;

public sealed class FormBodyTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("a+b%20c", "a b c")]
    [InlineData("%2B%25%3a", "+%:")]
    [InlineData("Jos%C3%A9", "José")]
    [InlineData("%00", "\0")]
    [InlineData("a=b&c", "a=b&c")] // taken apart before
    [InlineData("%", null)]
    [InlineData("a%2", null)]
    [InlineData("%+1", null)]
    [InlineData("%0x", null)]
    [InlineData("%ff", null)]
    [InlineData("%c0%80", null)]
    [InlineData("%ed%a0%80", null)]
    [InlineData("José", null)]
    [InlineData("a b", "a b")]
    [InlineData("a\nb", null)]
    public void One_value_has_one_reading(string text, string? value) => Assert.Equal(value, FormBody.Decode(Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void Whatever_was_encoded_comes_back() =>
        Law.Holds(Law.AnyText(20), text => Assert.Equal(text, FormBody.Decode(Encoding.ASCII.GetBytes(WebUtility.UrlEncode(text)))));

    [Fact]
    public void No_bytes_make_it_throw() =>
        Law.Holds(Law.TextOf("%09afAFz+ &=\u00ff", 20), text => FormBody.Decode(Encoding.Latin1.GetBytes(text)));
}
