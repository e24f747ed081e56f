using System.Text.Json.Nodes;
using Gateway.Routes.Explaining;

namespace Gateway.UnitTests.Routes.Explaining;

/// <summary>Whoever asks is described in the words of a token; a word that means nothing is refused.</summary>
public sealed class TokenWordsTests
{
    [Theory]
    [InlineData("roles=a,b", """{"roles":"a,b"}""")]
    [InlineData("user=anna sub=7 scope=x", """{"user":"anna","sub":"7","scope":"x"}""")]
    [InlineData("claim.tenant=acme", """{"tenant":"acme"}""")]
    [InlineData("claim.a.b=1 claim.a.c==", """{"a":{"b":"1","c":"="}}""")]
    public void Words_are_claims(string words, string json)
    {
        var said = TokenWords.Parse(words.Split(' '), out var error);

        Assert.Null(error);
        Assert.Equal(json, said!.ToJsonString());
    }

    [Theory]
    [InlineData("roles", "'roles' says nothing. Write NAME=VALUE, such as roles=clerk,admin.")]
    [InlineData("=a", "'=a' says nothing. Write NAME=VALUE, such as roles=clerk,admin.")]
    [InlineData("claim.=a", "'claim.=a' says nothing. Write NAME=VALUE, such as roles=clerk,admin.")]
    [InlineData("role=a", "'role' is unknown. It must be one of roles, scope, sub, user, issuer, amr, auth_time, mfa, or claim.NAME (did you mean 'roles'?).")]
    [InlineData("claim.roles=a", "'claim.roles' is written without claim.: roles=a.")]
    [InlineData("roles=a roles=b", "'roles' is there twice. Write lists as roles=a,b.")]
    [InlineData("claim.a=1 claim.a.b=2", "'claim.a.b' is there twice. Write lists as roles=a,b.")]
    public void A_word_that_means_nothing_is_refused(string words, string expected)
    {
        Assert.Null(TokenWords.Parse(words.Split(' '), out var error));
        Assert.Equal(expected, error);
    }

    [Theory]
    [InlineData("""{"roles":[1]}""", "roles: must be a text or a list of texts.")]
    [InlineData("""{"scope":{"a":"b"}}""", "scope: must be a text or a list of texts.")]
    [InlineData("""{"amr":true}""", "amr: must be a text or a list of texts.")]
    [InlineData("""{"sub":""}""", "sub: must be a text, and not empty.")]
    [InlineData("""{"user":["a"]}""", "user: must be a text, and not empty.")]
    [InlineData("""{"issuer":"https://login.example.com"}""", "issuer: 'https://login.example.com' is no issuer whose tokens are believed. It must be one of http://localhost:8080, https://login.example.com/ (did you mean 'https://login.example.com/'?).")]
    [InlineData("""{"auth_time":"yesterday"}""", "auth_time: 'yesterday' is no time of a login. It must be seconds since 1970, now, or a duration relative to now such as -00:20:00.")]
    [InlineData("""{"auth_time":-5}""", "auth_time: '-5' is no time of a login. It must be seconds since 1970, now, or a duration relative to now such as -00:20:00.")]
    [InlineData("""{"mfa":"yes"}""", "mfa: 'yes' is not true or false.")]
    [InlineData("""{"Roles":["a"]}""", "Roles: this claim is no word that is known, and looks like one (did you mean 'roles'?).")]
    [InlineData("""{"iss":"x"}""", "iss: means nothing here, since nothing is signed. Write issuer.")]
    [InlineData("""{"exp":1}""", "exp: means nothing here, since nothing is signed. Leave it out.")]
    public void A_value_that_no_token_has_is_refused(string json, string expected) =>
        Assert.Equal(expected, Assert.Single(TokenWords.Errors(JsonNode.Parse(json)!.AsObject(), [OwnIssuer.Name, Made.Issuer])));

    [Theory]
    [InlineData("GET")]
    [InlineData("GET ")]
    [InlineData("/orders/1")]
    [InlineData("GET orders/1")]
    [InlineData("GET /a b")]
    [InlineData("G(T /a")]
    [InlineData("GET ftp://x/")]
    public void What_is_no_request_is_refused(string text)
    {
        Assert.Null(Question.TryRead(text, null, [], null, out var error));
        Assert.Equal($"'{text}' is not a request. It must be a method, one space, and a path or URL as it is sent, such as GET /orders/1.", error);
    }

    [Theory]
    [InlineData("GET /a?b=c", null, "/a?b=c")]
    [InlineData("GET http://h.example:81/a?b", "h.example:81", "/a?b")]
    [InlineData("GET HTTPS://h.example", "h.example", "/")]
    [InlineData("GET https://h.example?b", "h.example", "/?b")]
    public void The_host_of_a_url_counts(string text, string? host, string target)
    {
        var question = Question.TryRead(text, null, [], null, out _)!;

        Assert.Equal((host, target), (question.Host, question.Target));
    }

    [Theory]
    [InlineData("Authorization", "Bearer x")]
    [InlineData("x-access-token", "x")]
    [InlineData("Cookie", "a=b; __Host-gateway=x")]
    public void A_credential_is_no_part_of_the_question(string name, string value) =>
        Assert.Equal($"the header {name} holds a credential, which is not looked at here. Say who asks instead.", Question.ErrorOfHeader(name, value));
}
