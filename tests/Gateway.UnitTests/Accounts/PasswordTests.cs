using Gateway.Accounts;
using Gateway.Platform;
using Microsoft.AspNetCore.Identity;

namespace Gateway.UnitTests.Accounts;

public class PasswordTests
{
    private readonly Secrets secrets = new();
    private readonly PasswordHasher hasher;

    public PasswordTests()
    {
        secrets.Use([new Secret(new string('s', 32))]);
        hasher = new(secrets, new() { WorkFactor = 10 });
    }

    [Theory]
    [InlineData("correct horse", "correct horse", true)]
    [InlineData("correct horse", "correct horsE", false)]
    [InlineData("e\u0301toile filante", "\u00e9toile filante", true)]
    [InlineData("nul\0after one", "nul\0after two", false)]
    [InlineData("no character \uFFFE", "no character \uFFFE", true)]
    [InlineData("no character \uFFFE", "no character \uFFFD", false)]
    public void A_password_fits_its_own_hash_only(string set, string tried, bool fits) =>
        Assert.Equal(fits, hasher.Verify(hasher.Hash(set), tried) is not PasswordVerificationResult.Failed);

    [Fact]
    public void What_follows_byte_72_counts()
    {
        var long80 = new string('x', 80);

        Assert.Equal(PasswordVerificationResult.Failed, hasher.Verify(hasher.Hash(long80), long80[..79] + "y"));
    }

    [Fact]
    public void Imported_bcrypt_verifies_and_wants_renewal() =>
        Assert.Equal(PasswordVerificationResult.SuccessRehashNeeded, hasher.Verify(BCrypt.Net.BCrypt.HashPassword("correct horse", 10), "correct horse"));

    [Fact]
    public void An_earlier_Secret_verifies_and_wants_renewal_and_a_strange_one_fails()
    {
        var hash = hasher.Hash("correct horse");

        secrets.Use([new Secret(new string('n', 32)), new Secret(new string('s', 32))]);
        Assert.Equal(PasswordVerificationResult.SuccessRehashNeeded, hasher.Verify(hash, "correct horse"));
        secrets.Use([new Secret(new string('n', 32))]);
        Assert.Equal(PasswordVerificationResult.Failed, hasher.Verify(hash, "correct horse"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("$2a$10$short")]
    [InlineData("$2a$00$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy")]
    [InlineData("$2a$03$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy")]
    [InlineData("$2a$16$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy")]
    [InlineData("$2a$31$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy")]
    [InlineData("$2a$32$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy")]
    [InlineData("$2b$99$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy")]
    [InlineData("gw1$zz$nonsense")]
    [InlineData("gw1$0000000000000000$$2a$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy")]
    [InlineData(null)]
    public void A_hash_that_is_none_costs_what_a_real_one_does_and_does_not_throw(string? stored) => AssertCosts(1 << 10, stored, "correct horse", PasswordVerificationResult.Failed);

    // What is counted is work: rounds of BCrypt, the only slow part. A clock would say the same, and now and then something else.
    [Theory]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(9)]
    [InlineData(10)]
    public void A_hash_of_any_work_factor_up_to_ours_costs_the_same_whether_the_password_fits_or_not(int workFactor)
    {
        var imported = BCrypt.Net.BCrypt.HashPassword("another horse", workFactor);
        var keyed = new PasswordHasher(secrets, new() { WorkFactor = workFactor }).Hash("another horse");

        foreach (var stored in (string[])[imported, keyed])
        {
            AssertCosts(1 << 10, stored, "correct horse", PasswordVerificationResult.Failed);

            // Fits: so a disabled account, which is answered as a wrong password, takes as long as one.
            AssertCosts(1 << 10, stored, "another horse", workFactor == 10 && stored == keyed ? PasswordVerificationResult.Success : PasswordVerificationResult.SuccessRehashNeeded);
        }
    }

    [Fact]
    public void A_dearer_hash_than_ours_costs_what_it_must_until_it_is_renewed()
    {
        var stored = new PasswordHasher(secrets, new() { WorkFactor = 11 }).Hash("another horse");

        AssertCosts(1 << 11, stored, "correct horse", PasswordVerificationResult.Failed);
        AssertCosts(1 << 11, stored, "another horse", PasswordVerificationResult.SuccessRehashNeeded);
    }

    [Fact]
    public void Making_a_hash_costs_what_trying_one_does()
    {
        var before = hasher.Rounds;

        hasher.Hash("another horse");

        Assert.Equal(1 << 10, hasher.Rounds - before);
    }

    [Theory]
    [InlineData("password1", true)]
    [InlineData("PaSsWoRd1", true)]
    [InlineData("12345678", true)]
    [InlineData("qwertyuiop", true)]
    [InlineData("ＰＡＳＳＷＯＲＤ", false)] // other letters; nothing is folded but case
    [InlineData(" password1", false)]
    [InlineData("correct horse battery", false)]
    [InlineData("# From passwords.json", false)]
    [InlineData("no character \uFFFE", false)]
    [InlineData("", false)]
    public void A_common_password_is_known_in_any_case(string password, bool common) => Assert.Equal(common, CommonPasswords.Contains(password));

    [Fact]
    public void An_imported_hash_may_have_any_work_factor_of_BCrypt_up_to_ours() =>
        Assert.All([4, 9, 11], factor =>
            Assert.NotEqual(PasswordVerificationResult.Failed, hasher.Verify(BCrypt.Net.BCrypt.HashPassword("correct horse", factor), "correct horse")));

    [Fact]
    public void No_stored_text_makes_it_throw()
    {
        PasswordHasher quick = new(secrets, new() { WorkFactor = 4 });
        var prefix = Gen.Elements("", "$2a$", "$2b$04$", "$2y$05$", "gw1$", $"gw1${secrets.Current.Id}$", $"gw1${secrets.Current.Id}$$2a$04$");

        Law.Holds(prefix.SelectMany(_ => Law.TextOf("./$2abyz059AZ", 60), (start, rest) => start + rest), stored =>
            Assert.Equal(PasswordVerificationResult.Failed, quick.Verify(stored, "correct horse")));
    }

    private void AssertCosts(long rounds, string? stored, string password, PasswordVerificationResult result)
    {
        var before = hasher.Rounds;

        Assert.Equal(result, hasher.Verify(stored, password));

        Assert.Equal(rounds, hasher.Rounds - before);
    }

    [Theory]
    [InlineData("Bob", "bob")]
    [InlineData("a.b_c-9", "a.b_c-9")]
    [InlineData("ab", null)]
    [InlineData("bo b", null)]
    [InlineData("Bo\u212A", null)]
    [InlineData("b\u0131b", null)]
    [InlineData("bob\n", null)]
    public void A_user_name_has_one_form(string given, string? canonical) => Assert.Equal(canonical, Names.CanonicalUsername(given));
}
