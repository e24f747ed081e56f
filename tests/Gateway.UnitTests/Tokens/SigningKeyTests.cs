using System.Security.Cryptography;
using System.Text;
using Gateway.Tokens;
using Microsoft.IdentityModel.Tokens;

namespace Gateway.UnitTests.Tokens;

public sealed class SigningKeyTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("ES256", typeof(ECDsaSecurityKey), 256)]
    [InlineData("RS256", typeof(RsaSecurityKey), 2048)]
    [InlineData("PS256", typeof(RsaSecurityKey), 2048)]
    [InlineData("HS256", typeof(SymmetricSecurityKey), 512)]
    public void A_new_key_opens_as_what_its_algorithm_needs(string algorithm, Type type, int bits)
    {
        var secrets = Made.Secrets();

        var row = SigningKey.Create(secrets.Current, algorithm, 1, Now, Now.AddSeconds(10));
        var key = row.Open(secrets);

        Assert.IsType(type, key);
        Assert.Equal(bits, key.KeySize);
        Assert.Equal(row.Id, key.KeyId);
        Assert.Equal((1, algorithm, Now, Now.AddSeconds(10)), (row.Sequence, row.Algorithm, row.CreatedAt, row.ActivatesAt));
    }

    [Theory]
    [InlineData("ES256")]
    [InlineData("RS256")]
    [InlineData("PS256")]
    [InlineData("HS256")]
    public void What_a_key_signs_it_verifies_after_it_was_stored(string algorithm)
    {
        var secrets = Made.Secrets();
        var row = SigningKey.Create(secrets.Current, algorithm, 1, Now, Now);
        var (one, other) = (row.Open(secrets), row.Open(secrets));

        var signature = one.CryptoProviderFactory.CreateForSigning(one, algorithm).Sign("text"u8.ToArray());

        Assert.True(other.CryptoProviderFactory.CreateForVerifying(other, algorithm).Verify("text"u8.ToArray(), signature));
        Assert.False(other.CryptoProviderFactory.CreateForVerifying(other, algorithm).Verify("texT"u8.ToArray(), signature));
    }

    [Fact]
    public void The_private_part_is_not_readable_in_the_row()
    {
        var secrets = Made.Secrets();
        var row = SigningKey.Create(secrets.Current, "HS256", 1, Now, Now);

        Assert.True(row.Private.AsSpan().IndexOf(((SymmetricSecurityKey)row.Open(secrets)).Key) < 0);
    }

    [Fact]
    public void No_two_keys_are_alike()
    {
        var secrets = Made.Secrets();
        var (a, b) = (SigningKey.Create(secrets.Current, "HS256", 1, Now, Now), SigningKey.Create(secrets.Current, "HS256", 2, Now, Now));

        Assert.NotEqual(a.Id, b.Id);
        Assert.NotEqual(((SymmetricSecurityKey)a.Open(secrets)).Key, ((SymmetricSecurityKey)b.Open(secrets)).Key);
    }

    [Fact]
    public void A_row_that_was_changed_does_not_open()
    {
        var secrets = Made.Secrets();
        var row = SigningKey.Create(secrets.Current, "ES256", 1, Now, Now);
        var other = SigningKey.Create(secrets.Current, "ES256", 2, Now, Now);

        (row.Private, other.Private) = (other.Private, row.Private);
        Assert.ThrowsAny<CryptographicException>(() => row.Open(secrets));
        row.Private = SigningKey.Create(secrets.Current, "ES256", 1, Now, Now).Private;
        Assert.ThrowsAny<CryptographicException>(() => row.Open(secrets));
    }

    [Fact]
    public void Another_algorithm_in_the_row_does_not_make_another_key_of_it()
    {
        // A public RSA key taken for an HMAC secret is how tokens were forged elsewhere.
        var secrets = Made.Secrets();
        var row = SigningKey.Create(secrets.Current, "RS256", 1, Now, Now);
        row.Algorithm = "HS256";

        Assert.ThrowsAny<CryptographicException>(() => row.Open(secrets));
    }

    [Fact]
    public void A_key_sealed_by_an_earlier_secret_is_sealed_anew()
    {
        const string Old = "the secret before: thirty-two bytes or more", New = "the secret in force: thirty-two bytes or more";
        var row = SigningKey.Create(Made.Secrets(Old).Current, "HS256", 1, Now, Now);
        var key = ((SymmetricSecurityKey)row.Open(Made.Secrets(Old))).Key;

        row.Reseal(Made.Secrets(New, Old));

        Assert.Equal(key, ((SymmetricSecurityKey)row.Open(Made.Secrets(New))).Key);
        Assert.ThrowsAny<CryptographicException>(() => row.Open(Made.Secrets(Old)));
    }
}
