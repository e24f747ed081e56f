using Gateway.Platform;
using Gateway.Sessions;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Gateway.UnitTests.Sessions;

public class CredentialTests
{
    private const CredentialKind All = CredentialKind.Bearer | CredentialKind.AccessTokenHeader | CredentialKind.Cookie;

    [Theory]
    [InlineData("Authorization", "Bearer abc", CredentialKind.Bearer, "abc")]
    [InlineData("Authorization", "bearer abc", CredentialKind.Bearer, "abc")]
    [InlineData("Authorization", "Bearer", CredentialKind.Bearer, "")]
    [InlineData("Authorization", "Basic abc", CredentialKind.None, "")]
    [InlineData("Authorization", "Bearerabc", CredentialKind.None, "")]
    [InlineData("x-access-token", "abc", CredentialKind.AccessTokenHeader, "abc")]
    [InlineData("Cookie", "a=1; __Host-gateway=abc ; b=2", CredentialKind.Cookie, "abc")]
    [InlineData("Cookie", "__host-gateway=abc", CredentialKind.None, "")]
    [InlineData("Cookie", "x__Host-gateway=abc", CredentialKind.None, "")]
    [InlineData("Cookie", "a=__Host-gateway=abc", CredentialKind.None, "")]
    public void A_credential_is_found_where_it_is(string header, string value, object kind, string text)
    {
        var http = new DefaultHttpContext();
        http.Request.Headers[header] = value;

        Assert.True(Credentials.TryRead(http.Request, All, out var credential));
        Assert.Equal(((CredentialKind)kind, text), (credential.Kind, credential.IsNone ? "" : credential.Value.ToString()));
    }

    [Theory]
    [InlineData("Authorization", "Bearer a", "x-access-token", "a")]
    [InlineData("Authorization", "Bearer a", "Cookie", "__Host-gateway=a")]
    [InlineData("Cookie", "__Host-gateway=a; __Host-gateway=a", "X-Other", "1")]
    public void Two_credentials_are_one_too_many_even_if_equal(string first, string a, string second, string b)
    {
        var http = new DefaultHttpContext();
        http.Request.Headers[first] = a;
        http.Request.Headers[second] = b;

        Assert.False(Credentials.TryRead(http.Request, All, out _));
    }

    [Fact]
    public void A_refresh_token_with_any_character_changed_is_not_one_of_ours()
    {
        var secrets = new Secrets();
        secrets.Use([new Secret(new string('s', 32))]);
        var text = RefreshToken.Create(secrets.Current).ToString();

        Assert.NotNull(RefreshToken.TryParse(text, secrets));
        for (var i = 0; i < text.Length; i++)
        {
            var changed = text[..i] + (text[i] == 'A' ? 'B' : 'A') + text[(i + 1)..];
            Assert.Null(RefreshToken.TryParse(changed, secrets));
        }
    }

    [Fact]
    public void The_successor_needs_the_token_the_salt_and_the_secret()
    {
        var (one, other) = (new Secret(new string('s', 32)), new Secret(new string('t', 32)));
        var token = RefreshToken.Create(one);

        var successor = token.Successor(one, [1]).ToString();

        Assert.Equal(successor, token.Successor(one, [1]).ToString());
        Assert.NotEqual(successor, token.Successor(one, [2]).ToString());
        Assert.NotEqual(successor, token.Successor(other, [1]).ToString());
        Assert.NotEqual(successor, RefreshToken.Create(one).Successor(one, [1]).ToString());
    }
}
