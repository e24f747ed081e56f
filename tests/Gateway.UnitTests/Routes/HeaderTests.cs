using System.Text.RegularExpressions;
using FsCheck;
using FsCheck.Fluent;
using Gateway.Platform;
using Gateway.Routes;
using Gateway.Sessions;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
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
            return same == (Canonical(a) == Canonical(b)) && same == new LooseNames([a]).Contains(b)
                && (!same || CanonicalName.Comparer.GetHashCode(a) == CanonicalName.Comparer.GetHashCode(b));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(20_000));

        static string Canonical(string name) => Regex.Replace(name.ToLowerInvariant(), "[^a-z0-9]+", "-");
    }

    [Fact]
    public void No_name_is_not_among_names() => Assert.False(new LooseNames(["X-User-Id"]).Contains(""));

    [Fact]
    public void Values_leave_as_visible_ascii_and_come_back_as_they_were() =>
        Prop.ForAll(ArbMap.Default.ArbFor<NonNull<string>>(), text =>
        {
            var value = Regex.Replace(text.Get, @"\p{Cs}", "");
            var encoded = HeaderValue.Encode(value, ",");
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

        Headers().Write(http.Request, Policy, null);

        Assert.Equal(["X-Other"], http.Request.Headers.Keys);
    }

    // A backend that hears X-WEBAUTH-USER may be set up to hear a role beside it; whoever stood here before spoke otherwise.
    [Theory]
    [InlineData("X-WEBAUTH-ROLE", "x_webauth.role", "XWebAuth-Role")]
    [InlineData("X-Remote-Group", "X-Remote-Groups", "X-Remote-Extra-Scopes")]
    [InlineData("X-Auth-Request-Anything", "X-Pomerium-Claim-Anything", "X-authentik-username")]
    [InlineData("Cf-Access-Anything", "Tailscale-User-Login", "X-Consumer-Username")]
    [InlineData("X-MS-Client-Principal", "X-MS-Client-Principal-Id", "X-Amzn-Oidc-Data")]
    public void What_others_say_in_this_place_is_removed_by_its_family(params string[] names)
    {
        var http = new DefaultHttpContext();
        foreach (var name in names)
            http.Request.Headers[name] = "evil";
        string[] kept = ["X-WebAuthn-Challenge", "X-Remote", "X-Consumers", "X-Auth-Requested", "Remote-Control"];
        foreach (var name in kept)
            http.Request.Headers[name] = "kept";

        Headers().Write(http.Request, Policy, null);

        Assert.Equal(kept.Order(), http.Request.Headers.Keys.Order());
    }

    // A backend behind CGI, WSGI or PHP reads X_User.id as X-User-Id; whatever it would take for one of ours is gone, and nothing else is.
    [Fact]
    public void What_a_loose_reader_takes_for_an_identity_header_is_gone_and_nothing_else_is() => Law.Holds(Spellings.ListOf(8), names =>
    {
        var http = new DefaultHttpContext();
        foreach (var name in names)
            http.Request.Headers.Append(name, "evil");

        Headers(new() { Headers = { ["X-Tenant_Code"] = "tenant" } }).Write(http.Request, Policy, null);

        Assert.Equal(names.Where(name => !Known.Contains(Loose(name)) && !Loose(name).StartsWith("x_webauth_", StringComparison.Ordinal)).Distinct(StringComparer.OrdinalIgnoreCase).Order(StringComparer.OrdinalIgnoreCase), http.Request.Headers.Keys.Order(StringComparer.OrdinalIgnoreCase), StringComparer.OrdinalIgnoreCase);
    }, 3_000);

    private static string Loose(string name) => Regex.Replace(name.ToLowerInvariant(), "[^a-z0-9]+", "_");

    // Design section 7, written out once more.
    private static readonly HashSet<string> Known =
    [
        .. ((string[])[
            "X-User-Id", "X-User-Name", "X-User-Email", "X-User-Roles", "X-Session-Id", "X-Token-Id", "X-Gateway-Assertion", "X-Access-Token",
            "X-Forwarded-User", "X-Forwarded-Preferred-Username", "X-Forwarded-Email", "X-Forwarded-Groups", "Remote-User", "Remote-Groups", "Remote-Name", "Remote-Email",
            "X-Remote-User", "X-Remote-Groups", "X-WEBAUTH-USER", "X-WEBAUTH-NAME", "X-WEBAUTH-EMAIL", "X-WEBAUTH-GROUPS", "X-Userinfo", "X-Tenant_Code"]).Select(Loose),
    ];

    private static Gen<string> Spellings =>
        from words in Gen.OneOf(
            Gen.Elements(Known.ToArray()).Select(name => name.Split('_')),
            Gen.Elements("x", "user", "users", "id", "remote", "email", "webauth", "groups", "userinfo", "forwarded", "for", "token").ArrayOf(3))
        from separators in Gen.Elements("-", "_", ".", "~", "--", "-_", "!#", "|.", "^`*").ArrayOf(8)
        from upper in Gen.Elements(true, false).ArrayOf(32)
        from edge in Gen.Frequency<string>((6, Gen.Constant("")), (1, Gen.Constant("_")))
        select string.Concat(words.Select((word, i) => (i == 0 ? "" : separators[i]) + string.Concat(word.Select((c, j) => upper[(i * 5 + j) % 32] ? char.ToUpperInvariant(c) : c)))) + edge;

    [Theory]
    [InlineData("X-User-Id")]
    [InlineData("close, X-Other")]
    [InlineData("Content-Length, Host, Upgrade, TE")]
    public void What_connection_names_goes_no_further_but_ours_does(string connection)
    {
        var http = new DefaultHttpContext();
        (http.Request.Headers.Connection, http.Request.Headers.Host, http.Request.Headers.ContentLength, http.Request.Headers["X-Other"]) = (connection, "a.example", 3, "1");

        Headers().Write(http.Request, Policy, Made.Identity());

        Assert.Equal("u1", http.Request.Headers["X-User-Id"]);
        Assert.Equal(("a.example", 3), (http.Request.Headers.Host.ToString(), http.Request.Headers.ContentLength));
        Assert.Equal(!connection.Contains("X-Other"), http.Request.Headers.ContainsKey("X-Other"));
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

        Headers().Write(http.Request, Policy, null);

        Assert.Equal(forwarded, http.Request.Headers.Cookie.ToString());
    }

    // Whatever the others look like, and wherever ours stands among them.
    [Fact]
    public void Our_cookie_taken_away_leaves_the_line_as_it_was_without_it() => Law.Holds(Lines, line =>
    {
        var http = new DefaultHttpContext();
        http.Request.Headers.Cookie = line.Sent;

        Headers().Write(http.Request, Policy, null);

        Assert.Equal(line.Others, http.Request.Headers.Cookie.ToString());
    }, 2_000);

    private static IdentityHeaders Headers(IdentityHeaderOptions? options = null) => new(options ?? new(), null!, NullLogger<IdentityHeaders>.Instance);

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
