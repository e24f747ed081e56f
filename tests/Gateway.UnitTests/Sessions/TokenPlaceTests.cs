using System.Text;
using Gateway.Sessions;
using Microsoft.AspNetCore.Http;

namespace Gateway.UnitTests.Sessions;

/// <summary>A token in a query or a body is found in one way, or not at all.</summary>
public sealed class TokenPlaceTests
{
    [Theory]
    [InlineData("?access_token=abc", "abc", "")]
    [InlineData("?access_token=abc&a=1", "abc", "?a=1")]
    [InlineData("?a=%2f+x&access_token=abc&b=%zz&&c", "abc", "?a=%2f+x&b=%zz&&c")]
    [InlineData("?a=1&access_token=abc", "abc", "?a=1")]
    [InlineData("?access%5Ftoken=abc", "abc", "")]
    [InlineData("?access_token=a%62c", "abc", "")]
    [InlineData("?access_token=", "", "")]
    [InlineData("?access_token", "", "")]
    [InlineData("?access_tokens=abc&token=1&xaccess_token=2", null, "?access_tokens=abc&token=1&xaccess_token=2")]
    [InlineData("?access%255Ftoken=abc&%", null, "?access%255Ftoken=abc&%")]
    [InlineData("?", null, "?")]
    [InlineData("", null, "")]
    public void Query_gives_its_token_and_stays_as_it_was_without_it(string query, string? token, string without)
    {
        var http = new DefaultHttpContext();
        http.Request.QueryString = new(query);

        Assert.True(Credentials.TryRead(http.Request, CredentialKind.Query, out var credential));
        Assert.Equal(token, credential.IsNone ? null : credential.Value.ToString());
        Assert.Equal(without, QueryToken.Without(http.Request.QueryString.Value) ?? "");
    }

    [Theory]
    [InlineData("?access_token=a&access_token=a")]
    [InlineData("?access_token=a&b=1&access%5ftoken=b")]
    [InlineData("?access_token=%zz")]
    [InlineData("?Access_Token=abc")] // some readers forget the case, PHP takes dots and blanks for underscores, others make lists
    [InlineData("?access_token=a&access.token=b")]
    [InlineData("?access+token=b")]
    [InlineData("?access%20token=b")]
    [InlineData("?access_token[]=b")]
    [InlineData("?access_token%5B0%5D=b")]
    [InlineData("?access_token=a%2")]
    public void Query_with_two_tokens_or_a_broken_one_is_refused(string query)
    {
        var http = new DefaultHttpContext();
        http.Request.QueryString = new(query);

        Assert.False(Credentials.TryRead(http.Request, CredentialKind.Query, out _));
    }

    [Fact]
    public void Query_is_no_place_for_a_token_unless_the_route_says_so()
    {
        var http = new DefaultHttpContext();
        http.Request.QueryString = new("?access_token=a&access_token=b");

        Assert.True(Credentials.TryRead(http.Request, CredentialKind.Bearer | CredentialKind.AccessTokenHeader | CredentialKind.Cookie, out var credential));
        Assert.True(credential.IsNone);
    }

    // Wherever the token stands among them: everything else comes through, byte for byte.
    [Fact]
    public void Query_loses_its_token_and_nothing_else() => Law.Holds(Queries, query =>
        Assert.Equal(query.Others, QueryToken.Without(query.Sent)), 2_000);

    private static Gen<(string Others, string Sent)> Queries =>
        from count in Gen.Choose(1, 5)
        from others in Gen.Elements("a=1", "", "b", "=x", "p=%2F%zz%", "access_tokens=1", "x=access_token=1", "token=%41+", "c;d=2").ArrayOf(count)
        from place in Gen.Choose(0, count)
        let ours = "access_token=abc"
        select ("?" + string.Join('&', others), "?" + string.Join('&', [.. others[..place], ours, .. others[place..]]));

    [Theory]
    [InlineData("token=abc", "abc")]
    [InlineData("a=1&access_token=abc&b=%E9", "abc")]
    [InlineData("a=1&%74oken=a%62c", "abc")]
    [InlineData("token=", "")]
    [InlineData("a=1&tokens=2&tok=3", null)]
    [InlineData("", null)]
    public void Form_gives_its_token(string form, string? token) => Assert.Equal((token, null), BodyToken.Find(Encoding.Latin1.GetBytes(form), isForm: true));

    [Theory]
    [InlineData("token=a&token=a")]
    [InlineData("token=a&access_token=a")]
    [InlineData("a=1&Token=3")]
    [InlineData("token[]=3")]
    [InlineData("token%5b0%5d=3")]
    [InlineData("token=a&a=%")]
    [InlineData("%zz=1")]
    [InlineData("a=%2&b=1")]
    public void Form_that_can_be_read_in_two_ways_is_refused(string form) => Assert.Equal("invalid_request", BodyToken.Find(Encoding.Latin1.GetBytes(form), isForm: true).Refusal?.Code);

    [Theory]
    [InlineData("""{"a":[1,{"token":"x"}],"token":"abc"}""", "abc")]
    [InlineData("""{"\u0074oken":"a\u0062c"}""", "abc")]
    [InlineData("""{"token":null}""", null)]
    [InlineData("""{"access_token":"abc"}""", null)]
    [InlineData("""["token"]""", null)]
    [InlineData("\"token\"", null)]
    [InlineData("", null)]
    public void Json_gives_its_token(string json, string? token) => Assert.Equal((token, null), BodyToken.Find(Encoding.UTF8.GetBytes(json), isForm: false));

    [Theory]
    [InlineData("""{"token":"a","token":"a"}""")]
    [InlineData("""{"token":"a","Token":"b"}""")]
    [InlineData("""{"TOKEN":"b"}""")]
    [InlineData("""{"token":{"a":1}}""")]
    [InlineData("""{"token":["a"]}""")]
    [InlineData("""{"token":1}""")]
    [InlineData("""{"token":"a","\u0074oken":"b"}""")]
    [InlineData("""{"token":"a","b":{"c":1,"c":2}}""")]
    [InlineData("""{"token":"a"}{}""")]
    [InlineData("""{"token":"a",}""")]
    [InlineData("""{"token":"a"/**/}""")]
    [InlineData("""{"token":"\ud800"}""")]
    [InlineData("{\"token\":\"\u00e9\"}")]      // as Latin-1 it is not UTF-8
    [InlineData("{")]
    public void Json_that_can_be_read_in_two_ways_is_refused(string json) => Assert.Equal("invalid_request", BodyToken.Find(Encoding.Latin1.GetBytes(json), isForm: false).Refusal?.Code);
}
