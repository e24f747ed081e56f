using Gateway.Sessions;

namespace Gateway.UnitTests.Sessions;

public sealed class IdentityCacheTests
{
    [Fact]
    public void It_never_holds_more_than_it_may() =>
        Law.Holds(from limit in Gen.Choose(0, 9) from credentials in Gen.Choose(0, 30) select (limit, credentials), made =>
        {
            var cache = new IdentityCache(new() { Identities = made.limit });

            for (var i = 0; i < made.credentials; i++)
                cache.Add(Made.Identity(credential: $"credential {i}"));

            Assert.InRange(cache.Count, 0, made.limit + made.limit % 2);
        });

    [Fact]
    public void What_is_in_use_stays_whoever_comes()
    {
        var cache = new IdentityCache(new() { Identities = 4 });
        cache.Add(Made.Identity(credential: "in use"));

        for (var i = 0; i < 50; i++)
        {
            cache.Add(Made.Identity(credential: $"stranger {i}"));
            Assert.True(Knows(cache, "in use"));
        }

        Assert.False(Knows(cache, "stranger 0"));
    }

    [Fact]
    public void A_cookies_text_is_no_bearer_token()
    {
        var cache = new IdentityCache(new());

        cache.Add(Made.Identity(credential: "text", kind: CredentialKind.Cookie));

        Assert.False(Knows(cache, "text"));
        Assert.True(Knows(cache, "text", CredentialKind.Cookie));
    }

    [Fact]
    public void Two_credentials_with_the_same_end_are_two()
    {
        var cache = new IdentityCache(new());
        var (one, other) = ("one" + new string('x', 40), "other" + new string('x', 40));

        cache.Add(Made.Identity(credential: one));

        Assert.True(Knows(cache, one));
        Assert.False(Knows(cache, other));
    }

    [Fact]
    public void What_was_removed_is_gone_from_young_and_old()
    {
        var cache = new IdentityCache(new() { Identities = 2 });
        var identity = Made.Identity(credential: "removed");
        cache.Add(identity);      // old at once: the young one holds a single identity
        cache.Add(Made.Identity(credential: "other"));

        cache.Remove(identity);

        Assert.False(Knows(cache, "removed"));
    }

    private static bool Knows(IdentityCache cache, string text, CredentialKind kind = CredentialKind.Bearer) => cache.TryGet(new(kind, text, 0, text.Length), out _);
}
