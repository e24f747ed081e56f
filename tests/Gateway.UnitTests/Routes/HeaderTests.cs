using System.Text.RegularExpressions;
using FsCheck;
using FsCheck.Fluent;
using Gateway.Platform;
using Gateway.Routes;
using Gateway.Sessions;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Gateway.UnitTests.Routes;

public class HeaderTests
{
    private static readonly Gen<string> Names = Gen.Elements("aAbB09-_.~".ToCharArray()).ArrayOf(6).Select(c => new string(c));
    private static readonly RoutePolicy Policy = new() { Name = "test" };

    [Fact]
    public void Names_are_one_exactly_when_their_canonical_forms_are()
    {
        Prop.ForAll(Names.ToArbitrary(), Names.ToArbitrary(), (a, b) =>
        {
            var same = CanonicalName.Comparer.Equals(a, b);
            return same == (Canonical(a) == Canonical(b)) && (!same || CanonicalName.Comparer.GetHashCode(a) == CanonicalName.Comparer.GetHashCode(b));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(20_000));

        static string Canonical(string name) => Regex.Replace(name.ToLowerInvariant(), "[^a-z0-9]+", "-");
    }

    [Fact]
    public void Values_leave_as_visible_ascii_and_come_back_as_they_were() =>
        Prop.ForAll(ArbMap.Default.ArbFor<NonNull<string>>(), text =>
        {
            var value = Regex.Replace(text.Get, @"\p{Cs}", "");
            var encoded = HeaderValue.Encode(value, ',');
            return encoded.All(c => c is >= ' ' and <= '~' and not ',') && !encoded.StartsWith(' ') && !encoded.EndsWith(' ') && Uri.UnescapeDataString(encoded) == value;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(5_000));

    [Theory]
    [InlineData("a\r\nX-Evil: 1", "a%0D%0AX-Evil: 1")]
    [InlineData("José", "Jos%C3%A9")]
    [InlineData("100%", "100%25")]
    [InlineData("two  spaces", "two%20%20spaces")]
    [InlineData(" edges ", "%20edges%20")]
    public void A_value_is_written_in_one_way(string value, string header) => Assert.Equal(header, HeaderValue.Encode(value));

    [Theory]
    [InlineData("X-User-Id")]
    [InlineData("x_user_id")]
    [InlineData("X.User~Id")]
    [InlineData("X--User__Id")]
    [InlineData("REMOTE-USER")]
    [InlineData("X_Access_Token")]
    public void An_identity_of_the_clients_own_is_removed_in_any_spelling(string name)
    {
        var http = new DefaultHttpContext();
        http.Request.Headers[name] = "evil";
        http.Request.Headers["X-Other"] = "kept";

        new IdentityHeaders(new()).Write(http.Request, Policy, null);

        Assert.Equal(["X-Other"], http.Request.Headers.Keys);
    }

    [Theory]
    [InlineData("{0}", "")]
    [InlineData("a=1; {0}; b=2", "a=1; b=2")]
    [InlineData("a=1;{0};b=2", "a=1;b=2")]
    [InlineData("{0}; a=1", "a=1")]
    [InlineData("a=1;  b=\"x y\" ; {0}", "a=1;  b=\"x y\" ")]
    [InlineData("__Host-gateway2=1;b=2", "__Host-gateway2=1;b=2")]
    [InlineData(";a=1; ; {0};", ";a=1; ;")]
    [InlineData("{0}; {0} ;{0};  a=1;{0}", "a=1")]
    public void Other_cookies_stay_byte_for_byte(string sent, string forwarded)
    {
        var http = new DefaultHttpContext();
        http.Request.Headers.Cookie = string.Format(null, sent, Credentials.CookieName + "=secret");

        new IdentityHeaders(new()).Write(http.Request, Policy, null);

        Assert.Equal(forwarded, http.Request.Headers.Cookie.ToString());
    }

    // Whatever the others look like, and wherever ours stands among them.
    [Fact]
    public void Our_cookie_taken_away_leaves_the_line_as_it_was_without_it() => Law.Holds(Lines, line =>
    {
        var http = new DefaultHttpContext();
        http.Request.Headers.Cookie = line.Sent;

        new IdentityHeaders(new()).Write(http.Request, Policy, null);

        Assert.Equal(line.Others, http.Request.Headers.Cookie.ToString());
    }, 2_000);

    private static Gen<(string Others, string Sent)> Lines =>
        from count in Gen.Choose(1, 6)
        from cookies in Gen.Elements("a=1", "a=", "=nameless", "flag", "q=\"x y\"", "p=%41%2F", "__Host-gateway2=1", "x__Host-gateway=1", "__host-gateway=1", "v=__Host-gateway=1", "u=a=b").ArrayOf(count)
        from separators in Gen.Elements(";", "; ", ";  ").ArrayOf(count)
        from place in Gen.Choose(0, count)
        let others = string.Concat(cookies.Select((cookie, i) => i == 0 ? cookie : separators[i] + cookie))
        let ours = Credentials.CookieName + "=secret"
        let before = string.Concat(cookies.Take(place).Select((cookie, i) => i == 0 ? cookie : separators[i] + cookie))
        select (others, place == 0 ? $"{ours}; {others}" : $"{before}; {ours}{others[before.Length..]}");
}
