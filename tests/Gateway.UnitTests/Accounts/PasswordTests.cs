using Gateway.Accounts;
using Gateway.Platform;
using Microsoft.AspNetCore.Identity;
using Xunit;

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
    [InlineData("$2a$31$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy")]
    [InlineData("gw1$zz$nonsense")]
    public void A_hash_that_is_none_fails_and_does_not_throw(string stored) =>
        Assert.Equal(PasswordVerificationResult.Failed, hasher.Verify(stored, "correct horse"));

    [Fact]
    public void The_decoy_is_tried_in_earnest_and_never_fits() =>
        Assert.Equal(PasswordVerificationResult.Failed, hasher.Verify(hasher.Decoy, "correct horse"));

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
