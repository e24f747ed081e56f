using Gateway.Edge;
using Gateway.Platform;

namespace Gateway.UnitTests.Edge;

public sealed class CanonicalPathTests
{
    [Theory]
    [InlineData("/", "/")]
    [InlineData("/orders/1", "/orders/1")]
    [InlineData("/a/./b", "/a/b")]
    [InlineData("/a/../b", "/b")]
    [InlineData("/a/b/..", "/a/")]
    [InlineData("/a/.", "/a/")]
    [InlineData("/..", "/")]
    [InlineData("/../../a", "/a")]
    [InlineData("/%2e%2E/a", "/a")]
    [InlineData("/%61%7E%5F", "/a~_")]
    [InlineData("/caf%c3%a9", "/caf%C3%A9")]
    [InlineData("/a%20b%28c%29", "/a%20b%28c%29")]
    [InlineData("/a;v=1/b", "/a;v=1/b")]
    [InlineData("/a..b/.c/d.", "/a..b/.c/d.")]
    [InlineData("/a@b!$&'()*+,=:|", "/a@b!$&'()*+,=:|")]
    public void Path_has_one_text(string sent, string canonical)
    {
        var path = CanonicalPath.TryRead(sent, out var ambiguity);

        Assert.Null(ambiguity);
        Assert.Equal(canonical, path!.Text);
    }

    [Theory]
    [InlineData("/a\\b", "backslash")]
    [InlineData("/a%5Cb", "backslash")]
    [InlineData("/a%5cb", "backslash")]
    [InlineData("/a%252e", "percent sign")]
    [InlineData("/a%00", "control")]
    [InlineData("/a%0d%0aX:y", "control")]
    [InlineData("/a%7f", "control")]
    [InlineData("/a%C2%85", "control")]
    [InlineData("/a%", "incomplete")]
    [InlineData("/a%4", "incomplete")]
    [InlineData("/a%zz", "incomplete")]
    [InlineData("/a%c0%af", "UTF-8")]
    [InlineData("/a%ff", "UTF-8")]
    [InlineData("/a%ed%a0%80", "UTF-8")]
    [InlineData("/..;/a", "dot segment")]
    [InlineData("/a/.;x/b", "dot segment")]
    [InlineData("/a/%2e%2e;/b", "dot segment")]
    [InlineData("/a/..%3B/b", "dot segment")]
    [InlineData("/a/..%2Fb", "dot segment")]
    [InlineData("/a%2f..", "dot segment")]
    [InlineData("/a%2F%2e%2e%2Fb", "dot segment")]
    [InlineData("/a%2F.;/b", "dot segment")]
    [InlineData("/a/..%23", "dot segment")]
    [InlineData("/a/..%3Fx", "dot segment")]
    [InlineData("a", "slash")]
    [InlineData("", "slash")]
    [InlineData("/a b", "escaped")]
    [InlineData("/a#b", "'#'")]
    [InlineData("/\u00e9", "escaped")]
    public void Path_that_two_read_differently_has_none(string sent, string word)
    {
        var path = CanonicalPath.TryRead(sent, out var ambiguity);

        Assert.Null(path);
        Assert.Contains(word == "escaped" ? "percent-encoded" : word, ambiguity);
    }

    [Theory]
    [InlineData("/a%2Fb", (int)(PathRisk.EncodedSlash))]
    [InlineData("/a%2fb;c", (int)(PathRisk.EncodedSlash))]
    [InlineData("/a//b", (int)(PathRisk.DoubleSlash))]
    [InlineData("/a//", (int)(PathRisk.DoubleSlash))]
    [InlineData("/a//../b", (int)(PathRisk.DoubleSlash))]
    [InlineData("/a/;x/b", (int)(PathRisk.DoubleSlash))] // to who cuts off parameters
    [InlineData("/a/%3Bx/b", (int)(PathRisk.DoubleSlash))]
    [InlineData("/a%2F%2Fb", (int)(PathRisk.EncodedSlash | PathRisk.DoubleSlash))]
    [InlineData("/a%2F/b", (int)(PathRisk.EncodedSlash | PathRisk.DoubleSlash))]
    public void Path_has_a_risk_that_a_route_may_take(string sent, int risks)
    {
        var path = CanonicalPath.TryRead(sent, out _);

        Assert.Equal(risks, (int)path!.Risks);
    }

    [Fact]
    public void Canonical_path_is_its_own_canonical_path() => Law.Holds(Law.TextOf("/.;%2eFcC3a9Bb@ ", 24), text =>
    {
        if (CanonicalPath.TryRead("/" + text, out _) is { } path)
            Assert.Equal(path.Text, CanonicalPath.TryRead(path.Text, out _)?.Text);
    }, 20_000);

    [Fact]
    public void Plain_path_is_canonical_and_read_in_one_way() => Law.Holds(Law.TextOf("/.;%2eaB-~@|", 16), text =>
    {
        if (!CanonicalPath.IsPlain("/" + text))
            return;

        var path = CanonicalPath.TryRead("/" + text, out _);
        Assert.Equal("/" + text, path!.Text);
        Assert.Equal(0, (int)path.Risks);
        Assert.Empty(path.OtherReadings);
    }, 20_000);
}
